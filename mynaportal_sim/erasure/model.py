"""An erasure that an app owes, and its life: what may happen to it, and what it then is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from consent.model import OnWithdrawal
from mynaportal_sim.erasure.errors import ErasureNoFurtherError, ErasureSettledError


@unique
class State(StrEnum):
    """What has been said of a case; all that is stored of its life."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_RECIPIENTS = "awaiting_recipients"
    ATTESTED = "attested"
    RETAINED_BY_LAW = "retained_by_law"


@unique
class Step(StrEnum):
    """What an app can say of a case: that it knows, has erased, or must keep for now.

    It attests alone while somebody to whom it passed data must still certify the same.
    """

    ACKNOWLEDGE = "acknowledge"
    ATTEST_ALONE = "attest alone"
    ATTEST = "attest"
    RETAIN = "retain"


@unique
class Status(StrEnum):
    """How a case stands: its state, or overdue by the clock."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_RECIPIENTS = "awaiting_recipients"
    ATTESTED = "attested"
    RETAINED_BY_LAW = "retained_by_law"
    OVERDUE = "overdue"


TRANSITIONS: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.REQUESTED, Step.ACKNOWLEDGE): State.ACKNOWLEDGED,
        (State.REQUESTED, Step.ATTEST_ALONE): State.AWAITING_RECIPIENTS,
        (State.REQUESTED, Step.ATTEST): State.ATTESTED,
        (State.REQUESTED, Step.RETAIN): State.RETAINED_BY_LAW,
        (State.ACKNOWLEDGED, Step.ATTEST_ALONE): State.AWAITING_RECIPIENTS,
        (State.ACKNOWLEDGED, Step.ATTEST): State.ATTESTED,
        (State.ACKNOWLEDGED, Step.RETAIN): State.RETAINED_BY_LAW,
        (State.RETAINED_BY_LAW, Step.RETAIN): State.RETAINED_BY_LAW,
        (State.RETAINED_BY_LAW, Step.ATTEST_ALONE): State.AWAITING_RECIPIENTS,
        (State.RETAINED_BY_LAW, Step.ATTEST): State.ATTESTED,
        (State.AWAITING_RECIPIENTS, Step.ATTEST_ALONE): State.AWAITING_RECIPIENTS,
        (State.AWAITING_RECIPIENTS, Step.ATTEST): State.ATTESTED,
    }
)
"""Where a certificate leaves the state as it was, `ErasureCase.certified` asks more of it."""

_APP = ""


class Awaited(NamedTuple):
    """A recipient who has not certified that they erased; by law they may keep it `until`."""

    name: str
    until: datetime | None = None


class Word(NamedTuple):
    """What a certificate that holds comes to; `until` is when a law lets the app erase."""

    step: Step
    certificate: str
    until: datetime | None
    awaited: tuple[Awaited, ...]


@dataclass(frozen=True, slots=True)
class ErasureCase:
    """What one app must erase since one version of a consent has ended.

    The version's id is the case's. `ended` tells how, as the app's event does. `categories` had
    been given, and could be passed on to those named in `passed_on`. `holder` is whose entries
    of the ledger tell of it. `certificate` is the last that was taken, `retained_until` until
    when it says that a law makes the app keep what it has, `awaited` who it leaves open.
    `fault` is what was wrong with one that was refused since, at `refused_at`; empty where none
    was.
    """

    version_id: UUID
    arrangement_id: UUID
    app_id: str
    app_name: str
    holder: bytes | None
    ended: str
    ended_at: datetime
    on_end: OnWithdrawal
    due_at: datetime
    categories: tuple[str, ...]
    passed_on: tuple[str, ...]
    state: State
    state_since: datetime
    certificate: str = ""
    retained_until: datetime | None = None
    awaited: tuple[Awaited, ...] = ()
    fault: str = ""
    refused_at: datetime | None = None

    @property
    def kept(self) -> Mapping[str, datetime | None]:
        """Who has not erased, the app by the name ""; until when a law makes them keep it.

        None stands for who has said nothing of it.
        """
        app = {} if self.retained_until is None else {_APP: self.retained_until}
        return {**app, **dict(self.awaited)}

    @property
    def deadline(self) -> datetime:
        """By when the next must have certified."""
        return min((until or self.due_at for until in self.kept.values()), default=self.due_at)

    @property
    def erased_by_app(self) -> bool:
        """Whether the app certifies that it has erased, whatever others did."""
        return self.state in {State.ATTESTED, State.AWAITING_RECIPIENTS}

    def awaits(self, keyed: Collection[str]) -> tuple[str, ...]:
        """Who must still certify themselves: before any certificate, those that are `keyed`."""
        if self.certificate:
            return tuple(one.name for one in self.awaited)
        return tuple(name for name in self.passed_on if name in keyed)

    def status(self, now: datetime) -> Status:
        """How the case stands at `now`."""
        if self.state is not State.ATTESTED and now >= self.deadline:
            return Status.OVERDUE
        return Status(self.state)

    def after(self, step: Step, now: datetime) -> "ErasureCase":
        """The case once `step` has happened.

        Raises:
            ErasureSettledError: the step does not follow on the case's state.
        """
        state = TRANSITIONS.get((self.state, step))
        if state is None:
            raise ErasureSettledError(self.state, step)
        return replace(self, state=state, state_since=now.replace(microsecond=0))

    def certified(self, word: Word, now: datetime) -> "ErasureCase":
        """The case once a certificate was taken.

        Raises:
            ErasureSettledError: it does not follow on the case's state.
            ErasureNoFurtherError: it settles no more than the one before, or takes back a part.
        """
        moved = replace(
            self.after(word.step, now),
            certificate=word.certificate,
            retained_until=word.until,
            awaited=word.awaited,
        )
        before, left = self.kept, moved.kept
        less = all(
            name in before and before[name] in {None, until} for name, until in left.items()
        )
        if moved.state is self.state and (left == before or not less):
            raise ErasureNoFurtherError(self.state, word.step)
        return moved
