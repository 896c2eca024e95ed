"""A person's own entries, newest first: those that they ask for, or all of them in turn."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Logged, canonical
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure.event import Event, head, read

SCAN_MAX = 1_000
"""Entries looked through for a page: what an entry says is not indexed, for good reasons."""
_STEP = 250
_EXCHANGE = b'"type":"exchange.'
# What is nobody's who acts for a person: how they logged in, what happened to their card, who
# asks about its certificates, what an authority looked at without consent, which can be about
# just those who act, and what came of that.
_OWN = (
    b'"type":"login.',
    b'"type":"card.',
    b'"type":"certificate.',
    b'"type":"user_id.',
    b'"type":"access.without_consent',
    b'"type":"review.',
    b'"type":"research.',
)
_DISORDER = timedelta(days=1)  # far more than entries run against their order


@dataclass(frozen=True, slots=True)
class Filter:
    """What an entry must be; an empty field asks for nothing. Days are of Japan, included.

    `for_agent` leaves out what is nobody's who acts for the person; `within` leaves out what is
    about other kinds of data, or about none.
    """

    app: str = ""
    category: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    for_agent: bool = False
    within: frozenset[str] | None = None

    @property
    def in_use(self) -> bool:
        """Whether anything is asked for."""
        return self != Filter()

    def takes(self, logged: Logged) -> bool:
        """Whether the entry is wanted; one whose body is erased is about no app and no data."""
        return (
            self._may_take(logged)
            and self._names_what_the_body_says(logged)
            and self._lies_within(logged)
        )

    def ended_by(self, logged: Logged) -> bool:
        """Whether this entry and all that were logged before it are older than is wanted."""
        return self.since is not None and head(logged.leaf).day + _DISORDER < self.since

    def _may_take(self, logged: Logged) -> bool:
        """Looks at bytes alone: reading a body costs 20 times as much, for each that is not
        wanted."""
        if _EXCHANGE in logged.leaf:  # agencies' exchanges have a page of their own
            return False
        if self.for_agent and any(own in logged.leaf for own in _OWN):
            return False
        if self.kind and b'"type":"%s.' % self.kind.encode() not in logged.leaf:
            return False
        texts = (canonical(text) for text in (self.app, self.category) if text)
        if not all(text.encode() in (logged.body or b"") for text in texts):
            return False
        if self.since is None and self.until is None:
            return True
        day = head(logged.leaf).day
        return (self.since is None or day >= self.since) and (
            self.until is None or day <= self.until
        )

    def _lies_within(self, logged: Logged) -> bool:
        if self.within is None:
            return True
        event = read(logged)
        about = {*event.categories, *event.texts("asked")}
        return bool(about) and about <= self.within

    def _names_what_the_body_says(self, logged: Logged) -> bool:
        if not (self.app or self.category):
            return True
        event = read(logged)
        return (not self.app or self.app == event.app_id) and (
            not self.category or self.category in event.categories
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, and how many were looked through for it.

    `older` is the id to go on before, None when there are no more. It may be set though no
    entry fits: then none of those looked through did, and what is older is unknown.
    """

    entries: list[Event]
    older: int | None
    looked: int


def search(
    connection: Connection,
    holder: bytes,
    now: datetime,
    wanted: Filter,
    limit: int,
    before: int | None,
) -> Found:
    """A person's newest entries that are wanted and shown at `now`.

    Looks through `SCAN_MAX` at most.

    Raises:
        MalformedError: a stored leaf or body is damaged.
    """
    found: list[Event] = []
    looked = 0
    step = _STEP if wanted.in_use else limit + 1
    while looked < SCAN_MAX:
        page = ledger.of_holder(connection, holder, now, step, before)
        for logged in page:
            if wanted.ended_by(logged):
                return Found(found, None, looked)
            if wanted.takes(logged):
                if len(found) == limit:
                    return Found(found, found[-1].id, looked)
                found.append(read(logged))
            looked += 1
        if len(page) < step:
            return Found(found, None, looked)
        before = page[-1].id
    return Found(found, before, looked)


async def pages(db: Database, holder: bytes, now: datetime) -> AsyncIterator[list[Event]]:
    """A person's entries that are shown at `now`, newest first, 250 at a time.

    Agencies' exchanges stand elsewhere.

    Each page is a read of its own, and others are served in between, so that a long history
    holds nobody up. What is entered meanwhile is left out.

    Raises:
        MalformedError: a stored leaf or body is damaged.
    """
    before = None
    while True:
        events = await db.read(_page, holder, now, before)
        yield [event for event in events if event.kind != "exchange"]
        if len(events) < _STEP:
            return
        before = events[-1].id
        await asyncio.sleep(0)


def _page(
    connection: Connection, holder: bytes, now: datetime, before: int | None
) -> list[Event]:
    found = ledger.of_holder(connection, holder, now, _STEP, before)
    return [read(logged) for logged in found]
