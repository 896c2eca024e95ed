"""One access without consent, and the life of its review.

A state moves only by a row of ACTS. That a review is overdue, or that the person may see the
case, is no state: both are worked out from the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Self
from uuid import UUID

from consent.catalogue import LegalBasis
from consent.errors import CaseSettledError, NoReasonError, OwnCaseError


@unique
class State(StrEnum):
    """What a review found; all that is stored of its life."""

    OPEN = "open"
    UPHELD = "upheld"
    OBJECTED = "objected"


@unique
class Act(StrEnum):
    """What a reviewer can do."""

    UPHOLD = "uphold"
    OBJECT = "object"


ACTS: Mapping[tuple[State, Act], State] = MappingProxyType(
    {
        (State.OPEN, Act.UPHOLD): State.UPHELD,
        (State.OPEN, Act.OBJECT): State.OBJECTED,
    }
)


@unique
class Status(StrEnum):
    """How a review stands: its state, or what the clock made of that."""

    OPEN = "open"
    OVERDUE = "overdue"
    UPHELD = "upheld"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class Case:
    """Who may look at a person's data, or did, without their consent, why, and what came of it.

    It is filed under the person's pseudonym in the ledger, so that whoever reviews it learns
    what was done and not to whom.
    """

    id: UUID
    holder: bytes = field(repr=False)
    basis: LegalBasis
    authority: str
    officer: str
    reason: str
    categories: tuple[str, ...]
    opened_at: datetime
    until: datetime
    told_from: datetime
    review_by: datetime
    state: State = State.OPEN
    settled_at: datetime | None = None
    reviewer: str = ""
    finding: str = ""

    def status(self, now: datetime) -> Status:
        """How the review stands at `now`."""
        if self.state is State.OPEN and self.review_by <= now:
            return Status.OVERDUE
        return Status(self.state.value)

    def told(self, now: datetime) -> bool:
        """Whether the person may know of it at `now`."""
        return self.told_from <= now

    def settled(self, act: Act, reviewer: str, finding: str, now: datetime) -> Self:
        """The case with what its reviewer found.

        Raises:
            CaseSettledError: it was reviewed before.
            OwnCaseError: the reviewer is who looked, or nobody.
            NoReasonError: the finding says nothing.
        """
        to = ACTS.get((self.state, act))
        if to is None:
            raise CaseSettledError(self.state)
        if reviewer.strip() in {"", self.officer.strip()}:
            raise OwnCaseError
        if not finding.strip():
            raise NoReasonError(act)
        return replace(self, state=to, settled_at=now, reviewer=reviewer, finding=finding)
