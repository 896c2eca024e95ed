"""Units of work: what queues together commits together, and nothing half-done stays."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from mynaportal_sim.database import Database
from mynaportal_sim.once import burn, forget_expired, used_once
from mynaportal_sim.world import upgrade

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def _count(connection: Connection) -> int:
    return len(connection.execute(select(used_once)).all())


def _burn_then_fail(connection: Connection, value: str) -> None:
    burn(connection, "test", value, NOON)
    raise LookupError(value)


def test_a_unit_that_fails_leaves_nothing_and_harms_no_other(database: Database) -> None:
    async def many() -> list[object]:
        units = [
            database.write(_burn_then_fail, f"bad {n}")
            if n % 3 == 0
            else database.write(burn, "test", f"good {n}", NOON)
            for n in range(30)
        ]
        return list(await asyncio.gather(*units, return_exceptions=True))

    results = asyncio.run(many())
    assert sum(isinstance(result, LookupError) for result in results) == 10
    assert sum(result is True for result in results) == 20
    assert asyncio.run(database.read(_count)) == 20


def test_of_parallel_uses_of_one_value_exactly_one_succeeds(database: Database) -> None:
    async def race() -> list[bool]:
        return await asyncio.gather(
            *(database.write(burn, "code", "the same", NOON) for _ in range(20))
        )

    assert sorted(asyncio.run(race())) == [False] * 19 + [True]


def test_of_parallel_processes_exactly_one_succeeds(database_url: str) -> None:
    start = Barrier(8)
    won: list[bool] = []

    def use() -> None:
        database = Database(database_url)
        start.wait()
        won.append(database.run(burn, "code", "the same", NOON))
        database.close()

    threads = [Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_values_are_kept_until_they_could_not_be_accepted_anyway(database: Database) -> None:
    database.run(burn, "jti", "a", NOON)
    assert database.run(forget_expired, NOON) == 0
    assert database.run(forget_expired, NOON + timedelta(seconds=2)) == 1
    assert database.run(burn, "jti", "a", NOON)


def test_a_read_sees_one_snapshot(database: Database) -> None:
    def count_around(connection: Connection, write: Callable[[], object]) -> tuple[int, int]:
        before = _count(connection)
        write()
        return before, _count(connection)

    other = Database(database.url)
    seen = asyncio.run(
        database.read(count_around, lambda: other.run(burn, "test", "meanwhile", NOON))
    )
    other.close()
    assert seen == (0, 0)
    assert asyncio.run(database.read(_count)) == 1


def test_a_unit_that_nobody_waits_for_any_more_breaks_nothing(database: Database) -> None:
    async def give_up() -> bool:
        task = asyncio.create_task(database.write(burn, "test", "abandoned", NOON))
        await asyncio.sleep(0)
        task.cancel()
        return await database.write(burn, "test", "next", NOON)

    assert asyncio.run(give_up())


def test_a_database_that_cannot_be_opened_is_an_error_and_no_endless_wait(
    tmp_path: Path,
) -> None:
    place = tmp_path / "not yet"
    database = Database(f"sqlite:///{place / 'a.sqlite3'}")

    async def count() -> int:
        return await asyncio.wait_for(database.write(_count), 5)

    with pytest.raises(OperationalError, match="unable to open"):
        asyncio.run(count())
    place.mkdir()
    upgrade(database.url)
    assert asyncio.run(count()) == 0
    database.close()
