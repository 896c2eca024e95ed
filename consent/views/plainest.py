"""What of a consent is left for a format that knows categories and days, and little more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from consent.catalogue import LegalBasis
from consent.errors import CannotSayError
from consent.model import (
    Action,
    ConsentRule,
    ConsentVersion,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Terms,
)

ERASING = timedelta(hours=1)
"""The time left for erasing where a format says only when data must be gone."""

ERASED_AT_ONCE = Retention(None, OnWithdrawal.DELETE, ERASING)


class Span(NamedTuple):
    """From when until when something is given."""

    first: datetime
    until: datetime


def plainest(
    terms: Terms, can_say: Callable[[ConsentRule], bool] = lambda _: True
) -> tuple[ConsentRule, ...]:
    """The rules that give something and can be said; none of a category that is kept in part.

    Raises CannotSayError if nothing is left, or if it is given on conditions that no plain
    format knows.
    """
    _check_conditions(terms)
    kept = {rule.category for rule in terms.rules if not rule.permits}
    left = [
        rule
        for rule in terms.rules
        if rule.permits
        and rule.category not in kept
        and not (rule.rolling_days or rule.codes or rule.labels)
        and can_say(rule)
    ]
    if not left:
        raise CannotSayError("rules", "none gives what this format can name for fixed days")
    return tuple(sorted(left))


def sole_recipient(terms: Terms, country: str) -> Recipient:
    """Who receives the data, in the one country in which this format's recipients are."""
    for one in terms.recipients:
        if one.relation is Relation.RECIPIENT and one.country == country:
            return one
    raise CannotSayError("recipients", f"none is in {country}, and no other can be said")


def left_of(version: ConsentVersion) -> Span:
    """When data may still be fetched, if what is fetched first must be erased at the end."""
    terms = version.terms
    next_use = version.next_use_at
    first = terms.valid_from if next_use is None else max(terms.valid_from, next_use)
    after = terms.retention.erase_after
    until = terms.valid_until if after is None else min(terms.valid_until, first + after)
    if until <= first:
        raise CannotSayError("validity", "no time is left in it")
    return Span(first, until)


def ending_in_time(terms: Terms, span: Span) -> Span:
    """The span, ended in time for what came last to be erased within the hour."""
    due = terms.valid_until + terms.retention.deadline
    after = terms.retention.erase_after
    if after is not None:
        due = min(due, span.first + after)
    until = min(span.until, due - ERASING)
    if until <= span.first:
        raise CannotSayError("retention", "no time is left to erase in")
    return Span(span.first, until)


def _check_conditions(terms: Terms) -> None:
    if terms.minimum_cell:
        raise CannotSayError("minimum cell", "it would give the records themselves")
    if terms.research_terms:
        raise CannotSayError("research terms", "they could not be kept to")
    if terms.legal_basis is not LegalBasis.CONSENT:
        raise CannotSayError("legal basis", "it would be taken for a consent")
    if Action.VIEW not in terms.actions:
        raise CannotSayError("actions", "whoever gets the data sees them")
