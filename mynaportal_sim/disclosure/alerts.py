"""What a person should hear of without looking for it, worked out from their entries alone.

Alerts of one kind, about one app, its consent and reason, are one a day (of Japan), so that an
app that tries every second is one alert with a count.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum, unique
from typing import NamedTuple

from consent.japan import day_of
from consent.policy import Reason
from mynaportal_sim.disclosure.event import Event

LOOK_MAX = 5_000
"""Of how many of a person's newest entries alerts are worked out."""


@unique
class Kind(StrEnum):
    """What an alert is about."""

    NEW_CONSENT = "new_consent"
    NEW_DATA = "new_data"
    REFUSED = "refused"
    AFTER_WITHDRAWAL = "after_withdrawal"
    DESPITE_WITHDRAWAL = "despite_withdrawal"
    COPY_FOUND = "copy_found"
    UNSUPERVISED = "unsupervised"
    WITHOUT_CONSENT = "without_consent"
    WITHOUT_CONSENT_REFUSED = "without_consent_refused"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to hear of.

    `event` is the entry it is about: the newest of `times` like it; where an app is new, the
    first.
    """

    kind: Kind
    event: Event
    times: int = 1

    def unseen(self, seen: int) -> bool:
        """Whether it is about an entry after the index `seen`, or one without an index yet."""
        return self.event.position is None or self.event.position > seen


class _Key(NamedTuple):
    """What makes two alerts one."""

    kind: Kind
    app_id: str
    version: str = ""
    reason: str = ""
    day: date | None = None


_FIRSTS = {"consent.granted": Kind.NEW_CONSENT, "access.permitted": Kind.NEW_DATA}
NEW = frozenset(_FIRSTS.values())


class Watch:
    """Goes through a person's entries, which must come newest first, and gathers alerts."""

    def __init__(self) -> None:
        self._alerts: dict[_Key, Alert] = {}
        self._permitted: dict[str, Alert] = {}  # by consent version, all that was handed over

    def see(self, events: Iterable[Event]) -> None:
        """Take in entries that are older than all that were seen before."""
        for event in events:
            if event.app_id:
                self._see(event)
            elif event.kind == Kind.CARD:
                self._alerts[_Key(Kind.CARD, "", str(event.id))] = Alert(Kind.CARD, event)

    @property
    def alerts(self) -> list[Alert]:
        """What there is to hear of, newest first."""
        return sorted(self._alerts.values(), key=lambda alert: alert.event.id, reverse=True)

    def settled(self, seen: int) -> bool:
        """Whether older entries cannot change what is unseen after the index `seen`.

        They could show that an app was there before. That one which has got data despite a
        withdrawal before goes on doing so is settled too: the person was told.
        """
        return not any(
            alert.unseen(seen) for alert in self._alerts.values() if alert.kind in NEW
        )

    def _see(self, event: Event) -> None:
        app_id, version = event.app_id, event.text("consent_version")
        if (first := _FIRSTS.get(event.type)) is not None:
            self._alerts[_Key(first, app_id)] = Alert(first, event)
        if event.unsupervised:
            self._count(_Key(Kind.UNSUPERVISED, app_id, version), event)
        if event.type == "access.permitted":
            self._permitted[version] = _one_more(
                self._permitted.get(version), Kind.DESPITE_WITHDRAWAL, event
            )
        elif event.type == "access.refused":
            late = event.reason == Reason.WITHDRAWN.value
            kind = Kind.AFTER_WITHDRAWAL if late else Kind.REFUSED
            self._count(_Key(kind, app_id, version, event.reason, day_of(event.at)), event)
        elif event.type == "canary.found":
            self._count(_Key(Kind.COPY_FOUND, app_id, version, event.reason), event)
        elif event.type == "consent.withdrawn" and version:
            self._withdrawn(app_id, version)

    def _withdrawn(self, app_id: str, version: str) -> None:
        """All that was seen so far came after this withdrawal."""
        if (despite := self._permitted.pop(version, None)) is not None:
            self._merge(_Key(despite.kind, app_id, version), despite)
        for key in [one for one in self._alerts if one.version == version]:
            if key.kind is Kind.REFUSED:
                late = replace(self._alerts.pop(key), kind=Kind.AFTER_WITHDRAWAL)
                self._merge(key._replace(kind=late.kind), late)

    def _merge(self, key: _Key, older: Alert) -> None:
        known = self._alerts.get(key)
        merged = older if known is None else replace(known, times=known.times + older.times)
        self._alerts[key] = merged

    def _count(self, key: _Key, event: Event) -> None:
        self._alerts[key] = _one_more(self._alerts.get(key), key.kind, event)


def alerts(events: Iterable[Event]) -> list[Alert]:
    """What there is to hear of in a person's entries, both newest first."""
    watch = Watch()
    watch.see(events)
    return watch.alerts


def _one_more(alert: Alert | None, kind: Kind, event: Event) -> Alert:
    """An alert about one more entry, older than the others."""
    return Alert(kind, event) if alert is None else replace(alert, times=alert.times + 1)
