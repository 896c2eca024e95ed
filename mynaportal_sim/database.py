"""How units of work run.

A unit of work is a plain function `operation(connection, *args) -> value`. It cannot await, and
it never commits: its transaction is settled here. On SQLite one writer thread commits whatever
has queued as one transaction (group commit), and reads run inline. On PostgreSQL a pool of
threads holds a connection each. A unit may be run twice: when one of a group raises, the group
is rolled back and run again with a savepoint each. What a unit has put into the ledger is noted
in `written`, once it has committed.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from sqlite3 import Connection as SqliteConnection
from sqlite3 import Error as SqliteError
from threading import Thread
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from consent.ledger.promise import Appended
from consent.ledger.store import appended

BATCH_MAX = 128
POSTGRES_THREADS = 16
_POSTGRES_OPTIONS = "-c lock_timeout=1000 -c statement_timeout=5000"


P = ParamSpec("P")
T = TypeVar("T")

written: ContextVar[list[Appended] | None] = ContextVar("written", default=None)
"""What the units of work of this task have put into the ledger, where somebody keeps count."""


class Database:
    """Runs units of work on the database at `url`, from coroutines or from commands."""

    def __init__(self, url: str, threads: int = POSTGRES_THREADS) -> None:
        self.url = url
        self._runner: _Runner = (
            _SqliteRunner(url) if url.startswith("sqlite") else _PostgresRunner(url, threads)
        )

    async def write(
        self,
        operation: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `operation` in a transaction of its own, durable when this returns."""

        def unit(connection: Connection) -> tuple[T, list[Appended]]:
            appended(connection)
            return operation(connection, *args, **kwargs), appended(connection)

        value, entries = await self._runner.write(unit)
        if (noted := written.get()) is not None:
            noted.extend(entries)
        return value

    async def read(
        self,
        operation: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `operation` on one snapshot; it must not write."""
        return await self._runner.read(
            lambda connection: operation(connection, *args, **kwargs)
        )

    async def read_aside(
        self,
        operation: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `operation` as `read` does, but in a thread: for one that takes long."""
        return await self._runner.read_aside(
            lambda connection: operation(connection, *args, **kwargs)
        )

    def run(
        self,
        operation: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `operation` in a transaction, from a command that has no event loop."""
        with self._runner.engine.begin() as connection:
            return operation(connection, *args, **kwargs)

    @property
    def engine(self) -> Engine:
        """The engine whose transactions may write."""
        return self._runner.engine

    def close(self) -> None:
        """Finish what has queued and let go of every connection."""
        self._runner.close()


class _Runner(Protocol):
    engine: Engine

    async def write(self, unit: Callable[[Connection], T]) -> T: ...
    async def read(self, unit: Callable[[Connection], T]) -> T: ...
    async def read_aside(self, unit: Callable[[Connection], T]) -> T: ...
    def close(self) -> None: ...


class _PostgresRunner:
    def __init__(self, url: str, threads: int) -> None:
        self.engine = create_engine(
            url,
            pool_size=threads,
            max_overflow=4,
            pool_pre_ping=False,
            connect_args={"options": _POSTGRES_OPTIONS},
        )
        self._snapshots = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="database")

    async def write(self, unit: Callable[[Connection], T]) -> T:
        return await self._on(self.engine, unit)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        return await self._on(self._snapshots, unit)

    async def read_aside(self, unit: Callable[[Connection], T]) -> T:
        return await self.read(unit)

    async def _on(self, engine: Engine, unit: Callable[[Connection], T]) -> T:
        def run() -> T:
            with engine.begin() as connection:
                return unit(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def close(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()


@dataclass(slots=True)
class _Job:
    """A unit of work on its way through the writer thread, and who waits for it."""

    unit: Callable[[Connection], object]
    loop: asyncio.AbstractEventLoop
    waiter: "asyncio.Future[Any]"
    value: object = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.waiter.cancelled():
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.value)


class _SqliteRunner:
    def __init__(self, url: str) -> None:
        self.engine = _sqlite_engine(url, "BEGIN IMMEDIATE")
        self._snapshots = _sqlite_engine(url, "BEGIN")
        self._reader: _Kept | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer: Thread | None = None

    async def write(self, unit: Callable[[Connection], T]) -> T:
        if self._writer is None:
            self._writer = Thread(target=self._write_on, name="database-writer", daemon=True)
            self._writer.start()
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(unit, loop, waiter))
        return await waiter

    async def read(self, unit: Callable[[Connection], T]) -> T:
        if self._reader is None:
            self._reader = _Kept(self._snapshots, "BEGIN")
        with self._reader.transaction() as connection:
            return unit(connection)

    async def read_aside(self, unit: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._snapshots.begin() as connection:
                return unit(connection)

        return await asyncio.to_thread(run)

    def close(self) -> None:
        if self._writer is not None:
            self._jobs.put(None)
            self._writer.join()
        if self._reader is not None:
            self._reader.close()
        self._snapshots.dispose()
        self.engine.dispose()

    def _write_on(self) -> None:
        """The writer thread: commit in groups until a None comes through the queue."""
        more, kept = True, None
        while more and (job := self._jobs.get()) is not None:
            group, more = self._queued_after(job)
            try:
                kept = kept or _Kept(self.engine, "BEGIN IMMEDIATE")
                _commit_together(kept, group)
            except Exception as error:  # noqa: BLE001  no connection: who waits must be told
                _fail_all(group, error)
            for loop in {job.loop for job in group}:
                settled = [job for job in group if job.loop is loop]
                with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                    loop.call_soon_threadsafe(_settle_all, settled)
        if kept is not None:
            kept.close()

    def _queued_after(self, first: _Job) -> tuple[list[_Job], bool]:
        """`first` and what has queued behind it; False when the queue has ended."""
        group = [first]
        with suppress(Empty):
            while len(group) < BATCH_MAX:
                job = self._jobs.get_nowait()
                if job is None:
                    return group, False
                group.append(job)
        return group, True


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def _fail_all(jobs: list[_Job], error: Exception) -> None:
    for job in jobs:
        job.error = error


def _commit_together(kept: "_Kept", group: list[_Job]) -> None:
    try:
        # Savepoints cost as much as a unit's own statements, and units hardly ever raise.
        with kept.transaction() as connection:
            for job in group:
                job.value = job.unit(connection)
    except Exception as error:  # noqa: BLE001  handed to the coroutine that waits
        if len(group) == 1:
            group[0].error = error
        else:
            _commit_apart(kept, group)


def _commit_apart(kept: "_Kept", group: list[_Job]) -> None:
    try:
        with kept.transaction() as connection:
            for job in group:
                try:
                    with connection.begin_nested():
                        job.value = job.unit(connection)
                except Exception as error:  # noqa: BLE001  handed to the coroutine that waits
                    job.error = error
    except Exception as error:  # noqa: BLE001  nothing was committed, so nobody may be told so
        _fail_all(group, error)


class _Kept:
    """A connection to SQLite that is kept, for one transaction after another.

    Each is opened and settled at the driver. SQLAlchemy, which takes ten times as long for it,
    is left to believe in a single one that never ends.
    """

    def __init__(self, engine: Engine, begin: str) -> None:
        self._connection = engine.connect()
        try:
            self._connection.begin()
            self._driver: SqliteConnection = self._connection.connection.driver_connection  # type: ignore[assignment]  # Any | None
            self._driver.rollback()
        except BaseException:
            self._connection.close()
            raise
        self._begin = begin

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block unless that raises."""
        self._tell(self._begin)
        try:
            yield self._connection
            self._tell("COMMIT")
        except BaseException:
            self._driver.rollback()
            raise

    def close(self) -> None:
        self._connection.close()

    def _tell(self, statement: str) -> None:
        try:
            self._driver.execute(statement)
        except SqliteError as error:
            raise OperationalError(statement, (), error) from error


def _sqlite_engine(url: str, begin: str) -> Engine:
    """An engine whose transactions open with `begin`; the driver opens none of its own."""
    engine = create_engine(
        url,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: SqliteConnection, _record: object) -> None:
        # The switch to WAL is kept in the file and does not wait for other connections.
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
