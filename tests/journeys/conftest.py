"""Portals to walk through: one process on SQLite, two on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.conftest import administration
from tests.journeys.kit import Portal, copy_keys, copy_world, free_port, running

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


@dataclass(frozen=True, slots=True)
class PostgresWorld:
    """A data directory and a database that one `up` has prepared, to be copied."""

    server: str
    database: str
    data: Path


@pytest.fixture(scope="session")
def postgres_world(
    postgres_server: str, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> PostgresWorld:
    world = PostgresWorld(
        postgres_server, "world_of_tests", tmp_path_factory.mktemp("world") / "data"
    )
    copy_keys(template, world.data)
    with administration(postgres_server) as connection:
        connection.execute(text(f"CREATE DATABASE {world.database}"))
    with running(Portal(world.data, free_port(), _url(postgres_server, world.database))):
        pass
    return world


@contextmanager
def _portal(request: pytest.FixtureRequest, template: Path, data: Path) -> Iterator[Portal]:
    anew = request.node.get_closest_marker("anew") is not None
    if request.param == "sqlite":
        (copy_keys if anew else copy_world)(template, data)
        with running(Portal(data, free_port())) as started:
            yield started
        return
    world = request.getfixturevalue("postgres_world")
    with on_postgres(replace(world, database="template0") if anew else world, data) as started:
        yield started


@contextmanager
def on_postgres(world: PostgresWorld, data: Path, *, tls: bool = False) -> Iterator[Portal]:
    """A portal of two workers on a database of its own."""
    name = f"journey_{uuid4().hex}"
    copy_world(world.data, data)
    with administration(world.server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {world.database}"))
        url = _url(world.server, name)
        with running(Portal(data, free_port(), url, workers=2, tls=tls)) as started:
            yield started
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _url(server: str, database: str) -> str:
    """The database as a person gives it to `up`."""
    return server.format(name=database).replace("postgresql+psycopg", "postgresql")
