"""Many read at once, and one takes back what they read."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from os import urandom
from threading import Event as Flag
from time import monotonic, sleep
from uuid import uuid4

from consent import service
from consent.model import ConsentVersion, Event, Usage
from consent.service import Change
from mynaportal_sim.database import Database
from mynaportal_sim.records.demand import Answer, Demand, Released
from mynaportal_sim.records.model import Query
from tests.mynaportal_sim.records.kit import NOW, World, rule

ONE = Query("Observation", count=1)


def test_uses_that_begin_at_once_are_all_had_and_all_counted(world: World) -> None:
    version = world.grant(rule("checkup"), usage=Usage(50))
    demands = [Demand(world.token(version), ONE, "GET Observation", NOW) for _ in range(6)]

    async def at_once() -> list[Answer]:
        return await asyncio.gather(*map(world.gate.access, demands))

    assert all(isinstance(answer, Released) for answer in asyncio.run(at_once()))
    [now] = world.database.run(service.in_force, world.resident.id, version.app_id, NOW)
    assert now.uses == 6


def test_no_reading_keeps_a_withdrawal_waiting(world: World, database_url: str) -> None:
    """Three processes' worth of readers, who never stop by themselves."""
    version, stop = world.grant(rule("checkup")), Flag()
    with ThreadPoolExecutor(3) as threads:
        reading = [threads.submit(_read, world, database_url, version, stop) for _ in range(3)]
        sleep(1)
        began = monotonic()
        try:
            world.database.run(service.change, _withdrawal(world, version), NOW, urandom)
        finally:
            stop.set()
        assert monotonic() - began < 4
        assert sum(one.result(timeout=30) for one in reading)


def _read(world: World, database_url: str, version: ConsentVersion, stop: Flag) -> int:
    """Read from a pool of one's own until told to stop; how often something was had."""
    database = Database(database_url)
    own = World(database, world.pseudonyms, world.resident, world.neighbour)
    token = own.token(version)

    async def one() -> int:
        had = 0
        while not stop.is_set():
            answer = await own.gate.access(Demand(token, ONE, "GET Observation", NOW))
            had += isinstance(answer, Released)
        return had

    async def many() -> int:
        return sum(await asyncio.gather(*(one() for _ in range(24))))

    try:
        return asyncio.run(many())
    finally:
        database.close()


def _withdrawal(world: World, version: ConsentVersion) -> Change:
    holder = world.pseudonyms.holder(world.resident.id)
    ids = (world.resident.id, version.arrangement_id, version.id)
    return Change(Event.WITHDRAW, uuid4(), *ids, "agent", holder)
