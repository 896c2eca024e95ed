"""Goes through a person's or an app's provisions, newest first, a page at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.copies import Copy
from consent.ledger.entry import Logged
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure.event import Event, head, read
from mynaportal_sim.disclosure.provisions import KEPT_YEARS, TYPE

STEP = 250
SCAN_MAX = 2_000
_DISORDER = timedelta(days=1)  # far more than entries run against their order
Read = Callable[[Connection, int, int | None], list[Logged]]


@dataclass(frozen=True, slots=True)
class Period:
    """From a first to a last day in Japan, both included; None is open."""

    since: date | None = None
    until: date | None = None

    @classmethod
    def kept(cls, today: date) -> "Period":
        """The years for which records are listed."""
        year = today.year - KEPT_YEARS
        leap_day = (today.month, today.day) == (2, 29)
        return cls(since=today.replace(year=year, day=28 if leap_day else today.day))


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose entries are read, and which fields their copy does not open."""

    read: Read
    shut: frozenset[str]

    @classmethod
    def person(cls, holder: bytes, now: datetime) -> "Whose":
        """A person's, by the pseudonym that they are filed under, as shown to them at `now`."""
        return cls(partial(_of_holder, holder, now), Copy.PERSON.shut)

    @classmethod
    def app(cls, app_id: str) -> "Whose":
        """An app's."""
        return cls(partial(_of_app, app_id), Copy.APP.shut)


@dataclass(frozen=True, slots=True)
class Step:
    """Provisions among the entries looked through; `older` goes on, None at the end."""

    events: list[Event]
    older: int | None


def search(
    connection: Connection, whose: Whose, period: Period, limit: int, before: int | None
) -> Step:
    """A page of provisions within a period; looks through `SCAN_MAX` entries at most."""
    found: list[Event] = []
    for _ in range(SCAN_MAX // STEP):
        step = look(connection, whose, period, before)
        found += step.events
        if len(found) > limit:
            return Step(found[:limit], found[limit - 1].id)
        if step.older is None:
            return Step(found, None)
        before = step.older
    return Step(found, before)


async def pages(db: Database, whose: Whose, period: Period) -> AsyncIterator[list[Event]]:
    """Every provision within a period; each page is a read of its own, in bounded memory.

    Raises:
        MalformedError: a stored leaf or body is damaged.
    """
    before = None
    while True:
        step = await db.read(look, whose, period, before)
        yield step.events
        if step.older is None:
            return
        before = step.older
        await asyncio.sleep(0)


def look(connection: Connection, whose: Whose, period: Period, before: int | None) -> Step:
    """The provisions among the next `STEP` entries; a unit of work."""
    page = whose.read(connection, STEP, before)
    found = [read(one, whose.shut) for one in page if one.body and _wanted(one, period)]
    ended = len(page) < STEP or (
        period.since is not None and head(page[-1].leaf).day + _DISORDER < period.since
    )
    return Step(found, None if ended else page[-1].id)


def _wanted(logged: Logged, period: Period) -> bool:
    leaf = head(logged.leaf)
    if leaf.type != TYPE:
        return False
    day = leaf.day
    return (period.since is None or day >= period.since) and (
        period.until is None or day <= period.until
    )


def _of_holder(
    holder: bytes, now: datetime, connection: Connection, limit: int, before: int | None
) -> list[Logged]:
    return ledger.of_holder(connection, holder, now, limit, before)


def _of_app(
    app_id: str, connection: Connection, limit: int, before: int | None
) -> list[Logged]:
    return ledger.of_app(connection, app_id, limit, before)
