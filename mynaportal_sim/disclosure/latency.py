"""How long an app could still get something after a consent was taken back, by the entries.

Two figures for each ending, in whole seconds, since entries bear seconds: `last`, to the last
access that was permitted under the version that ended, 0 where there was none; and `refused`,
to the first try after it that was refused, None while nobody has tried. The moment from which
nothing was possible any more lies between the two. Entries are gone through in the log's order,
so that an access counts as later when it stands later, whatever its clock said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Logged
from mynaportal_sim.disclosure.event import Event, head, read

ENDINGS = frozenset({"consent.withdrawn", "consent.revoked", "consent.invalidated"})
_REFUSALS = frozenset({"access.refused", "token.refused"})
_WANTED = ENDINGS | _REFUSALS | {"access.permitted"}
_STEP = 250
LOOK_MAX = 5_000
"""How many of a person's newest entries are gone through for one consent."""


@dataclass(frozen=True, slots=True)
class Latency:
    """What came after the end of one version."""

    app_id: str
    app_name: str
    version_id: str
    ended_at: datetime
    last: int
    refused: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What came after many endings; of none, all figures are 0.

    `followed` were, by a permitted access, and `tried` by a refused one. A quantile is the
    smallest latency that at least that share of the endings do not exceed.
    """

    endings: int
    followed: int
    tried: int
    p50: int
    p99: int
    longest: int

    @classmethod
    def of(cls, found: Sequence[Latency]) -> "Summary":
        lasts = sorted(one.last for one in found)
        return cls(
            endings=len(lasts),
            followed=sum(last > 0 for last in lasts),
            tried=sum(one.refused is not None for one in found),
            p50=_quantile(lasts, 50),
            p99=_quantile(lasts, 99),
            longest=max(lasts, default=0),
        )


@dataclass(slots=True)
class Meter:
    """Goes through entries, which must come newest first, and gathers what followed endings."""

    found: list[Latency] = field(default_factory=list)
    _permitted: dict[str, datetime] = field(default_factory=dict)
    _refused: dict[str, datetime] = field(default_factory=dict)

    def see(self, events: Iterable[Event]) -> None:
        """Take in entries that are older than all that were seen before."""
        for event in events:
            version = event.text("consent_version")
            if event.type == "access.permitted":
                self._permitted.setdefault(version, event.at)
            elif event.type in _REFUSALS:
                self._refused[version] = event.at
            elif event.type in ENDINGS and version:
                self.found.append(self._after(event, version))

    def _after(self, ending: Event, version: str) -> Latency:
        last, refused = self._permitted.pop(version, None), self._refused.pop(version, None)
        return Latency(
            app_id=ending.app_id,
            app_name=ending.app_name,
            version_id=version,
            ended_at=ending.at,
            last=0 if last is None else _seconds(ending.at, last),
            refused=None if refused is None else _seconds(ending.at, refused),
        )


def of_app(connection: Connection, app_id: str) -> list[Latency]:
    """What followed each ending of a consent that an app had, newest first."""
    meter, before = Meter(), None
    while True:
        page = ledger.of_app(connection, app_id, _STEP, before)
        meter.see(_wanted(page))
        if len(page) < _STEP:
            return meter.found
        before = page[-1].id


def of_version(
    connection: Connection, holder: bytes, now: datetime, version_id: str
) -> Latency | None:
    """What followed the ending of one version; None if its end is not among the newest."""
    meter, before = Meter(), None
    for _ in range(LOOK_MAX // _STEP):
        page = ledger.of_holder(connection, holder, now, _STEP, before)
        meter.see(_wanted(page))
        for one in meter.found:
            if one.version_id == version_id:
                return one
        if len(page) < _STEP:
            return None
        before = page[-1].id
    return None


def _wanted(page: Iterable[Logged]) -> list[Event]:
    return [read(one) for one in page if one.body and head(one.leaf).type in _WANTED]


def _seconds(since: datetime, at: datetime) -> int:
    return max(0, int((at - since).total_seconds()))


def _quantile(ordered: Sequence[int], percent: int) -> int:
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else 0
