"""An erasure that an app owes, and its life: what may happen to it, and what it then is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from uuid import UUID

from consent.model import OnWithdrawal
from mynaportal_sim.erasure.errors import ErasureSettledError


@unique
class State(StrEnum):
    """What has been said of a case; all that is stored of its life."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    ATTESTED = "attested"
    RETAINED_BY_LAW = "retained_by_law"


@unique
class Step(StrEnum):
    """What an app can say of a case: that it knows, has erased, or must keep for now."""

    ACKNOWLEDGE = "acknowledge"
    ATTEST = "attest"
    RETAIN = "retain"


@unique
class Status(StrEnum):
    """How a case stands: its state, or overdue by the clock."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    ATTESTED = "attested"
    RETAINED_BY_LAW = "retained_by_law"
    OVERDUE = "overdue"


TRANSITIONS: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.REQUESTED, Step.ACKNOWLEDGE): State.ACKNOWLEDGED,
        (State.REQUESTED, Step.ATTEST): State.ATTESTED,
        (State.REQUESTED, Step.RETAIN): State.RETAINED_BY_LAW,
        (State.ACKNOWLEDGED, Step.ATTEST): State.ATTESTED,
        (State.ACKNOWLEDGED, Step.RETAIN): State.RETAINED_BY_LAW,
        (State.RETAINED_BY_LAW, Step.ATTEST): State.ATTESTED,
    }
)


@dataclass(frozen=True, slots=True)
class ErasureCase:
    """What one app must erase since one version of a consent has ended.

    The version's id is the case's. `ended` tells how, as the app's event does. `categories` had
    been given, and could be passed on to those named in `passed_on`. `holder` is whose entries
    of the ledger tell of it. `certificate` is the last that was taken, `retained_until` until
    when it says that a law makes the app keep what it has.
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

    @property
    def deadline(self) -> datetime:
        """By when it must be attested."""
        return self.retained_until or self.due_at

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
