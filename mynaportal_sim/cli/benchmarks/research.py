"""How fast the log becomes files, and how fast these answer questions."""

import os
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

from sqlalchemy import Connection
from sqlmodel import SQLModel

from consent.ledger import store, tables
from mynaportal_sim import keys
from mynaportal_sim.cli import extras
from mynaportal_sim.cli.benchmarks import history
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.server import CORES, on_cores, own_environment
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings

MILLION = 1_000_000
DAYS = timedelta(days=120)
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, getrusage(2)


def exporting(rig: Rig) -> Figure:
    """Seconds from starting the command to its end, beside reading and writing alone.

    The limit reads every leaf and body by the same statements and writes them end to end.
    """
    settings = _log(rig)
    with on_cores(CORES):
        raw = _copied(settings, rig.directory / "raw")
        took, resident = _exported(settings, rig.directory / "export")
    note = f"{resident:,.0f} MB at most in memory; peer: the same rows read and written plain"
    return Figure(took, note + _of_fewer(rig), raw, took / raw)


def asking(rig: Rig) -> Figure:
    """Seconds that the slowest question takes, from a closed file to its rows."""
    with extras.research(), on_cores(CORES):
        # Threads that libraries start run where they are first imported.
        from mynaportal_sim.research.asking import ask  # noqa: PLC0415  no part of the core
        from mynaportal_sim.research.questions import QUESTIONS  # noqa: PLC0415
    directory = rig.directory / "export"
    with on_cores(CORES):
        if not directory.exists():
            _exported(_log(rig), directory)
        took = {}
        for question in QUESTIONS:
            rounds = []
            for _ in range(rig.effort.rounds):
                began = perf_counter()
                ask(directory, question)
                rounds.append(perf_counter() - began)
            took[question.name] = median(rounds)
    slowest = max(took, key=lambda name: took[name])
    note = f"{slowest}; all {len(took)} together {sum(took.values()):.1f} s"
    return Figure(took[slowest], note + _of_fewer(rig))


def _of_fewer(rig: Rig) -> str:
    size = _size(rig)
    return "" if size == MILLION else f"; of {size:,} entries, not scaled"


def _size(rig: Rig) -> int:
    return round(MILLION * rig.effort.share)


def _log(rig: Rig) -> Settings:
    """A data directory with nothing but keys and a long log; made once."""
    data = rig.directory / "research"
    settings = Settings(data=data, db=None)
    if not data.exists():
        data.mkdir(mode=0o700)
        keys.create(settings.keys)
        signer = keys.ledger_signer(settings.keys)
        begin = Clock().now() - DAYS
        happened = history.happening(_size(rig), begin, Random(1))  # noqa: S311  fiction
        with closing(Database(settings.database_url)) as database:
            SQLModel.metadata.create_all(database.engine)
            for index in tables.bodies.indexes:  # nobody looks for a person here
                index.drop(database.engine)
            database.run(history.store_log, happened, signer, Random(2))  # noqa: S311
    return settings


def _copied(settings: Settings, path: Path) -> float:
    def copy(connection: Connection) -> None:
        with path.open("wb") as file:
            for entry in store.in_order(connection):
                file.write(entry.leaf)
                file.write(entry.body or b"")
            file.flush()
            os.fsync(file.fileno())

    with closing(Database(settings.database_url)) as database:
        began = perf_counter()
        database.run(copy)
        took = perf_counter() - began
    path.unlink()
    return took


def _exported(settings: Settings, directory: Path) -> tuple[float, float]:
    """How many seconds the command took, and how many megabytes it held at most."""
    command = [sys.executable, "-m", "mynaportal_sim", "ledger", "export", str(directory)]
    options = ["--format", "parquet", "--data", str(settings.data)]
    began = perf_counter()
    with subprocess.Popen(  # noqa: S603  a literal of this module
        [*command, *options],
        env=own_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None  # noqa: S101  it is a pipe
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took = perf_counter() - began
    if process.returncode:
        raise BenchError(f"the export failed: {errors.decode(errors='replace')[-300:]}")
    return took, usage.ru_maxrss * _RSS_UNIT / 1e6
