"""Which entries of their history a person wants to see, as the address of the page says it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Logged, canonical, read_body
from mynaportal_sim.pki.profiles import JST

KINDS = {
    "login": ("login.",),
    "consent": ("consent.",),
    "token": ("token.",),
    "access": ("access.",),
}
SCAN_MAX = 1_000
"""Entries looked through for one page: what an entry says is not indexed, for good reasons."""
_STEP = 250
_MINUTE = b'"minute":"'
_EXCHANGE = b'"type":"exchange.'


@dataclass(frozen=True, slots=True)
class Filter:
    """What an entry must be; an empty field asks for nothing."""

    app: str = ""
    category: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def in_use(self) -> bool:
        """Whether anything is asked for."""
        return self != Filter()

    @property
    def query(self) -> dict[str, str]:
        """The filter as it stands in an address."""
        named = {"app": self.app, "category": self.category, "kind": self.kind}
        days = {"from": self.since, "to": self.until}
        dated = {name: day.isoformat() for name, day in days.items() if day}
        return {name: value for name, value in named.items() if value} | dated

    def takes(self, logged: Logged) -> bool:
        """Whether the entry is wanted; its body must not be erased."""
        return self._may_take(logged) and self._names_what_the_body_says(logged.body or b"")

    def _may_take(self, logged: Logged) -> bool:
        """Looks at bytes alone: a leaf is canonical JSON, and reading it whole costs 20 times
        as much, for each of the entries that are not wanted."""
        if _EXCHANGE in logged.leaf:  # agencies' exchanges have a page of their own
            return False
        kinds = KINDS.get(self.kind, ("",))
        if not any(b'"type":"%s' % kind.encode() in logged.leaf for kind in kinds):
            return False
        texts = (canonical(text) for text in (self.app, self.category) if text)
        if not all(text.encode() in (logged.body or b"") for text in texts):
            return False
        if self.since is None and self.until is None:
            return True
        day = _minute(logged.leaf).astimezone(JST).date()
        return (self.since is None or day >= self.since) and (
            self.until is None or day <= self.until
        )

    def _names_what_the_body_says(self, body: bytes) -> bool:
        if not (self.app or self.category):
            return True
        said = {name: opening.value for name, opening in read_body(body).items()}
        categories = said.get("categories", [])
        return (not self.app or self.app == said.get("app_id")) and (
            not self.category or self.category in _listed(categories)
        )


async def _filter(
    app: Annotated[str, Query(max_length=128)] = "",
    category: Annotated[str, Query(max_length=64)] = "",
    kind: Annotated[str, Query(max_length=16)] = "",
    since: Annotated[str, Query(alias="from", max_length=10)] = "",
    until: Annotated[str, Query(alias="to", max_length=10)] = "",
) -> Filter:
    return Filter(app, category, kind if kind in KINDS else "", _day(since), _day(until))


FilterDep = Annotated[Filter, Depends(_filter)]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, and the id to go on before; None when there are no more."""

    entries: list[Logged]
    older: int | None


def search(
    connection: Connection, holder: bytes, wanted: Filter, limit: int, before: int | None
) -> Found:
    """A person's newest entries that are wanted; looks through 1,000 at most for one page."""
    found: list[Logged] = []
    for _ in range(SCAN_MAX // _STEP):
        step = ledger.of_holder(connection, holder, _STEP, before)
        for logged in step:
            if wanted.takes(logged):
                if len(found) == limit:
                    return Found(found, found[-1].id)
                found.append(logged)
        if len(step) < _STEP:
            return Found(found, None)
        before = step[-1].id
    return Found(found, before)


def _minute(leaf: bytes) -> datetime:
    """The minute of a leaf, from its canonical bytes."""
    begins = leaf.index(_MINUTE) + len(_MINUTE)
    return datetime.fromisoformat(leaf[begins : begins + 17].decode())


def _day(text: str) -> date | None:
    """A day as a date field sends it; None for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day, no instant
    except ValueError:
        return None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
