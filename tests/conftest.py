"""Fixtures that many tests share: an empty database on each of the two engines."""

import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

from mynaportal_sim.database import Database

SERVER_OPTIONS = "-c fsync=off -c max_connections=200"
NO_SKIPS = os.environ.get("MYNASIM_NO_SKIPS") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and callspec.params.get("database_url") == "postgres":
            item.add_marker(pytest.mark.postgres)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is said to be installed, a skipped test has failed."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although MYNASIM_NO_SKIPS is set: {report.longrepr}"
    return report


def _server_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


def _unprivileged() -> list[str]:
    """The prefix that drops root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _run(program: Path, *arguments: object) -> None:
    subprocess.run(
        [*_unprivileged(), program, *map(str, arguments)],
        check=True,
        capture_output=True,
        cwd=program.parent,
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this test run's own, on a socket in a private directory."""
    programs = _server_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # pytest's own temporary directory is closed to the user that the server runs as.
    home = Path(mkdtemp(prefix="mynasim-pg-"))
    home.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = home / "data"
    _run(programs / "initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D", data)
    options = f"-c listen_addresses= -c unix_socket_directories={home} {SERVER_OPTIONS}"
    start = ("-w", "-l", home / "log", "start")
    _run(programs / "pg_ctl", "-D", data, "-o", options, *start)
    try:
        yield f"postgresql+psycopg://postgres@/{{name}}?host={home}"
    finally:
        _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database with every table, on each engine in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
        _prepare(url)
        yield url
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"test_{uuid4().hex}"
    admin = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = server.format(name=name)
    _prepare(url)
    try:
        yield url
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def _prepare(url: str) -> None:
    database = Database(url)
    SQLModel.metadata.create_all(database.engine)
    database.close()
