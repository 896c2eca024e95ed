"""What becomes of consents once the mandate that they were given under is over."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum, unique
from types import MappingProxyType
from uuid import UUID

from consent.mandate.life import MandateStatus
from consent.mandate.model import Mandate
from consent.model import ConsentVersion, Role, Status


@unique
class Ending(StrEnum):
    """How a mandate comes to be over."""

    ENDED = "ended"  # whoever may has ended it
    EXPIRED = "expired"  # its time has run out
    OF_AGE = "of_age"  # the principal has come of age
    REVOKED = "revoked"  # an authority has taken it away
    BLOCKED = "blocked"  # the agent is kept from the principal


@unique
class Fate(StrEnum):
    """What becomes of a consent: it stays, and the person is shown it for review, or lapses."""

    STAYS = "stays"
    LAPSES = "lapses"


FATES: Mapping[tuple[Role, Ending], Fate] = MappingProxyType(
    {
        (Role.PROXY, Ending.ENDED): Fate.STAYS,
        (Role.PROXY, Ending.EXPIRED): Fate.STAYS,
        (Role.PROXY, Ending.REVOKED): Fate.LAPSES,
        (Role.PROXY, Ending.BLOCKED): Fate.LAPSES,
        (Role.GUARDIAN, Ending.ENDED): Fate.STAYS,
        (Role.GUARDIAN, Ending.EXPIRED): Fate.STAYS,
        (Role.GUARDIAN, Ending.OF_AGE): Fate.LAPSES,
        (Role.GUARDIAN, Ending.REVOKED): Fate.LAPSES,
        (Role.GUARDIAN, Ending.BLOCKED): Fate.LAPSES,
        (Role.ADULT_GUARDIAN, Ending.ENDED): Fate.STAYS,
        (Role.ADULT_GUARDIAN, Ending.EXPIRED): Fate.STAYS,
        (Role.ADULT_GUARDIAN, Ending.REVOKED): Fate.LAPSES,
        (Role.ADULT_GUARDIAN, Ending.BLOCKED): Fate.LAPSES,
    }
)
"""By role and ending. What was rightly given for a person binds on; what was given by one who
turns out unfit to act, or for a minor who now decides, does not."""

_OVER = {
    MandateStatus.ENDED: Ending.ENDED,
    MandateStatus.EXPIRED: Ending.EXPIRED,
    MandateStatus.LAPSED: Ending.OF_AGE,
    MandateStatus.REVOKED: Ending.REVOKED,
}


def ending_of(status: MandateStatus) -> Ending | None:
    """How a mandate that stands so came to be over; None if it is not."""
    return _OVER.get(status)


def lapses_with(mandate: Mandate) -> datetime | None:
    """When a consent given under a mandate lapses by itself; None where no age ends it."""
    of_age = FATES.get((mandate.role, Ending.OF_AGE))
    return mandate.lapses_at if of_age is Fate.LAPSES else None


def to_review(
    versions: Iterable[ConsentVersion], mandates: Iterable[Mandate], now: datetime
) -> frozenset[UUID]:
    """The ids of consents in force that were given under a mandate which is over."""
    over = {one.id for one in mandates if ending_of(one.status(now)) is not None}
    return frozenset(
        version.id
        for version in versions
        if version.granter.mandate_id in over and version.status(now) is Status.GRANTED
    )
