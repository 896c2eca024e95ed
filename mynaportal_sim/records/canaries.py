"""Canaries: records made up for one app, by which a copy that it kept is known.

To its app a canary is a record like any other: counted in totals, on its page of a search, read
by its id, hidden where the consent hides it. To every other reader it is not there. The person
reads in their entries how many of the records that were handed over were planted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from random import Random
from typing import NamedTuple

from sqlalchemy import Connection

from consent import service
from consent.japan import day_of
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.model import ConsentVersion, Status, standing
from mynaportal_sim.domains.base import Record
from mynaportal_sim.domains.checkup.domain import DOMAIN
from mynaportal_sim.erasure import store as erasures
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records import store
from mynaportal_sim.records.marks import Marks
from mynaportal_sim.records.model import Reader
from mynaportal_sim.residents.model import Resident

CATEGORY = DOMAIN.category.code
# Years back that people give apps, and days that a real check-up is away at least.
YEARS = 2
_APART = timedelta(days=60)


@unique
class Why(StrEnum):
    """What makes it a breach that an app's copy was found."""

    ATTESTED = "copy_after_certificate"
    ENDED = "copy_after_end"
    LEAKED = "copy_outside"


class Planted(NamedTuple):
    """A check-up that was planted, and what it is known by."""

    app_id: str
    day: date
    marks: Marks


@dataclass(frozen=True, slots=True)
class Sighting:
    """That a canary was found: how many `marks` of it, and what makes it a breach.

    `is_new` unless it was found in the same file before.
    """

    app_id: str
    app_name: str
    persona: str
    day: date
    marks: int
    why: Why
    is_new: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """For whom something is planted among whose records, and by which pseudonyms."""

    resident: Resident
    app_id: str
    app_name: str
    names: Pseudonyms

    @property
    def holder(self) -> bytes:
        return self.names.holder(self.resident.id)


def plant(connection: Connection, plot: Plot, now: datetime, randomness: Randomness) -> Planted:
    """Make up one more check-up that only this app can read; a unit of work."""
    resident = plot.resident
    day = _free_day(store.days(connection, resident.id), day_of(now), randomness)
    made_up = list(_made_up(resident, day, randomness))
    store.add(connection, resident.id, CATEGORY, made_up, planted_for=plot.app_id)
    fields: dict[str, Value] = {
        "app_id": plot.app_id,
        "app_name": plot.app_name,
        "categories": [CATEGORY],
        "count": len(made_up),
    }
    ledger.append(connection, Entry("canary.planted", fields, plot.holder), now, randomness)
    found = planted(connection, resident, plot.names)
    return next(one for one in found if (one.app_id, one.day) == (plot.app_id, day))


def planted(
    connection: Connection, resident: Resident, pseudonyms: Pseudonyms
) -> list[Planted]:
    """Every check-up that was planted among a resident's records."""
    found: list[Planted] = []
    for app_id, stored in store.planted(connection, resident.id).items():
        by_day: dict[date, list[tuple[str, str]]] = {}
        for one in stored:
            day = _day(one.resource)
            name = pseudonyms.logical_id(app_id, one.id)
            by_day.setdefault(day, []).append((name, one.resource))
        found += [Planted(app_id, day, Marks.of(named, day)) for day, named in by_day.items()]
    return found


def report(
    connection: Connection,
    plot: Plot,
    canary: Planted,
    text: str,
    now: datetime,
    randomness: Randomness,
) -> Sighting | None:
    """Enter in the ledger that a canary stands in a text, once for each text; None if not."""
    marks = canary.marks.seen_in(text)
    if not marks:
        return None
    resident = plot.resident
    version = _newest(connection, resident, plot.app_id)
    why = _why(connection, version, now)
    reader = Reader(resident.id, plot.app_id)
    digest = sha256(f"{canary.day} {text}".encode()).hexdigest()
    is_new = store.add_sighting(connection, reader, digest)
    if is_new:
        fields: dict[str, Value] = {
            "app_id": plot.app_id,
            "app_name": plot.app_name,
            "categories": [CATEGORY],
            "marks": marks,
            "reason": why.value,
        }
        if version is not None:
            fields["arrangement"] = str(version.arrangement_id)
            fields["consent_version"] = str(version.id)
        entry = Entry("canary.found", fields, plot.holder)
        ledger.append(connection, entry, now, randomness)
    return Sighting(
        plot.app_id, plot.app_name, resident.persona, canary.day, marks, why, is_new
    )


def _newest(connection: Connection, resident: Resident, app_id: str) -> ConsentVersion | None:
    """The version that the app had last from the resident, still in force or not."""
    versions = standing(service.of_app(connection, resident.id, app_id))
    return max(versions, key=lambda one: one.answered_at, default=None)


def _why(connection: Connection, version: ConsentVersion | None, now: datetime) -> Why:
    if version is None or version.status(now) in {Status.GRANTED, Status.SUSPENDED}:
        return Why.LEAKED
    case = erasures.of_versions(connection, [version.id]).get(version.id)
    return Why.ATTESTED if case is not None and case.erased_by_app else Why.ENDED


def _made_up(resident: Resident, day: date, randomness: Randomness) -> Iterator[Record]:
    if DOMAIN.decoy is None:
        raise ValueError(f"nothing is made up of {CATEGORY}")
    rng = Random(randomness(16))  # noqa: S311  plausible values; the day is the secret
    return DOMAIN.decoy(resident, rng, day)


def _free_day(taken: set[date], today: date, randomness: Randomness) -> date:
    """A weekday of the last years, all of whose check-ups are known, far from any of them."""
    last = date(today.year - (today.month < 4), 3, 31)
    days = [last - timedelta(days=back) for back in range(365 * YEARS)]
    weekdays = [day for day in days if day.weekday() < 5]
    far = [day for day in weekdays if all(abs(day - other) >= _APART for other in taken)]
    free = far or [day for day in weekdays if day not in taken]
    return free[int.from_bytes(randomness(8)) % len(free)]


def _day(resource: str) -> date:
    """The day of an observation or report, as `domains.checkup` writes it."""
    _, _, after = resource.partition('"effectiveDateTime":"')
    return date.fromisoformat(after[:10])
