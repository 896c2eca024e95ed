"""A merge gives what was given and what is asked for, and loosens no limit of either."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.model import (
    ConsentRule,
    OnwardTransfer,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Terms,
    Usage,
    merged,
)
from consent.policy import AccessRequest
from tests.consent.views.kit import (
    CATEGORIES,
    DAY,
    HOUR,
    NOW,
    PLAIN,
    VIEWED,
    erased_by,
    gift,
    terms,
)

OPEN = AccessRequest(PLAIN.resident_id, PLAIN.app_id, frozenset(CATEGORIES))
TODAY = terms().map(
    lambda one: replace(one, valid_from=NOW - HOUR, valid_until=NOW + 9 * DAY, actions=VIEWED)
)
CHECKUP = ConsentRule("checkup", date(2024, 1, 1), date(2024, 12, 31))


def given_by(one: Terms) -> frozenset[object]:
    return frozenset(gift(replace(PLAIN, terms=one), OPEN, NOW).data)


def with_what_is_kept_back(old: Terms, both: Terms) -> Terms:
    """As whoever asks keeps single records back again."""
    kept = (rule for rule in old.rules if rule.names_items)
    return replace(both, rules=(*both.rules, *kept))


@given(old=TODAY, new=TODAY)
def test_nothing_is_given_that_neither_gives(old: Terms, new: Terms) -> None:
    both = with_what_is_kept_back(new, with_what_is_kept_back(old, merged(old, new)))
    assert given_by(both) <= given_by(old) | given_by(new)


@given(old=TODAY, new=TODAY)
def test_all_is_given_that_nothing_keeps_back(old: Terms, new: Terms) -> None:
    old, new = (
        replace(one, rules=tuple(rule for rule in one.rules if rule.permits))
        for one in (old, new)
    )
    assert given_by(merged(old, new)) == given_by(old) | given_by(new)


@given(old=TODAY, new=TODAY)
def test_no_limit_of_either_is_loosened(old: Terms, new: Terms) -> None:
    both = merged(old, new)
    for one in (old, new):
        most = one.usage.max_uses
        assert most is None or (both.usage.max_uses or most + 1) <= most
        assert both.usage.min_interval >= one.usage.min_interval
        assert both.minimum_cell >= one.minimum_cell
        assert set(both.research_terms) >= set(one.research_terms)
        version, alone = (replace(PLAIN, terms=each) for each in (both, one))
        assert erased_by(version, NOW) <= erased_by(alone, NOW)


@given(old=TODAY, new=TODAY, data=st.data())
def test_a_rule_that_gives_nothing_beside_another_is_not_said(
    old: Terms, new: Terms, data: st.DataObject
) -> None:
    rules = merged(old, new).rules
    one = data.draw(st.sampled_from(rules))
    others = [other for other in rules if other != one and other.permits]
    assert not one.permits or not any(one.within(other) for other in others)


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        pytest.param(
            {"usage": Usage(5)}, {"usage": Usage(2, HOUR)}, {"usage": Usage(2, HOUR)}, id="uses"
        ),
        pytest.param(
            {"retention": Retention(None, OnWithdrawal.KEEP_BY_LAW, 9 * DAY)},
            {"retention": Retention(DAY, OnWithdrawal.DEIDENTIFY, 30 * DAY)},
            {"retention": Retention(DAY, OnWithdrawal.DEIDENTIFY, 9 * DAY)},
            id="retention",
        ),
        pytest.param(
            {"recipients": (Recipient("x"),)},
            {"recipients": (Recipient("y", "US", Relation.PROCESSOR),)},
            {
                "recipients": (Recipient("y", "US", Relation.PROCESSOR), Recipient("x")),
                "onward_transfer": OnwardTransfer.LISTED,
            },
            id="recipients",
        ),
        pytest.param(
            {"valid_until": NOW + timedelta(days=80)},
            {"valid_until": NOW + timedelta(days=1)},
            {"valid_until": NOW + timedelta(days=80)},
            id="the later end",
        ),
        pytest.param(
            {"rules": (CHECKUP,)},
            {"rules": (replace(CHECKUP, period_from=date(2020, 1, 1)),)},
            {"rules": (replace(CHECKUP, period_from=date(2020, 1, 1)),)},
            id="a longer period swallows a shorter",
        ),
        pytest.param(
            {"rules": (replace(CHECKUP, codes=("|1", "|2")),)},
            {"rules": (replace(CHECKUP, codes=("|2", "|1")),)},
            {"rules": (replace(CHECKUP, codes=("|1", "|2")),)},
            id="one of two alike stays",
        ),
    ],
)
def test_what_comes_of(
    old: dict[str, object], new: dict[str, object], both: dict[str, object]
) -> None:
    before, asked = (replace(PLAIN.terms, **one) for one in (old, new))  # type: ignore[arg-type]  # rows name real fields
    assert merged(before, asked) == replace(asked, **both)  # type: ignore[arg-type]  # so here
