"""How the consents of one app stand, by the names under which it knows people, and no others.

An app's arrangements are kept by person, so that they are gone through person by person, and
never more of them at once than a page can wait for.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.model import ConsentVersion, DeclaredPurpose, Status, standing
from consent.policy import Reason
from mynaportal_sim.apps import store as apps

LOOKED_MAX = 2_000
"""People looked through for one page, or for one count."""
_STEP = 200
_MAY_COME_TO_GIVE = frozenset({Status.GRANTED, Status.SUSPENDED, Status.NOT_YET_VALID})
# Ended by nobody's will, so that an app which still needs the data may well ask again.
_ENDED_BY_ITSELF = {
    Status.EXPIRED: Reason.EXPIRED,
    Status.EXHAUSTED: Reason.EXHAUSTED,
    Status.LAPSED: Reason.LAPSED,
}


@dataclass(frozen=True, slots=True)
class Arranged:
    """One arrangement by the newest version that was ever granted; `sub` is the app's name."""

    sub: str
    version: ConsentVersion


@dataclass(frozen=True, slots=True)
class Found:
    """A page of arrangements; `after` is the `sub` to go on behind, None at the end."""

    rows: list[Arranged]
    after: str | None


@dataclass(slots=True)
class Counts:
    """How many arrangements stand how, by the version of the purpose they agree to.

    `people` were looked at; `whole` says whether these are all that the app knows. `again`
    counts what the app must ask again.
    """

    standing: Counter[tuple[int, Status]] = field(default_factory=Counter)
    people: int = 0
    again: int = 0
    whole: bool = True

    def of(self, status: Status) -> int:
        """Those that stand so."""
        return sum(count for (_, one), count in self.standing.items() if one is status)

    def of_version(self, version: int) -> "Counter[Status]":
        """How those stand that agree to this version of the purpose."""
        found: Counter[Status] = Counter()
        for (one, status), count in self.standing.items():
            if one == version:
                found[status] += count
        return found


def asks_again(
    version: ConsentVersion, declared: DeclaredPurpose, now: datetime
) -> Reason | None:
    """Why an app that still needs the data must ask again; None where it need not."""
    status = version.status(now)
    if status in _MAY_COME_TO_GIVE:
        same = version.terms.purpose.version == declared.version
        return None if same else Reason.PURPOSE_CHANGED
    return _ENDED_BY_ITSELF.get(status)


def search(
    connection: Connection,
    app_id: str,
    wanted: Status | None,
    page: tuple[str, int],
    now: datetime,
) -> Found:
    """The arrangements of an app that stand as `wanted`, in the order of the app's names.

    `page` is the name to begin behind, and about how many to find; no person is cut in two.
    """
    rows: list[Arranged] = []
    after, most = page
    for sub, versions in _people(connection, app_id, after):
        found = [Arranged(sub, one) for one in versions if wanted in (None, one.status(now))]
        if found and len(rows) >= most:
            return Found(rows, after)
        rows += found
        after = sub
    more = apps.subjects_of(connection, app_id, after, 1)
    return Found(rows, after if more else None)


def count(
    connection: Connection, app_id: str, declared: DeclaredPurpose, now: datetime
) -> Counts:
    """How the arrangements of an app stand, all together."""
    counts = Counts()
    after = ""
    for sub, versions in _people(connection, app_id, after):
        after = sub
        counts.people += 1
        for one in versions:
            counts.standing[one.terms.purpose.version, one.status(now)] += 1
            counts.again += asks_again(one, declared, now) is not None
    counts.whole = not apps.subjects_of(connection, app_id, after, 1)
    return counts


def answers(
    connection: Connection, app_id: str, sub: str, arrangement_id: UUID
) -> list[ConsentVersion]:
    """What one person ever granted under an arrangement with this app, newest first.

    Empty where the app knows nobody by that name, or has no such arrangement with them.
    """
    resident_id = apps.resident_of(connection, app_id, sub)
    if resident_id is None:
        return []
    of_app = service.of_app(connection, resident_id, app_id)
    mine = [one for one in of_app if one.arrangement_id == arrangement_id]
    granted = [one for one in mine if standing([one])]
    return sorted(granted, key=lambda one: one.number, reverse=True)


def _people(
    connection: Connection, app_id: str, after: str
) -> Iterator[tuple[str, list[ConsentVersion]]]:
    """Those an app knows behind this name, with what stands, at most LOOKED_MAX of them."""
    for _ in range(LOOKED_MAX // _STEP):
        people = apps.subjects_of(connection, app_id, after, _STEP)
        for sub, resident_id in people:
            yield sub, standing(service.of_app(connection, resident_id, app_id))
        if len(people) < _STEP:
            return
        after = people[-1].sub
