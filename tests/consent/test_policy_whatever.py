"""What must hold of a decision whatever the consents are, beside a plain model of the rule."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consent.model import (
    UNANSWERED,
    ConsentRule,
    ConsentVersion,
    Datum,
    Effect,
    Prohibition,
    Prohibitor,
    State,
)
from consent.policy import (
    AccessRequest,
    Decision,
    Deny,
    Permit,
    Reason,
    decide,
)

CATEGORIES = ("basic", "checkup", "medication")
CODES = ("s|1", "s|2")
LABELS = ("l|PSY", "l|HIV")
# Around the instant of the tests, so that rolling periods reach some and not others.
TODAY = date(2026, 11, 23)
DAYS = tuple(TODAY - timedelta(days=back) for back in (0, 1, 5, 9))
DATA = tuple(
    Datum(UUID(int=500 + number), category, on, frozenset(codes), frozenset(labels))
    for number, (category, on, codes, labels) in enumerate(
        product(CATEGORIES, (*DAYS, None), ((), CODES[:1], CODES), ((), LABELS[:1]))
    )
)

conditions = st.sampled_from((True, True, False)).flatmap(
    lambda none: (
        st.just((None,) * 3)
        if none
        else st.tuples(
            st.none() | st.sampled_from(CODES),
            st.none() | st.sampled_from(LABELS),
            st.none() | st.sampled_from([one.id for one in DATA]),
        )
    )
)


@st.composite
def rules(draw: st.DrawFn) -> ConsentRule:
    """A rule of which some datum may meet every condition."""
    first, last = sorted(draw(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))))
    code, label, item = draw(conditions)
    return ConsentRule(
        draw(st.sampled_from(CATEGORIES)),
        first,
        last,
        draw(st.sampled_from((0, 0, 1, 3, 8))),
        (code,) if code else (),
        (label,) if label else (),
        (item,) if item else (),
        draw(st.sampled_from((Effect.PERMIT, Effect.PERMIT, Effect.DENY))),
    )


@st.composite
def consents_of(draw: st.DrawFn, base: ConsentVersion) -> list[ConsentVersion]:
    """Versions of up to three arrangements, most in force, numbered as a store does."""
    drawn = []
    for number in range(draw(st.integers(0, 6))):
        offset = timedelta(hours=draw(st.sampled_from((0, 0, 0, -3000, 3))))
        terms = replace(
            base.terms,
            rules=tuple(draw(st.lists(rules(), min_size=1, max_size=4))),
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
PROHIBITIONS = st.lists(
    st.builds(
        Prohibition,
        st.just(UUID(int=9)),
        st.sampled_from(Prohibitor),
        st.none() | st.sampled_from("ab"),
        st.none() | st.sampled_from(CATEGORIES),
    ),
    max_size=2,
)


def readable(decision: Decision) -> set[UUID]:
    """Which of the data a decision lets an app read."""
    if isinstance(decision, Deny):
        return set()
    return {datum.id for datum in DATA if decision.filter.admits(datum)}


def expected(
    request: AccessRequest,
    consents: Sequence[ConsentVersion],
    now: datetime,
    prohibitions: Sequence[Prohibition],
) -> set[UUID]:
    """The same by the rule as it is told in the documentation, datum by datum."""
    newest: dict[UUID, ConsentVersion] = {}
    for version in sorted(consents, key=lambda one: one.number):
        if version.app_id == request.app_id and version.state.value not in {
            "requested", "deferred", "cancelled", "denied",
        }:  # fmt: skip
            newest[version.arrangement_id] = version
    return {
        datum.id
        for datum in DATA
        if datum.category in request.categories
        and not any(
            one.app_id in (None, request.app_id) and one.category in (None, datum.category)
            for one in prohibitions
        )
        and any(
            _gives(version, datum)
            for version in newest.values()
            if request.arrangement_id in (None, version.arrangement_id)
            and version.state is State.GRANTED
            and version.terms.valid_from <= now < version.terms.valid_until
            and request.purpose in (None, version.terms.purpose.code)
        )
    }


def _gives(version: ConsentVersion, datum: Datum) -> bool:
    matching = {rule.effect for rule in version.terms.rules if _matches(rule, datum)}
    return matching == {Effect.PERMIT}


def _matches(rule: ConsentRule, datum: Datum) -> bool:
    window = rule.rolling_days or 10_000
    earliest = max(rule.period_from, TODAY - timedelta(days=window - 1))
    latest = min(rule.period_to, TODAY) if rule.rolling_days else rule.period_to
    in_period = earliest <= latest if datum.on is None else earliest <= datum.on <= latest
    return (
        rule.category == datum.category
        and in_period
        and (not rule.codes or bool(set(rule.codes) & datum.codes))
        and (not rule.labels or bool(set(rule.labels) & datum.labels))
        and (not rule.items or datum.id in rule.items)
    )


@given(st.data(), REQUESTS, PROHIBITIONS)
def test_it_is_what_the_documented_rule_says(
    granted: ConsentVersion,
    noon: datetime,
    data: st.DataObject,
    request_: AccessRequest,
    prohibitions: list[Prohibition],
) -> None:
    consents = data.draw(consents_of(granted))
    decision = decide(request_, consents, noon, prohibitions)
    assert readable(decision) == expected(request_, consents, noon, prohibitions)
    if isinstance(decision, Permit):
        assert decision.withheld == request_.categories - decision.filter.categories


def _shuffled(version: ConsentVersion, data: st.DataObject) -> tuple[ConsentRule, ...]:
    return tuple(data.draw(st.permutations(version.terms.rules)))


@given(st.data(), REQUESTS)
def test_the_order_of_consents_and_of_their_rules_changes_nothing(
    granted: ConsentVersion, noon: datetime, data: st.DataObject, request_: AccessRequest
) -> None:
    consents = data.draw(consents_of(granted))
    shuffled = [
        replace(one, terms=replace(one.terms, rules=_shuffled(one, data)))
        for one in data.draw(st.permutations(consents))
    ]
    assert decide(request_, shuffled, noon) == decide(request_, consents, noon)


def _end(version: ConsentVersion, _data: st.DataObject) -> ConsentVersion:
    return replace(version, state=State.WITHDRAWN)


def _suspend(version: ConsentVersion, _data: st.DataObject) -> ConsentVersion:
    return replace(version, state=State.SUSPENDED)


def _narrow(version: ConsentVersion, data: st.DataObject) -> ConsentVersion:
    """What the person keeps of it, by the model's own rule of narrowing."""
    permits = [rule for rule in version.terms.rules if rule.permits]
    kept = data.draw(st.lists(st.sampled_from(permits), unique=True)) if permits else []
    shorter = [replace(rule, period_to=rule.period_from) for rule in kept]
    return replace(version, terms=version.terms.narrowed(shorter))


def _deny_more(version: ConsentVersion, data: st.DataObject) -> ConsentVersion:
    denied = replace(data.draw(rules()), effect=Effect.DENY)
    return replace(version, terms=replace(version.terms, rules=(*version.terms.rules, denied)))


@given(st.data(), REQUESTS, st.sampled_from((_end, _suspend, _narrow, _deny_more)))
def test_ending_narrowing_or_keeping_back_never_widens(
    granted: ConsentVersion,
    noon: datetime,
    data: st.DataObject,
    request_: AccessRequest,
    change: Callable[[ConsentVersion, st.DataObject], ConsentVersion],
) -> None:
    consents = data.draw(consents_of(granted))
    changed = list(consents)
    # A version that nobody granted cannot be changed so, and stays out of force.
    granted_ones = [n for n, one in enumerate(consents) if one.state is State.GRANTED]
    if granted_ones:
        index = data.draw(st.sampled_from(granted_ones))
        changed[index] = change(changed[index], data)
    before = readable(decide(request_, consents, noon))
    assert readable(decide(request_, changed, noon)) <= before


@given(st.data(), REQUESTS, st.sampled_from((State.DENIED, State.WITHDRAWN, State.DEFERRED)))
def test_one_more_version_that_gives_nothing_never_widens(
    granted: ConsentVersion,
    noon: datetime,
    data: st.DataObject,
    request_: AccessRequest,
    state: State,
) -> None:
    consents = data.draw(consents_of(granted))
    added = replace(
        granted,
        id=UUID(int=999),
        arrangement_id=UUID(int=data.draw(st.integers(1, 4))),
        number=99,
        app_id="a",
        state=state,
    )
    before = readable(decide(request_, consents, noon))
    assert readable(decide(request_, [*consents, added], noon)) <= before


@given(st.data(), REQUESTS)
def test_once_every_consent_has_run_out_nothing_is_given(
    granted: ConsentVersion, data: st.DataObject, request_: AccessRequest
) -> None:
    consents = data.draw(consents_of(granted))
    over = max(version.terms.valid_until for version in [granted, *consents])
    assert isinstance(decide(request_, consents, over), Deny)


def test_what_fails_for_several_reasons_is_told_the_check_that_is_made_first(
    granted: ConsentVersion, noon: datetime
) -> None:
    """For every two states and times that a consent can be in at once."""
    early = replace(
        granted.terms, valid_from=noon + timedelta(1), valid_until=noon + timedelta(2)
    )
    late = replace(granted.terms, valid_from=noon - timedelta(2), valid_until=noon)
    for state in set(State) - UNANSWERED - {State.GRANTED, State.DENIED, State.CANCELLED}:
        for terms, other in ((early, Reason.NOT_YET_VALID), (late, Reason.EXPIRED)):
            alone = _reason(replace(granted, state=state), noon)
            both = _reason(replace(granted, state=state, terms=terms), noon)
            assert both is min(alone, other, key=list(Reason).index), (state, other)


def _reason(version: ConsentVersion, now: datetime) -> Reason:
    decision = decide(
        AccessRequest(version.resident_id, version.app_id, frozenset({"checkup"})),
        [version],
        now,
    )
    assert isinstance(decision, Deny)
    return decision.reason
