"""All that may be read under a permit, told datum by datum.

Tuples, since each access makes them anew and statements are remembered by them.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from consent.model import ConsentRule, Datum, Effect


class Allowance(NamedTuple):
    """Data of one category that meet all of these conditions; both days are included.

    Empty `codes`, `labels` and `items` are met by any datum.
    """

    category: str
    period_from: date
    period_to: date
    codes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    items: tuple[UUID, ...] = ()

    def matches(self, datum: Datum) -> bool:
        """Whether a datum meets every condition; what has no day meets any period."""
        return (
            self.category == datum.category
            and (datum.on is None or self.period_from <= datum.on <= self.period_to)
            and (not self.codes or not datum.codes.isdisjoint(self.codes))
            and (not self.labels or not datum.labels.isdisjoint(self.labels))
            and (not self.items or datum.id in self.items)
        )


class Share(NamedTuple):
    """What one consent gives: what an allowance matches and nothing kept back does."""

    allowances: tuple[Allowance, ...]
    kept_back: tuple[Allowance, ...] = ()

    def admits(self, datum: Datum) -> bool:
        """Whether this consent gives a datum."""
        return any(one.matches(datum) for one in self.allowances) and not any(
            one.matches(datum) for one in self.kept_back
        )


NOTHING = Share(())


class Filter(NamedTuple):
    """What any of these shares gives; sorted, so that equal filters are equal."""

    shares: tuple[Share, ...]

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(
            [allowance.category for share in self.shares for allowance in share.allowances]
        )

    def admits(self, datum: Datum) -> bool:
        """Whether a datum may be read."""
        return any(share.admits(datum) for share in self.shares)


def share(rules: Iterable[ConsentRule], categories: frozenset[str], today: date) -> Share:
    """What the rules of one consent give of these categories on a day."""
    allowed: list[Allowance] = []
    kept: list[Allowance] = []
    for rule in rules:
        if rule.category not in categories:
            continue
        first, last = rule.period_from, rule.period_to
        if rule.rolling_days:
            first, last = rule.period(today)
            if first > last:
                continue
        one = Allowance(rule.category, first, last, rule.codes, rule.labels, rule.items)
        (allowed if rule.effect is Effect.PERMIT else kept).append(one)
    if not allowed:
        return NOTHING
    if not kept:
        return Share(merged(allowed))
    given = {one.category for one in allowed}
    return Share(merged(allowed), merged([one for one in kept if one.category in given]))


def union(shares: Sequence[Share]) -> Filter:
    """What consents give together; those that keep nothing back become one."""
    shares = [one for one in shares if one.allowances]
    if len(shares) < 2:
        return Filter(tuple(shares))
    plain = [one for one in shares if not one.kept_back]
    rest = {one for one in shares if one.kept_back}
    if plain:
        together = set(chain.from_iterable([one.allowances for one in plain]))
        rest.add(Share(merged(list(together))))
    return Filter(tuple(sorted(rest)))


def merged(allowances: Sequence[Allowance]) -> tuple[Allowance, ...]:
    """The same data told by sorted allowances whose periods, if else alike, never touch."""
    if len(allowances) < 2:
        return tuple(allowances)
    result: list[Allowance] = []
    for one in sorted(allowances, key=_alike_first):
        last = result[-1] if result else None
        if (
            last is not None
            and _conditions(last) == _conditions(one)
            and (one.period_from - last.period_to).days <= 1
        ):
            result[-1] = last._replace(period_to=max(last.period_to, one.period_to))
        else:
            result.append(one)
    return tuple(sorted(result))


def _conditions(one: Allowance) -> tuple[object, ...]:
    """What must be alike for two periods to become one."""
    return one.category, one.codes, one.labels, one.items


def _alike_first(one: Allowance) -> tuple[tuple[object, ...], date]:
    return _conditions(one), one.period_from
