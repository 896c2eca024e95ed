"""The decision: each check with its reason, and what a permit obliges to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from consent.model import (
    Action,
    ConsentRule,
    ConsentVersion,
    Datum,
    Effect,
    OnwardTransfer,
    Prohibition,
    Prohibitor,
    State,
    Usage,
)
from consent.policy import (
    AccessRequest,
    Allowance,
    Consume,
    Deny,
    Filter,
    MinimumCell,
    Notify,
    Permit,
    Reason,
    Redact,
    Share,
    decide,
)

FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)
DAY = timedelta(days=1)
RULES = (ConsentRule("checkup", FIRST, LAST),)
KEPT_BACK = ConsentRule("checkup", FIRST, FIRST, effect=Effect.DENY)


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
    assert decision.filter == Filter((Share((Allowance("checkup", FIRST, LAST),)),))
    assert decision.withheld == {"basic"}
    [ground] = decision.grounds
    assert (ground.arrangement_id, ground.version_id) == (granted.arrangement_id, granted.id)
    assert ground.gives == decision.filter.shares[0]


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
        pytest.param(lambda r: replace(r, declared=2), Reason.PURPOSE_CHANGED, id="new words"),
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
        pytest.param(State.SUSPENDED, Reason.SUSPENDED, id="suspended"),
        pytest.param(State.REVOKED, Reason.REVOKED, id="revoked by an authority"),
        pytest.param(State.INVALIDATED, Reason.INVALIDATED, id="invalidated"),
        pytest.param(State.LAPSED, Reason.LAPSED, id="lapsed"),
        pytest.param(State.DENIED, Reason.NO_CONSENT, id="denied"),
        pytest.param(State.DEFERRED, Reason.NO_CONSENT, id="put off"),
        pytest.param(State.CANCELLED, Reason.NO_CONSENT, id="cancelled"),
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
    request = replace(_request(granted), recipient=granted.terms.recipients[0].name)
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
    told = (
        Allowance("checkup", date(2022, 1, 1), date(2024, 12, 31)),
        Allowance("checkup", date(2025, 1, 2), date(2025, 1, 2)),
    )
    for rules, allowances in ((halves, told), (halves[:2], told[:1])):
        version = replace(granted, terms=replace(granted.terms, rules=rules))
        decision = decide(_request(version), [version], noon)
        assert isinstance(decision, Permit)
        assert decision.filter.shares[0].allowances == allowances


@pytest.mark.parametrize(
    ("conditions", "datum", "admitted"),
    [
        pytest.param({}, {"on": FIRST}, True, id="first day"),
        pytest.param({}, {"on": LAST}, True, id="last day"),
        pytest.param({}, {"on": FIRST - DAY}, False, id="day before"),
        pytest.param({}, {"on": LAST + DAY}, False, id="day after"),
        pytest.param({}, {"on": None}, True, id="no day at all"),
        pytest.param({}, {"category": "basic"}, False, id="other category"),
        pytest.param({"codes": ("s|1", "s|2")}, {"codes": {"s|2", "s|3"}}, True, id="code"),
        pytest.param({"codes": ("s|1",)}, {"codes": {"t|1"}}, False, id="other system"),
        pytest.param({"codes": ("s|1",)}, {}, False, id="no code"),
        pytest.param({"labels": ("l|PSY",)}, {"labels": {"l|PSY"}}, True, id="label"),
        pytest.param({"labels": ("l|PSY",)}, {"labels": {"l|HIV"}}, False, id="other label"),
        pytest.param({"items": (UUID(int=7),)}, {"id": UUID(int=7)}, True, id="item"),
        pytest.param({"items": (UUID(int=7),)}, {"id": UUID(int=8)}, False, id="other item"),
    ],
)
def test_an_allowance_admits_what_meets_all_of_its_conditions(
    conditions: dict[str, Any], datum: dict[str, Any], admitted: bool
) -> None:
    given = Filter((Share((Allowance("checkup", FIRST, LAST, **conditions),)),))
    whole = {"id": UUID(int=1), "category": "checkup", "on": FIRST, **datum}
    assert given.admits(Datum(**whole)) is admitted


def test_a_consent_admits_what_any_of_its_allowances_does() -> None:
    old, new = (Allowance("checkup", day, day) for day in (FIRST, LAST))
    given = Share((old, new))
    days = (FIRST, FIRST + DAY, LAST)
    admitted = [given.admits(Datum(UUID(int=1), "checkup", day)) for day in days]
    assert admitted == [True, False, True]


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


def _with(version: ConsentVersion, **terms: Any) -> ConsentVersion:
    return replace(version, terms=replace(version.terms, **terms))


HOURLY = Usage(min_interval=timedelta(hours=1))


@pytest.mark.parametrize(
    ("usage", "uses", "minutes_ago", "begun", "reason"),
    [
        pytest.param(Usage(2), 1, 1, False, None, id="the last use"),
        pytest.param(Usage(2), 2, 1, False, Reason.EXHAUSTED, id="none left"),
        pytest.param(Usage(2), 2, 1, True, None, id="none left, but this one has begun"),
        pytest.param(HOURLY, 7, 59, False, Reason.TOO_SOON, id="too soon"),
        pytest.param(HOURLY, 7, 59, True, None, id="too soon, but this one has begun"),
        pytest.param(HOURLY, 7, 60, False, None, id="rested"),
        pytest.param(HOURLY, 0, None, False, None, id="never used"),
    ],
)
def test_a_consent_is_used_as_often_as_it_says(  # noqa: PLR0917  fixtures and a row
    granted: ConsentVersion,
    noon: datetime,
    usage: Usage,
    uses: int,
    minutes_ago: int | None,
    begun: bool,
    reason: Reason | None,
) -> None:
    used_at = None if minutes_ago is None else noon - timedelta(minutes=minutes_ago)
    version = replace(_with(granted, usage=usage), uses=uses, used_at=used_at)
    begun_by = frozenset({version.id}) if begun else frozenset()
    decision = decide(replace(_request(version), begun=begun_by), [version], noon)
    assert (decision.reason if isinstance(decision, Deny) else None) is reason
    if isinstance(decision, Permit):
        assert decision.obligations == (frozenset() if begun else {Consume(version.id)})


@pytest.mark.parametrize(
    ("terms", "recipient", "obligation"),
    [
        pytest.param({}, None, None, id="none"),
        pytest.param({"minimum_cell": 10}, None, MinimumCell(10), id="statistics"),
        pytest.param(
            {"onward_transfer": OnwardTransfer.ANY_NOTIFIED},
            "Elsewhere",
            Notify("Elsewhere"),
            id="onward, to be notified",
        ),
        pytest.param(
            {"rules": (KEPT_BACK, *RULES)}, None, Redact(UUID(int=100)), id="kept back"
        ),
    ],
)
def test_a_permit_names_what_must_be_done(
    granted: ConsentVersion,
    noon: datetime,
    terms: dict[str, Any],
    recipient: str | None,
    obligation: object,
) -> None:
    version = _with(granted, **terms)
    decision = decide(replace(_request(version), recipient=recipient), [version], noon)
    assert isinstance(decision, Permit)
    assert decision.obligations == ({obligation} if obligation else frozenset())


def test_a_rolling_period_moves_with_the_day_in_japan(granted: ConsentVersion) -> None:
    rule = ConsentRule("checkup", FIRST, LAST, rolling_days=30)
    version = _with(granted, rules=(rule,))
    before_midnight = datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC)
    spans = []
    for moment in (before_midnight, before_midnight + timedelta(seconds=1)):
        decision = decide(_request(version), [version], moment)
        assert isinstance(decision, Permit)
        [one] = decision.filter.shares[0].allowances
        spans.append((one.period_from, one.period_to))
    assert spans == [
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 11, 2), date(2026, 12, 1)),
    ]


@pytest.mark.parametrize(
    ("app_id", "category", "reason"),
    [
        pytest.param(None, None, Reason.PROHIBITED, id="everything"),
        pytest.param("walking-app", None, Reason.PROHIBITED, id="the app"),
        pytest.param(None, "checkup", Reason.PROHIBITED, id="the category"),
        pytest.param("other-app", None, None, id="another app"),
        pytest.param("walking-app", "basic", None, id="another category"),
    ],
)
def test_what_is_prohibited_no_consent_gives(
    granted: ConsentVersion,
    noon: datetime,
    app_id: str | None,
    category: str | None,
    reason: Reason | None,
) -> None:
    prohibition = Prohibition(UUID(int=3), Prohibitor.PERSON, app_id, category)
    decision = decide(_request(granted), [granted], noon, [prohibition])
    assert (decision.reason if isinstance(decision, Deny) else None) is reason
    part = decide(_request(granted, "checkup", "medication"), [granted], noon, [prohibition])
    if category == "checkup":
        assert isinstance(part, Permit)
        assert part.withheld == {"checkup"}


def test_of_two_refusals_the_app_is_told_the_one_that_came_nearer(
    granted: ConsentVersion, noon: datetime
) -> None:
    withdrawn = replace(granted, state=State.WITHDRAWN)
    other = replace(granted, id=UUID(int=101), arrangement_id=UUID(int=11))
    resting = replace(other, state=State.SUSPENDED)
    request = replace(_request(granted), arrangement_id=None, version_id=None)
    for consents in ([withdrawn, resting], [resting, withdrawn]):
        denied = decide(request, consents, noon)
        assert isinstance(denied, Deny)
        assert denied.reason is Reason.SUSPENDED


def test_what_two_consents_give_adds_up(granted: ConsentVersion, noon: datetime) -> None:
    [checkup, medication] = granted.terms.rules
    kept_back = replace(medication, effect=Effect.DENY, items=(UUID(int=900),))
    one = replace(granted, terms=replace(granted.terms, rules=(checkup,)))
    two = replace(
        granted,
        id=UUID(int=101),
        arrangement_id=UUID(int=11),
        terms=replace(granted.terms, rules=(medication, kept_back)),
    )
    request = replace(
        _request(granted),
        arrangement_id=None,
        version_id=None,
        categories=frozenset({"checkup", "medication"}),
    )
    permit = decide(request, [one, two], noon)
    assert isinstance(permit, Permit)
    for category in ("checkup", "medication"):
        assert permit.filter.admits(Datum(UUID(int=1), category, noon.date()))
    assert not permit.filter.admits(Datum(UUID(int=900), "medication", noon.date()))
    assert not permit.filter.admits(Datum(UUID(int=1), "basic", noon.date()))


def test_a_period_that_rolls_by_one_day_is_that_day(
    granted: ConsentVersion, noon: datetime
) -> None:
    rules = tuple(replace(rule, rolling_days=1) for rule in granted.terms.rules)
    version = replace(granted, terms=replace(granted.terms, rules=rules))
    permit = decide(_request(version), [version], noon)
    assert isinstance(permit, Permit)
    today = noon.date()
    assert permit.filter.admits(Datum(UUID(int=1), "checkup", today))
    assert not permit.filter.admits(Datum(UUID(int=1), "checkup", today - timedelta(days=1)))
