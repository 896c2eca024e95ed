"""The rule of acting for others: whether an act may be done, and what it then takes.

`may` is about an agent, `may_oneself` about the person. Both are pure, and both let nobody be
kept from what protects: a person of any age may look, and end what they or others gave.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from consent.mandate.ages import Band, Bands
from consent.mandate.life import MandateStatus
from consent.mandate.model import Act, Mandate
from consent.mandate.refusals import Refusal
from consent.model import Granter, Role


@unique
class Duty(StrEnum):
    """What an act that is allowed takes beside it."""

    ASSENT = "assent"  # it takes effect once the principal agrees
    TELL_GUARDIAN = "tell_guardian"  # it is shown to the principal's guardians


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wishes to do, on which kinds of data, and for which purpose.

    No purpose is no single one: to end it for all there are is to end it for each.
    """

    act: Act
    categories: frozenset[str] = frozenset()
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The act may be done, if each duty is met."""

    duties: frozenset[Duty] = frozenset()


@dataclass(frozen=True, slots=True)
class Refused:
    """The act may not be done."""

    reason: Refusal


Answer = Allowed | Refused

_BY_STATUS = {
    MandateStatus.PROPOSED: Refusal.MANDATE_PROPOSED,
    MandateStatus.NOT_YET_VALID: Refusal.MANDATE_PROPOSED,
    MandateStatus.ENDED: Refusal.MANDATE_ENDED,
    MandateStatus.REVOKED: Refusal.MANDATE_ENDED,
    MandateStatus.EXPIRED: Refusal.MANDATE_ENDED,
    MandateStatus.LAPSED: Refusal.CAME_OF_AGE,
    MandateStatus.SUSPENDED: Refusal.MANDATE_SUSPENDED,
}


def may(
    mandate: Mandate | None,
    wish: Wish,
    age: int,
    bands: Bands,
    now: datetime,
    *,
    blocked: bool,
) -> Answer:
    """Whether an agent may do something under a mandate, None for none.

    `age` is the principal's. `blocked` says that the agent is kept from the principal
    (支援措置), which comes before every role.
    """
    if mandate is None or blocked:
        return Refused(Refusal.NOT_ACTING)
    objection = objection_to(mandate, wish, now)
    if objection is not None:
        return Refused(objection)
    match mandate.role:
        case Role.GUARDIAN:
            return _of_guardian(wish, bands.of(age), bands)
        case Role.PROXY:  # nobody can let another do what they could not do themselves
            return may_oneself(wish, age, bands)
    return Allowed()


def may_oneself(wish: Wish, age: int, bands: Bands) -> Answer:
    """Whether a person of this age may do something about their own data."""
    if wish.act is not Act.GRANT:
        return Allowed()
    match bands.of(age):
        case Band.ADULT:
            return Allowed()
        case Band.OWN if wish.purpose in bands.own_purposes:
            return Allowed(frozenset({Duty.TELL_GUARDIAN}))
    return Refused(Refusal.GUARDIAN_DECIDES)


def objection_to(mandate: Mandate, wish: Wish, now: datetime) -> Refusal | None:
    """What in a mandate itself stands against a wish, whatever the principal's age."""
    status = mandate.status(now)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if wish.act not in mandate.scope.acts:
        return Refusal.ACT_OUT_OF_SCOPE
    if not mandate.scope.covers(wish.categories):
        return Refusal.CATEGORY_OUT_OF_SCOPE
    return None


def _of_guardian(wish: Wish, band: Band, bands: Bands) -> Answer:
    """Of a guardian of a minor whose mandate stands and covers the wish."""
    if band is Band.ADULT:
        return Refused(Refusal.CAME_OF_AGE)
    if wish.act is Act.VIEW:
        return Allowed()
    if band is Band.OWN and _touches(wish, bands.own_purposes):
        return Refused(Refusal.DECIDES_ALONE)
    if wish.act is Act.GRANT and band in {Band.ASSENT, Band.OWN}:
        return Allowed(frozenset({Duty.ASSENT}))
    return Allowed()


def _touches(wish: Wish, purposes: frozenset[str]) -> bool:
    """Whether a wish is about one of these purposes, or would end what was given for all."""
    for_all = wish.act is Act.WITHDRAW and not wish.purpose
    return wish.purpose in purposes or (for_all and bool(purposes))


def may_lift(placed_as: Granter, lifter: Granter, band: Band) -> bool:
    """Whether one of a person and those who act for them lifts what one of them stopped.

    What is stopped is prohibited, or a consent that was suspended.

    A person lifts what they placed themselves at any age, and what others placed for them once
    they decide something alone. A guardian lifts what a guardian placed, since the office goes
    on; a proxy only what was placed under their own mandate. No agent lifts the person's own.
    """
    if lifter.role is Role.SELF:
        return placed_as.role is Role.SELF or band in {Band.OWN, Band.ADULT}
    by_another = lifter.role is Role.PROXY and placed_as.mandate_id != lifter.mandate_id
    return placed_as.role is lifter.role and not by_another
