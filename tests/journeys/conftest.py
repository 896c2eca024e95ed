"""Portals to walk through: one process on SQLite, two on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from tests.journeys.kit import Portal, copy_keys, free_port, running

ON_BOTH = [
    pytest.param("sqlite"),
    pytest.param("postgres", marks=pytest.mark.postgres),
]


def mostly_on(engine: str, fixture: str = "own_portal") -> pytest.MarkDecorator:
    """For tests that are long and ask little of a database: `--deep` tries the other one."""
    rows = [
        one
        if one.values == (engine,)
        else pytest.param(*one.values, marks=[*one.marks, pytest.mark.deep])
        for one in ON_BOTH
    ]
    return pytest.mark.parametrize(fixture, rows, indirect=True)


@pytest.fixture(scope="module", params=ON_BOTH)
def portal(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A portal that the tests of one module share."""
    with _portal(request, template, tmp_path_factory.mktemp("portal") / "data") as started:
        yield started


@pytest.fixture(params=ON_BOTH)
def own_portal(
    request: pytest.FixtureRequest, template: Path, tmp_path: Path
) -> Iterator[Portal]:
    """A portal of a test's own, whose clock may move and which may be killed."""
    with _portal(request, template, tmp_path / "data") as started:
        yield started


@contextmanager
def _portal(request: pytest.FixtureRequest, template: Path, data: Path) -> Iterator[Portal]:
    copy_keys(template, data)
    if request.param == "sqlite":
        with running(Portal(data, free_port())) as started:
            yield started
        return
    with on_postgres(request.getfixturevalue("postgres_server"), data) as started:
        yield started


@contextmanager
def on_postgres(server: str, data: Path, *, tls: bool = False) -> Iterator[Portal]:
    """A portal of two workers on a database of its own."""
    name = f"journey_{uuid4().hex}"
    admin = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = server.format(name=name).replace("postgresql+psycopg", "postgresql")
    with running(Portal(data, free_port(), url, workers=2, tls=tls)) as started:
        yield started
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
