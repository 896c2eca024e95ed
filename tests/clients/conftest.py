"""A portal that third-party clients are tried with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.kit import Portal, copy_keys, free_port, running


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    data = tmp_path_factory.mktemp("clients") / "data"
    copy_keys(template, data)
    with running(Portal(data, free_port())) as started:
        yield started
