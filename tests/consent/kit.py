"""Answers and changes, as tests make them, and what is stored of them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from os import urandom
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from consent import service
from consent.errors import IllegalTransitionError, StaleVersionError
from consent.ledger import store as ledger
from consent.ledger.entry import read_leaf
from consent.model import Actor, ConsentRule, ConsentVersion, Event
from consent.service import Change, Proposal
from consent.store.tables import consent_events
from mynaportal_sim.database import Database

T = TypeVar("T")
HOLDER = bytes(range(32))
TRIES = 20
LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""When nothing is held back any more."""


def answered(
    database: Database, proposal: Proposal, granted: tuple[ConsentRule, ...], now: datetime
) -> ConsentVersion:
    """What a resident answers."""
    return database.run(service.answer, proposal, granted, now, urandom)


def granted_to(database: Database, proposal: Proposal, now: datetime) -> ConsentVersion:
    return answered(database, proposal, proposal.terms.rules, now)


def withdrawal(version: ConsentVersion) -> Change:
    return Change(
        event=Event.WITHDRAW,
        key=uuid4(),
        resident_id=version.resident_id,
        arrangement_id=version.arrangement_id,
        version_id=version.id,
        channel="browser",
        holder=HOLDER,
    )


def events(connection: Connection) -> list[str]:
    return list(connection.execute(select(consent_events.c.event)).scalars())


def entries(connection: Connection) -> list[str]:
    newest_first = ledger.of_holder(connection, HOLDER, LATER, 100)
    return [read_leaf(logged.leaf).type for logged in reversed(newest_first)]


def change(version: ConsentVersion, event: Event, actor: Actor = Actor.PERSON) -> Change:
    return replace(withdrawal(version), event=event, actor=actor, reason="so it was decided")


def patiently(database: Database, unit: Callable[[Connection], T]) -> T:
    """Run a unit of work, again if it had to wait too long: as who is told 503 tries again."""
    for _ in range(TRIES):
        with suppress(OperationalError):
            return database.run(unit)
    return database.run(unit)


def at_once(
    database: Database, units: Sequence[Callable[[Connection], T]]
) -> list[T | Exception]:
    start = Barrier(len(units))

    def run(unit: Callable[[Connection], T]) -> T | Exception:
        start.wait()
        try:
            return patiently(database, unit)
        except (IllegalTransitionError, StaleVersionError) as refused:
            return refused

    with ThreadPoolExecutor(len(units)) as threads:
        return list(threads.map(run, units))
