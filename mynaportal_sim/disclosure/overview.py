"""What was done with a person's data, added up: by app, by kind of data and over time.

A sum is made of all of a person's entries, gone through once, and keeps no entry: it grows with
the apps, consents and weeks of a history, not with its length. An entry costs about 60 µs, most
of it for reading it from the database.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from typing import NamedTuple

from consent.japan import day_of
from mynaportal_sim.disclosure.event import Event


class Given(NamedTuple):
    """A consent that something was done under: arrangement, version."""

    arrangement: str
    version: str


@dataclass(slots=True)
class AppSum:
    """What one app asked for and got. Names and supervisor are those of its newest entry."""

    id: str
    name: str = ""
    supervisor: str = ""
    categories: Counter[str] = field(default_factory=Counter)
    accesses: int = 0
    records: int = 0
    refused: int = 0
    first: datetime | None = None
    last: datetime | None = None
    consents: dict[Given, datetime] = field(default_factory=dict)

    @property
    def had_something(self) -> bool:
        """Whether it ever had a consent or data."""
        return bool(self.accesses or self.consents)


@dataclass(slots=True)
class Receipt:
    """How often one app got one kind of data, and when last."""

    app_id: str
    accesses: int
    last: datetime


@unique
class Span(StrEnum):
    """How long the pieces are into which time, in Japan, is cut; weeks begin on Monday."""

    MONTH = "month"
    WEEK = "week"

    def begin(self, day: date) -> date:
        """The first day of the piece that `day` lies in."""
        if self is Span.MONTH:
            return day.replace(day=1)
        return day - timedelta(days=day.weekday())


class Bar(NamedTuple):
    """What happened in one piece of time."""

    begin: date
    permitted: int
    refused: int


@dataclass(slots=True)
class Overview:
    """The sum over entries so far; `entries` counts them."""

    entries: int = 0
    _apps: dict[str, AppSum] = field(default_factory=dict)
    _receipts: dict[str, dict[str, Receipt]] = field(default_factory=dict)
    _permitted: Counter[date] = field(default_factory=Counter)
    _refused: Counter[date] = field(default_factory=Counter)

    def add(self, events: Iterable[Event]) -> None:
        """Add entries, which must come newest first."""
        for event in events:
            self.entries += 1
            if event.app_id:
                self._add(event)

    @property
    def apps(self) -> list[AppSum]:
        """Each app that ever had something, those that got data last first."""
        had = [app for app in self._apps.values() if app.had_something]
        return sorted(had, key=_last, reverse=True)

    @property
    def refused_only(self) -> list[AppSum]:
        """Each app that never had anything, and was refused."""
        return [app for app in self._apps.values() if not app.had_something and app.refused]

    @property
    def categories(self) -> dict[str, list[Receipt]]:
        """By kind of data, which apps got it, the last first."""
        return {
            code: sorted(by_app.values(), key=lambda one: one.last, reverse=True)
            for code, by_app in self._receipts.items()
        }

    def bars(self, span: Span, today: date, most: int) -> list[Bar]:
        """The last `most` pieces of time up to today, oldest first, empty ones included."""
        permitted, refused = (_pieces(days, span) for days in (self._permitted, self._refused))
        begins = [span.begin(today)]
        while len(begins) < most:
            begins.append(span.begin(begins[-1] - timedelta(days=1)))
        return [Bar(begin, permitted[begin], refused[begin]) for begin in reversed(begins)]

    def _add(self, event: Event) -> None:
        app = self._apps.setdefault(event.app_id, AppSum(event.app_id))
        app.name = app.name or event.text("app_name")
        app.supervisor = app.supervisor or event.supervisor
        if event.type == "access.permitted":
            self._add_access(app, event)
        elif event.type == "access.refused":
            app.refused += 1
            self._refused[day_of(event.at)] += 1
        if event.consent and event.type in {"consent.granted", "access.permitted"}:
            app.consents[Given(*event.consent)] = event.at

    def _add_access(self, app: AppSum, event: Event) -> None:
        app.accesses += 1
        app.records += event.count or 0
        app.last, app.first = app.last or event.at, event.at
        app.categories.update(event.categories)
        self._permitted[day_of(event.at)] += 1
        for code in event.categories:
            by_app = self._receipts.setdefault(code, {})
            receipt = by_app.setdefault(app.id, Receipt(app.id, 0, event.at))
            receipt.accesses += 1


def _last(app: AppSum) -> float:
    return app.last.timestamp() if app.last else 0.0


def _pieces(days: Counter[date], span: Span) -> Counter[date]:
    pieces: Counter[date] = Counter()
    for day, count in days.items():
        pieces[span.begin(day)] += count
    return pieces
