"""What a consent gives of a person's data, and what it keeps back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique
from uuid import UUID

from consent.errors import InvalidTermsError

ROLLING_MAX = 36_500  # days


@unique
class Action(StrEnum):
    """What an app does with data it receives."""

    VIEW = "view"
    STORE = "store"
    DERIVE = "derive"
    DISCLOSE = "disclose"
    TRAIN_MODEL = "train_model"


@unique
class Effect(StrEnum):
    """Whether a rule gives what it matches or keeps it back."""

    PERMIT = "permit"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Datum:
    """As much of one record as rules look at.

    `on` is the day it belongs to, None for what has no day; `codes` are written
    `system|code`, as FHIR's token parameters are, and `labels` are security labels alike.
    """

    id: UUID
    category: str
    on: date | None
    codes: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class ConsentRule:
    """Gives, or keeps back, the data of one category that meet all of its conditions.

    The period is from a first to a last day, both included; with `rolling_days`, only as many
    days of it as end with the day of the access. What belongs to no day meets any period. Empty
    `codes`, `labels` and `items` are met by any; else one of them must be the datum's. What one
    rule keeps back, no other gives.
    """

    category: str
    period_from: date
    period_to: date
    rolling_days: int = 0
    codes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    items: tuple[UUID, ...] = ()
    effect: Effect = Effect.PERMIT

    def __post_init__(self) -> None:
        if self.period_from > self.period_to:
            raise InvalidTermsError(f"the period of {self.category} ends before it begins")
        if not 0 <= self.rolling_days <= ROLLING_MAX:
            raise InvalidTermsError(f"a rolling period has 1 to {ROLLING_MAX} days")
        for written in (*self.codes, *self.labels):
            if "|" not in written:
                raise InvalidTermsError(f"{written!r} is not written system|code")

    @property
    def permits(self) -> bool:
        return self.effect is Effect.PERMIT

    @property
    def names_items(self) -> bool:
        """Whether it keeps back records that are named one by one, and nothing else of them."""
        conditions = self.rolling_days or self.codes or self.labels
        return not self.permits and bool(self.items) and not conditions

    def leaves_out(self, datum: Datum) -> bool:
        """Whether it keeps this datum back by its name."""
        reached = datum.on is None or self.period_from <= datum.on <= self.period_to
        named = self.category == datum.category and datum.id in self.items
        return self.names_items and named and reached

    def period(self, today: date) -> tuple[date, date]:
        """The first and last day that this rule matches on `today`; none if first is later."""
        if not self.rolling_days:
            return self.period_from, self.period_to
        first = today - timedelta(days=self.rolling_days - 1)
        return max(self.period_from, first), min(self.period_to, today)

    def within(self, other: "ConsentRule") -> bool:
        """Whether `other` matches, on any day, at least all that this rule matches."""
        return (
            self.category == other.category
            and other.period_from <= self.period_from
            and self.period_to <= other.period_to
            and (not other.rolling_days or 0 < self.rolling_days <= other.rolling_days)
            and _no_more(self.codes, other.codes)
            and _no_more(self.labels, other.labels)
            and _no_more(self.items, other.items)
        )


def narrowed(
    asked: Iterable[ConsentRule], granted: Iterable[ConsentRule]
) -> tuple[ConsentRule, ...]:
    """What is granted of what was asked, sorted; empty if nothing is.

    What was to be kept back still is, and more may be. Raises InvalidTermsError if something
    is granted that was not asked for.
    """
    asked, rules = set(asked), set(granted)
    for rule in rules:
        if rule.permits and not any(one.permits and rule.within(one) for one in asked):
            raise InvalidTermsError(f"{rule.category} was not asked for to that extent")
    if not any(rule.permits for rule in rules):
        return ()
    return tuple(sorted(rules | {rule for rule in asked if not rule.permits}))


def no_longer_given(
    before: Iterable[ConsentRule], after: Iterable[ConsentRule]
) -> frozenset[str]:
    """The categories of which something was given before, and not all of it after."""
    old, new = set(before), set(after)
    kept_back = {rule.category for rule in new - old if not rule.permits}
    return frozenset(
        rule.category
        for rule in old
        if rule.permits
        and (
            rule.category in kept_back
            or not any(one.permits and rule.within(one) for one in new)
        )
    )


def _no_more(given: tuple[object, ...], asked: tuple[object, ...]) -> bool:
    """Whether a condition is met by nothing that would not meet the one asked for."""
    return not asked or (bool(given) and set(given) <= set(asked))
