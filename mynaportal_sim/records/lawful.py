"""What the gate hands an authority without the person's consent, and how far a case reaches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from consent.policy import Allowance, Filter, Share
from consent.without import Case, Policy
from mynaportal_sim.domains.catalogue import CATEGORIES_OF, HEALTH
from mynaportal_sim.records.model import Query, Stored
from mynaportal_sim.settings import Settings

PAGE = 500


@dataclass(frozen=True, slots=True)
class Handed:
    """What may leave under a case, entered in the ledger.

    `hidden` are records that these refer to and the case does not reach.
    """

    case: Case
    records: tuple[Stored, ...]
    hidden: frozenset[UUID]


def policy_of(settings: Settings) -> Policy:
    """What a portal sets for access without consent."""
    return Policy(HEALTH, told_within=timedelta(days=settings.told_within_days))


def reach(categories: Iterable[str]) -> Filter:
    """All data of these categories, of any day."""
    every = [Allowance(one, date.min, date.max) for one in sorted(categories)]
    return Filter((Share(tuple(every)),))


def queries(categories: Iterable[str]) -> list[Query]:
    """Searches that together find all data of these categories."""
    wanted = frozenset(categories)
    return [
        Query(resource_type, count=PAGE)
        for resource_type, within in CATEGORIES_OF.items()
        if wanted & within
    ]
