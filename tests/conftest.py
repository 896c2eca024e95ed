"""Fixtures that many tests share: an empty database on each of the two engines."""

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import hypothesis
import pytest
from sqlalchemy import Connection, create_engine, text

from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from mynaportal_sim.world import upgrade
from tests.journeys.kit import Portal, free_port, running

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=40)
hypothesis.settings.register_profile("deep", deadline=None, max_examples=200)

SERVER_OPTIONS = "-c fsync=off -c max_connections=200"
DEEP_TIMEOUT = pytest.mark.timeout(3600)
NO_SKIPS = os.environ.get("MYNASIM_NO_SKIPS") == "1"


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what the tests start, and no test the machine's own card readers.

    A run without the deep tests tries fewer examples of what holds for all.

    Shells have background jobs ignore Ctrl-C. A process looks once where the smart card service
    is, so each is told before its first test of a place where there is none yet.
    """
    quick = config.getoption("markexpr") == "not deep"
    hypothesis.settings.load_profile("quick" if quick else "deep")
    nowhere = Path(mkdtemp(prefix="mynasim-pcscd-"))
    config.add_cleanup(lambda: shutil.rmtree(nowhere))
    os.environ.update(PrivatePcscd(nowhere, (), 0).environment)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", metavar="DIR", help="make the README's pictures in DIR")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test that is said to take minutes take them."""
    for item in items:
        if item.get_closest_marker("deep"):
            item.add_marker(DEEP_TIMEOUT)


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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    with administration(postgres_server) as connection:
        connection.execute(text("CREATE DATABASE template_of_tests"))
    upgrade(postgres_server.format(name="template_of_tests"))
    return "template_of_tests"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database, on each engine in turn."""
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: str = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("postgres_template")
    name = f"test_{uuid4().hex}"
    with administration(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        yield server.format(name=name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that one `up` has prepared; all workers of a run share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data = shared / "template" / "data"
    with (shared / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not data.is_dir():
            being_made = shared / "being-made" / "data"
            being_made.parent.mkdir()
            with running(Portal(being_made, free_port())):
                pass
            being_made.parent.rename(data.parent)
    return data


@contextmanager
def administration(server: str) -> Iterator[Connection]:
    """A connection that may make and drop databases."""
    engine = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
