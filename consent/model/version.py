"""An answer of a person to an app, and the arrangement that answers belong to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import Self
from uuid import UUID

from consent.errors import IllegalTransitionError, NotEntitledError
from consent.model.life import (
    ALIVE,
    MAY,
    NEVER_GRANTED,
    TRANSITIONS,
    UNANSWERED,
    Actor,
    Event,
    State,
    Status,
)
from consent.model.rules import ConsentRule
from consent.model.terms import Terms, Usage

_ENDED_BY_TIME = ALIVE | UNANSWERED
# Of a consent that lasts for less, nobody needs to be reminded.
_WORTH_A_REMINDER = timedelta(days=28)
_REMINDED_FROM = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The lasting relation of a resident with one service of one app."""

    resident_id: UUID
    id: UUID
    app_id: str
    service: str
    created_at: datetime


@unique
class Role(StrEnum):
    """As what somebody answers for a person."""

    SELF = "self"
    GUARDIAN = "guardian"  # 親権者・未成年後見人
    PROXY = "proxy"  # 任意の代理人
    ADULT_GUARDIAN = "adult_guardian"  # 成年後見人


@dataclass(frozen=True, slots=True)
class Granter:
    """Who answered: the person, or somebody under a mandate.

    `lapses_at` is when what they grant lapses by itself: when the person comes of age.
    """

    role: Role = Role.SELF
    mandate_id: UUID | None = None
    lapses_at: datetime | None = None


MYSELF = Granter()


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the person who answered was known.

    `certificate_mac` is the certificate's fingerprint under a key of the caller's, never plain:
    a plain hash of a certificate is one identifier shared by all who see it. `signed_with`
    names the certificate by which the answer was signed, empty where it was not; with it come
    the hashes of what was signed and of the signature, in hexadecimal. `assisted_by` is who
    helped the person to answer, as at a counter, empty for nobody.
    """

    channel: str
    authentication: str
    certificate_mac: bytes | None = None
    signed_with: str = ""
    statement_sha256: str = ""
    signature_sha256: str = ""
    assisted_by: str = ""


@dataclass(frozen=True, slots=True)
class ConsentVersion:
    """One answer of a resident to one app, with what was `asked` beside what the terms give.

    `number` counts the answers of an arrangement from 1, and is below that for a request not
    answered yet; `supersedes` is the id of the answer before, whatever became of it.
    `app_name` is the name the person saw. Of an answer, only what is said of its state and its
    uses ever changes: `state_by` whom, and if the person's side, `state_as` what.
    """

    resident_id: UUID
    id: UUID
    arrangement_id: UUID
    number: int
    supersedes: UUID | None
    app_id: str
    app_name: str
    asked: tuple[ConsentRule, ...]
    terms: Terms
    evidence: Evidence
    state: State
    answered_at: datetime
    state_since: datetime
    granter: Granter = MYSELF
    state_by: Actor = Actor.PERSON
    state_as: Granter = MYSELF
    uses: int = 0
    used_at: datetime | None = None

    def after(
        self,
        event: Event,
        now: datetime,
        actor: Actor = Actor.PERSON,
        acting: Granter = MYSELF,
    ) -> Self:
        """This version once `actor`, `acting` for the person or not, has brought `event` about.

        Raises:
            IllegalTransitionError: it cannot happen to a consent in this state.
            NotEntitledError: this actor may not bring it about.
        """
        state = TRANSITIONS.get((self.state, event))
        if state is None:
            raise IllegalTransitionError(self.state, event)
        held = event is Event.RESUME and self.state_by is not actor
        if actor not in MAY[event] or held:
            raise NotEntitledError(actor, event)
        return replace(self, state=state, state_since=now, state_by=actor, state_as=acting)

    def status(self, now: datetime) -> Status:
        """How this version stands at `now`."""
        if self.state in _ENDED_BY_TIME and now >= self.gives_until:
            run_out = now >= self.terms.valid_until
            return Status.EXPIRED if run_out else Status.LAPSED
        if self.state is not State.GRANTED:
            return Status(self.state.value)
        if now < self.terms.valid_from:
            return Status.NOT_YET_VALID
        most = self.terms.usage.max_uses
        if most is not None and self.uses >= most:
            return Status.EXHAUSTED
        return Status.GRANTED

    @property
    def gives_until(self) -> datetime:
        """When it gives nothing more, unless it ends before."""
        lapses_at = self.granter.lapses_at
        ends = self.terms.valid_until
        return ends if lapses_at is None else min(ends, lapses_at)

    def ends_soon(self, now: datetime) -> bool:
        """Whether to remind the person that this ends by itself, since nothing renews it."""
        lasts, left = (
            self.terms.valid_until - self.terms.valid_from,
            self.gives_until - now,
        )
        alive = self.status(now) in {Status.GRANTED, Status.SUSPENDED, Status.EXHAUSTED}
        return alive and lasts >= _WORTH_A_REMINDER and left <= _REMINDED_FROM

    @property
    def usage_left(self) -> Usage:
        """How often it can still be used."""
        usage = self.terms.usage
        if usage.max_uses is None:
            return usage
        return replace(usage, max_uses=usage.max_uses - self.uses)

    @property
    def next_use_at(self) -> datetime | None:
        """From when on another use may begin; None where it may at any time."""
        interval = self.terms.usage.min_interval
        return self.used_at + interval if self.used_at is not None and interval else None


def standing(versions: Iterable[ConsentVersion]) -> list[ConsentVersion]:
    """The newest version of each arrangement among those a person ever granted.

    A refused amendment leaves what was granted before it untouched.
    """
    newest: dict[UUID, ConsentVersion] = {}
    for version in versions:
        if version.state in NEVER_GRANTED:
            continue
        other = newest.get(version.arrangement_id)
        if other is None or version.number > other.number:
            newest[version.arrangement_id] = version
    return list(newest.values())
