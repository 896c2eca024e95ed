"""A mandate: that one person may act for another, within a scope."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from typing import Self
from uuid import UUID

from consent.errors import MandateMovedError, NotEntitledError
from consent.mandate.life import (
    ENTITLED,
    TRANSITIONS,
    MandateEvent,
    MandateState,
    MandateStatus,
    Party,
)
from consent.model import Role

_LASTING = frozenset({MandateState.PROPOSED, MandateState.ACTIVE, MandateState.SUSPENDED})


@unique
class Act(StrEnum):
    """What can be done for somebody."""

    VIEW = "view"
    GRANT = "grant"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which acts, on which kinds of data; `categories` None is all there are or will be."""

    acts: frozenset[Act] = frozenset(Act)
    categories: frozenset[str] | None = None

    def covers(self, categories: Iterable[str]) -> bool:
        """Whether all these kinds of data are within it."""
        return self.categories is None or self.categories.issuperset(categories)


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Mandate:
    """That `agent` may act for `principal`; nobody is the agent until a proposal is accepted.

    `lapses_at` is when the principal comes of age, None where no age ends it. `evidence` says
    what it rests on, such as the number of a court's ruling.
    """

    id: UUID
    principal: UUID
    agent: UUID | None
    role: Role
    scope: Scope
    valid_from: datetime
    valid_until: datetime | None
    lapses_at: datetime | None
    evidence: str
    state: MandateState
    state_since: datetime

    def status(self, now: datetime) -> MandateStatus:
        """How this mandate stands at `now`."""
        if self.state not in _LASTING:
            return MandateStatus(self.state.value)
        if self.lapses_at is not None and now >= self.lapses_at:
            return MandateStatus.LAPSED
        if self.valid_until is not None and now >= self.valid_until:
            return MandateStatus.EXPIRED
        if self.state is MandateState.ACTIVE and now < self.valid_from:
            return MandateStatus.NOT_YET_VALID
        return MandateStatus(self.state.value)

    def after(self, event: MandateEvent, party: Party, now: datetime) -> Self:
        """This mandate once `party` has brought `event` about.

        Raises:
            MandateMovedError: it cannot happen to a mandate that stands so.
            NotEntitledError: this party may not bring it about.
        """
        status = self.status(now)
        state = TRANSITIONS.get((self.state, event))
        if state is None or status in {MandateStatus.LAPSED, MandateStatus.EXPIRED}:
            raise MandateMovedError(status, event)
        if party not in ENTITLED[self.role][event]:
            raise NotEntitledError(party, event, "mandate")
        return replace(self, state=state, state_since=now)
