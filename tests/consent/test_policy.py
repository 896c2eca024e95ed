"""The decision: each check with its reason, and what must hold whatever the consents are."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.model import Action, ConsentRule, ConsentVersion, State
from consent.policy import (
    AccessRequest,
    Allowance,
    Decision,
    Deny,
    Filter,
    Permit,
    Reason,
    decide,
)

FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
CATEGORIES = ("basic", "checkup", "medication")


def _request(version: ConsentVersion, *categories: str) -> AccessRequest:
    """What the holder of a token of `version` asks."""
    return AccessRequest(
        resident_id=version.resident_id,
        app_id=version.app_id,
        categories=frozenset(categories or ("checkup",)),
        arrangement_id=version.arrangement_id,
        version_id=version.id,
        purpose=version.terms.purpose.code,
    )


def test_without_a_consent_the_answer_is_no(granted: ConsentVersion, noon: datetime) -> None:
    assert decide(_request(granted), [], noon) == Deny(Reason.NO_CONSENT, ())


def test_what_was_granted_is_permitted_and_the_rest_named(
    granted: ConsentVersion, noon: datetime
) -> None:
    decision = decide(_request(granted, "checkup", "basic"), [granted], noon)
    assert isinstance(decision, Permit)
    assert decision.filter == Filter((Allowance("checkup", FIRST, LAST),))
    assert decision.withheld == {"basic"}
    [ground] = decision.grounds
    assert (ground.arrangement_id, ground.version_id) == (granted.arrangement_id, granted.id)
    assert ground.rules == (ConsentRule("checkup", FIRST, LAST),)


Change = Callable[[AccessRequest], AccessRequest]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda r: replace(r, app_id="x"), Reason.OTHER_PARTY, id="app"),
        pytest.param(
            lambda r: replace(r, resident_id=UUID(int=2)), Reason.OTHER_PARTY, id="resident"
        ),
        pytest.param(
            lambda r: replace(r, arrangement_id=UUID(int=2)),
            Reason.NO_CONSENT,
            id="arrangement",
        ),
        pytest.param(
            lambda r: replace(r, version_id=UUID(int=2)), Reason.REPLACED, id="version"
        ),
        pytest.param(
            lambda r: replace(r, recipient="x"), Reason.OTHER_RECIPIENT, id="recipient"
        ),
        pytest.param(lambda r: replace(r, purpose="ads"), Reason.OTHER_PURPOSE, id="purpose"),
        pytest.param(
            lambda r: replace(r, action=Action.TRAIN_MODEL), Reason.OTHER_ACTION, id="action"
        ),
        pytest.param(
            lambda r: replace(r, categories=frozenset({"basic"})),
            Reason.OTHER_CATEGORY,
            id="category",
        ),
        pytest.param(
            lambda r: replace(r, categories=frozenset()), Reason.OTHER_CATEGORY, id="nothing"
        ),
    ],
)
def test_a_request_that_the_consent_does_not_fit_is_refused_for_that_reason(
    granted: ConsentVersion, noon: datetime, change: Change, reason: Reason
) -> None:
    decision = decide(change(_request(granted)), [granted], noon)
    assert isinstance(decision, Deny)
    assert decision.reason is reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(State.WITHDRAWN, Reason.WITHDRAWN, id="withdrawn"),
        pytest.param(State.SUPERSEDED, Reason.REPLACED, id="superseded"),
        pytest.param(State.DENIED, Reason.NO_CONSENT, id="denied"),
        pytest.param(State.REQUESTED, Reason.NO_CONSENT, id="only requested"),
    ],
)
def test_only_a_granted_consent_gives(
    granted: ConsentVersion, noon: datetime, state: State, reason: Reason
) -> None:
    decision = decide(_request(granted), [replace(granted, state=state)], noon)
    assert isinstance(decision, Deny)
    assert decision.reason is reason


def test_the_organisations_named_at_the_consent_may_receive(
    granted: ConsentVersion, noon: datetime
) -> None:
    request = replace(_request(granted), recipient=granted.terms.recipients[0])
    assert isinstance(decide(request, [granted], noon), Permit)


def test_a_newer_version_ends_the_token_of_an_older_one(
    granted: ConsentVersion, noon: datetime
) -> None:
    newer = replace(granted, id=UUID(int=101), number=2)
    decision = decide(_request(granted), [newer, granted], noon)
    assert isinstance(decision, Deny)
    assert decision.reason is Reason.REPLACED
    assert isinstance(decide(_request(newer), [newer, granted], noon), Permit)


def test_a_token_reaches_no_further_than_its_own_arrangement(
    granted: ConsentVersion, noon: datetime
) -> None:
    narrow = replace(granted.terms, rules=granted.terms.rules[:1])
    other = replace(granted, id=UUID(int=101), arrangement_id=UUID(int=11), terms=narrow)
    both = ("checkup", "medication")
    bound = decide(_request(other, *both), [granted, other], noon)
    assert isinstance(bound, Permit)
    assert (bound.filter.categories, bound.withheld) == (
        frozenset({"checkup"}),
        frozenset({"medication"}),
    )
    free = replace(_request(other, *both), arrangement_id=None, version_id=None)
    union = decide(free, [granted, other], noon)
    assert isinstance(union, Permit)
    assert union.filter.categories == {"checkup", "medication"}
    assert {step.version_id for step in union.grounds} == {granted.id, other.id}


def test_periods_that_touch_become_one_and_a_day_between_keeps_them_apart(
    granted: ConsentVersion, noon: datetime
) -> None:
    halves = (
        ConsentRule("checkup", date(2022, 1, 1), date(2023, 6, 30)),
        ConsentRule("checkup", date(2023, 7, 1), date(2024, 12, 31)),
        ConsentRule("checkup", date(2025, 1, 2), date(2025, 1, 2)),
    )
    version = replace(granted, terms=replace(granted.terms, rules=halves))
    decision = decide(_request(version), [version], noon)
    assert isinstance(decision, Permit)
    assert decision.filter.allowances == (
        Allowance("checkup", date(2022, 1, 1), date(2024, 12, 31)),
        Allowance("checkup", date(2025, 1, 2), date(2025, 1, 2)),
    )


@pytest.mark.parametrize(
    ("category", "on", "admitted"),
    [
        pytest.param("checkup", FIRST, True, id="first day"),
        pytest.param("checkup", LAST, True, id="last day"),
        pytest.param("checkup", FIRST - timedelta(days=1), False, id="day before"),
        pytest.param("checkup", LAST + timedelta(days=1), False, id="day after"),
        pytest.param("basic", FIRST, False, id="other category"),
    ],
)
def test_a_filter_admits_its_periods_with_both_ends(
    category: str, on: date, *, admitted: bool
) -> None:
    assert Filter((Allowance("checkup", FIRST, LAST),)).admits(category, on) is admitted


def test_the_trace_tells_of_every_arrangement_of_the_app(
    granted: ConsentVersion, noon: datetime
) -> None:
    gone = replace(granted, id=UUID(int=99), arrangement_id=UUID(int=9), state=State.WITHDRAWN)
    request = replace(_request(granted), arrangement_id=None, version_id=None)
    decision = decide(request, [granted, gone], noon)
    assert [(step.version_id, step.reason) for step in decision.trace] == [
        (gone.id, Reason.WITHDRAWN),
        (granted.id, None),
    ]


# Whatever the consents are:

DAYS = st.dates(date(2022, 1, 1), date(2022, 1, 20))
RULES = st.builds(
    lambda category, days: ConsentRule(category, min(days), max(days)),
    st.sampled_from(CATEGORIES),
    st.tuples(DAYS, DAYS),
)


@st.composite
def _consents(draw: st.DrawFn, base: ConsentVersion) -> list[ConsentVersion]:
    """Versions of up to three arrangements, most in force, numbered as a store does."""
    drawn = []
    for number in range(draw(st.integers(0, 6))):
        offset = timedelta(hours=draw(st.sampled_from((0, 0, 0, -3000, 3))))
        terms = replace(
            base.terms,
            rules=tuple(draw(st.lists(RULES, min_size=1, max_size=3))),
            purpose=replace(base.terms.purpose, code=draw(st.sampled_from("pppq"))),
            valid_from=base.terms.valid_from + offset,
            valid_until=base.terms.valid_until + offset,
        )
        drawn.append(
            replace(
                base,
                id=UUID(int=100 + number),
                arrangement_id=UUID(int=draw(st.integers(1, 3))),
                number=number + 1,
                app_id=draw(st.sampled_from("aaab")),
                state=draw(st.sampled_from((State.GRANTED, State.GRANTED, *State))),
                terms=terms,
            )
        )
    return drawn


REQUESTS = st.builds(
    AccessRequest,
    resident_id=st.just(UUID(int=1)),
    app_id=st.just("a"),
    categories=st.frozensets(st.sampled_from(CATEGORIES)),
    arrangement_id=st.none() | st.builds(UUID, int=st.integers(1, 3)),
    purpose=st.none() | st.just("p"),
)


def _readable(decision: Decision) -> set[tuple[str, date]]:
    """Every category and day that a decision lets an app read."""
    allowances = decision.filter.allowances if isinstance(decision, Permit) else ()
    return {
        (allowance.category, allowance.period_from + timedelta(days=day))
        for allowance in allowances
        for day in range((allowance.period_to - allowance.period_from).days + 1)
    }


def _end(version: ConsentVersion) -> ConsentVersion:
    return replace(version, state=State.WITHDRAWN)


def _narrow(version: ConsentVersion) -> ConsentVersion:
    [rule, *rest] = version.terms.rules
    shorter = replace(rule, period_to=rule.period_from)
    return replace(version, terms=replace(version.terms, rules=(shorter, *rest[:-1])))


@given(st.data(), REQUESTS)
def test_the_order_of_consents_changes_nothing(
    granted: ConsentVersion, noon: datetime, data: st.DataObject, request_: AccessRequest
) -> None:
    consents = data.draw(_consents(granted))
    shuffled = data.draw(st.permutations(consents))
    assert decide(request_, shuffled, noon) == decide(request_, consents, noon)


@given(st.data(), REQUESTS, st.sampled_from((_end, _narrow)))
def test_withdrawing_or_narrowing_one_consent_never_widens(
    granted: ConsentVersion,
    noon: datetime,
    data: st.DataObject,
    request_: AccessRequest,
    change: Callable[[ConsentVersion], ConsentVersion],
) -> None:
    consents = data.draw(_consents(granted))
    changed = _with_one(consents, change, data)
    assert _readable(decide(request_, changed, noon)) <= _readable(
        decide(request_, consents, noon)
    )


@given(st.data(), REQUESTS, st.sampled_from((State.DENIED, State.WITHDRAWN)))
def test_one_more_denied_or_withdrawn_version_never_widens(
    granted: ConsentVersion,
    noon: datetime,
    data: st.DataObject,
    request_: AccessRequest,
    state: State,
) -> None:
    consents = data.draw(_consents(granted))
    added = replace(
        granted,
        id=UUID(int=999),
        arrangement_id=UUID(int=data.draw(st.integers(1, 4))),
        number=99,
        app_id="a",
        state=state,
    )
    assert _readable(decide(request_, [*consents, added], noon)) <= _readable(
        decide(request_, consents, noon)
    )


@given(st.data(), REQUESTS)
def test_once_every_consent_has_run_out_nothing_is_given(
    granted: ConsentVersion, data: st.DataObject, request_: AccessRequest
) -> None:
    consents = data.draw(_consents(granted))
    over = max(version.terms.valid_until for version in [granted, *consents])
    assert isinstance(decide(request_, consents, over), Deny)


@given(st.data(), REQUESTS)
def test_a_permit_gives_only_what_was_asked_and_what_some_rule_in_force_gives(
    granted: ConsentVersion, noon: datetime, data: st.DataObject, request_: AccessRequest
) -> None:
    consents = data.draw(_consents(granted))
    decision = decide(request_, consents, noon)
    covered = {
        (rule.category, rule.period_from + timedelta(days=day))
        for version in consents
        if version.app_id == "a" and version.state is State.GRANTED
        for rule in version.terms.rules
        for day in range((rule.period_to - rule.period_from).days + 1)
    }
    readable = _readable(decision)
    assert readable <= covered
    assert {category for category, _ in readable} <= request_.categories
    if isinstance(decision, Permit):
        assert decision.withheld == request_.categories - decision.filter.categories
        for one, next_ in pairwise(decision.filter.allowances):
            assert one.category < next_.category or (
                (next_.period_from - one.period_to).days > 1
            )


def _with_one(
    consents: Sequence[ConsentVersion],
    change: Callable[[ConsentVersion], ConsentVersion],
    data: st.DataObject,
) -> list[ConsentVersion]:
    changed = list(consents)
    if changed:
        index = data.draw(st.integers(0, len(changed) - 1))
        # A version that nobody granted cannot be withdrawn, and stays out of force.
        if changed[index].state is State.GRANTED:
            changed[index] = change(changed[index])
    return changed
