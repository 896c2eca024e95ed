"""What a consent would give if something more were given with it."""

from dataclasses import replace

from consent.model.rules import ConsentRule
from consent.model.terms import (
    OnwardTransfer,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Terms,
    Usage,
)

_STRICTEST_FIRST = (OnWithdrawal.DELETE, OnWithdrawal.DEIDENTIFY, OnWithdrawal.KEEP_BY_LAW)


def merged(old: Terms, new: Terms) -> Terms:
    """What `old` gives and what `new` asks for, under terms that loosen no limit of either.

    Data, recipients and actions add up, since each of the two had them; of limits the stricter
    holds for both. Purpose, supervision and notice are those of `new`; the validity is its own,
    or for as long as `old` had left. Records that `old` keeps back one by one stay out of what
    is asked, as with every new question: whoever asks it keeps them back again.
    """
    recipients = _recipients(old, new)
    others = any(one.relation is not Relation.RECIPIENT for one in recipients)
    return replace(
        new,
        rules=_outermost({rule for rule in (*old.rules, *new.rules) if not rule.names_items}),
        recipients=recipients,
        valid_until=max(old.valid_until, new.valid_until),
        actions=old.actions | new.actions,
        onward_transfer=OnwardTransfer.LISTED if others else OnwardTransfer.PROHIBITED,
        usage=_usage(old.usage, new.usage),
        retention=_retention(old.retention, new.retention),
        research_terms=tuple(sorted({*old.research_terms, *new.research_terms})),
        minimum_cell=max(old.minimum_cell, new.minimum_cell),
    )


def _outermost(rules: set[ConsentRule]) -> tuple[ConsentRule, ...]:
    """Rules without those that give nothing beside another."""
    return tuple(
        sorted(
            rule
            for rule in rules
            if not rule.permits or not any(_gives_all_of(other, rule) for other in rules)
        )
    )


def _gives_all_of(other: ConsentRule, rule: ConsentRule) -> bool:
    """Whether another rule makes this one needless; of two alike, the lesser stays."""
    if other == rule or not other.permits or not rule.within(other):
        return False
    return not other.within(rule) or other < rule


def _recipients(old: Terms, new: Terms) -> tuple[Recipient, ...]:
    """Those of `new`, and those of `old` whose names it does not say."""
    known = {one.name for one in new.recipients}
    return (*new.recipients, *(one for one in old.recipients if one.name not in known))


def _usage(old: Usage, new: Usage) -> Usage:
    return Usage(_least(old.max_uses, new.max_uses), max(old.min_interval, new.min_interval))


def _retention(old: Retention, new: Retention) -> Retention:
    kept = (old.erase_after, new.erase_after)
    return Retention(
        min((one for one in kept if one is not None), default=None),
        min(old.on_withdrawal, new.on_withdrawal, key=_STRICTEST_FIRST.index),
        min(old.deadline, new.deadline),
    )


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)
