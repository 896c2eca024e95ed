"""A portal that third-party clients are tried with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.kit import Portal, copy_world, free_port, running


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    data = tmp_path_factory.mktemp("clients") / "data"
    copy_world(template, data)
    public = {"MYNASIM_PUBLIC_CLIENTS": "true"}  # as which apps in browsers come
    with running(Portal(data, free_port(), settings=public)) as started:
        yield started


@pytest.fixture
def secure_portal(template: Path, tmp_path: Path) -> Iterator[Portal]:
    """One that serves https, by a root that no client knows of by itself."""
    copy_world(template, tmp_path / "data")
    with running(Portal(tmp_path / "data", free_port(), tls=True)) as started:
        yield started
