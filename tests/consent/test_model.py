"""The life of a consent, and the terms that nobody may be asked."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from consent.catalogue import Catalogue, LegalBasis, Purpose
from consent.errors import IllegalTransitionError, InvalidTermsError, NotEntitledError
from consent.model import (
    ALIVE,
    MAY,
    TRANSITIONS,
    UNANSWERED,
    VALIDITY_CAP,
    Actor,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Effect,
    Event,
    Granter,
    OnwardTransfer,
    Recipient,
    Relation,
    Retention,
    State,
    Status,
    Term,
    Usage,
    standing,
)
from consent.policy import Reason


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_table_is_the_whole_life_cycle(
    granted: ConsentVersion, noon: datetime, state: State, event: Event
) -> None:
    for actor in Actor:
        version = replace(granted, state=state, state_by=actor)
        if (state, event) not in TRANSITIONS:
            with pytest.raises(IllegalTransitionError) as refused:
                version.after(event, noon, actor)
            assert (refused.value.state, refused.value.event) == (state, event)
        elif actor not in MAY[event]:
            with pytest.raises(NotEntitledError):
                version.after(event, noon, actor)
        else:
            assert version.after(event, noon, actor) == replace(
                version, state=TRANSITIONS[state, event], state_since=noon, state_by=actor
            )


def test_only_a_request_a_grant_and_a_suspension_have_anything_before_them() -> None:
    assert {state for state, _ in TRANSITIONS} == UNANSWERED | ALIVE


def test_what_an_authority_suspended_no_person_resumes(
    granted: ConsentVersion, noon: datetime
) -> None:
    suspended = granted.after(Event.SUSPEND, noon, Actor.AUTHORITY)
    with pytest.raises(NotEntitledError):
        suspended.after(Event.RESUME, noon, Actor.PERSON)
    resumed = suspended.after(Event.RESUME, noon, Actor.AUTHORITY)
    assert resumed.status(noon) is Status.GRANTED


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("edge", "before", "at"),
    [
        pytest.param("valid_from", Status.NOT_YET_VALID, Status.GRANTED, id="begins at"),
        pytest.param("valid_until", Status.GRANTED, Status.EXPIRED, id="is over at"),
    ],
)
def test_validity_begins_at_its_first_instant_and_ends_before_its_last(
    granted: ConsentVersion, edge: str, before: Status, at: Status
) -> None:
    instant: datetime = getattr(granted.terms, edge)
    assert granted.status(instant - SECOND) is before
    assert granted.status(instant) is at


@pytest.mark.parametrize("state", list(State))
def test_the_clock_ends_what_is_alive_or_waits_for_an_answer_and_nothing_else(
    granted: ConsentVersion, state: State
) -> None:
    status = replace(granted, state=state).status(granted.terms.valid_until)
    runs_out = state in ALIVE | UNANSWERED
    assert status is (Status.EXPIRED if runs_out else Status(state.value))


def test_a_consent_is_exhausted_once_it_is_used_as_often_as_it_allows(
    granted: ConsentVersion, noon: datetime
) -> None:
    twice = replace(granted, terms=replace(granted.terms, usage=Usage(max_uses=2)))
    statuses = [replace(twice, uses=uses).status(noon) for uses in range(4)]
    assert statuses == [Status.GRANTED] * 2 + [Status.EXHAUSTED] * 2
    assert granted.uses == 0


def test_of_a_number_of_uses_those_are_left_that_were_not_made(
    granted: ConsentVersion,
) -> None:
    usage = Usage(max_uses=3, min_interval=timedelta(days=1))
    thrice = replace(granted, terms=replace(granted.terms, usage=usage))
    left = [replace(thrice, uses=uses).usage_left for uses in range(3)]
    assert left == [replace(usage, max_uses=most) for most in (3, 2, 1)]
    assert replace(granted, uses=5).usage_left == granted.terms.usage == Usage()


def test_what_a_guardian_gave_ends_with_the_mandate_if_that_is_before_its_own_end(
    granted: ConsentVersion,
) -> None:
    end = granted.terms.valid_until
    for lapses_at, until in ((None, end), (end - SECOND, end - SECOND), (end + SECOND, end)):
        given = replace(granted, granter=Granter(lapses_at=lapses_at))
        assert given.gives_until == until


def test_a_refused_amendment_leaves_what_was_granted_standing(
    granted: ConsentVersion,
) -> None:
    refused = replace(granted, number=2, state=State.DENIED)
    withdrawn = replace(granted, number=3, state=State.WITHDRAWN)
    assert standing([refused, granted]) == [granted]
    assert standing([withdrawn, refused, granted]) == [withdrawn]


def test_terms_last_a_year_at_most_and_a_moment_at_least(granted: ConsentVersion) -> None:
    terms = granted.terms
    replace(terms, valid_until=terms.valid_from + VALIDITY_CAP).check()
    for valid_until in (terms.valid_from + VALIDITY_CAP + SECOND, terms.valid_from):
        with pytest.raises(InvalidTermsError):
            replace(terms, valid_until=valid_until).check()


KEPT_BACK = ConsentRule("checkup", date(2022, 1, 1), date(2022, 1, 1), effect=Effect.DENY)
NONE, BACK = timedelta(0), timedelta(seconds=-1)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"rules": ()}, id="nothing"),
        pytest.param({"rules": (KEPT_BACK,)}, id="nothing but what is kept back"),
        pytest.param({"recipients": ()}, id="for nobody"),
        pytest.param(
            {"recipients": (Recipient("x", relation=Relation.PROCESSOR),)}, id="a processor's"
        ),
        pytest.param({"recipients": (Recipient("x", "Japan"),)}, id="no such country"),
        pytest.param({"onward_transfer": OnwardTransfer.LISTED}, id="an empty list"),
        pytest.param({"usage": Usage(max_uses=0)}, id="never"),
        pytest.param({"usage": Usage(min_interval=BACK)}, id="a negative interval"),
        pytest.param({"retention": Retention(erase_after=NONE)}, id="kept for no time"),
        pytest.param({"retention": Retention(deadline=NONE)}, id="no time to erase"),
        pytest.param({"minimum_cell": -1}, id="a negative cell"),
    ],
)
def test_nobody_is_asked_for_what_makes_no_sense(
    granted: ConsentVersion, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTermsError):
        replace(granted.terms, **changes).check()


PROCESSOR = Recipient("x", relation=Relation.PROCESSOR)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"usage": Usage(max_uses=1)}, id="once"),
        pytest.param({"retention": Retention(erase_after=SECOND)}, id="kept for a moment"),
        pytest.param({"retention": Retention(deadline=SECOND)}, id="erased at once"),
        pytest.param({"minimum_cell": 0}, id="records"),
        pytest.param(
            {
                "recipients": (Recipient("y"), PROCESSOR),
                "onward_transfer": OnwardTransfer.LISTED,
            },
            id="a list of one",
        ),
    ],
)
def test_the_least_that_makes_sense_may_be_asked(
    granted: ConsentVersion, changes: dict[str, Any]
) -> None:
    replace(granted.terms, **changes).check()


def test_the_terms_last_as_long_as_those_of_real_services() -> None:
    days = {term: term.validity.days for term in Term}
    assert days == {Term.ONCE: 1, Term.VISIT: 1, Term.LINK: 90, Term.YEAR: 365}
    uses = {term: term.usage.max_uses for term in Term}
    assert uses == {Term.ONCE: 1, Term.VISIT: None, Term.LINK: None, Term.YEAR: None}
    assert Retention().deadline.days == 30


def test_a_recipient_is_named_with_a_country_that_is_not_japan(
    granted: ConsentVersion,
) -> None:
    here, abroad = Recipient("x"), Recipient("y", "US")
    assert [here.shown, abroad.shown] == ["x", "y (US)"]
    assert [here.abroad, abroad.abroad] == [False, True]
    terms = replace(granted.terms, recipients=(here, abroad))
    assert [terms.names(name) for name in ("x", "y", "z")] == [True, True, False]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"period_to": date(2021, 12, 31)}, id="ends before it begins"),
        pytest.param({"rolling_days": -1}, id="a negative window"),
        pytest.param({"rolling_days": 36_501}, id="a window beyond a century"),
        pytest.param({"codes": ("4548-4",)}, id="a code without its system"),
        pytest.param({"labels": ("PSY",)}, id="a label without its system"),
    ],
)
def test_a_rule_that_makes_no_sense_is_none(wrong: dict[str, Any]) -> None:
    right = ConsentRule("checkup", date(2022, 1, 1), date(2022, 1, 1))
    assert replace(right, rolling_days=36_500).rolling_days == 36_500
    with pytest.raises(InvalidTermsError):
        replace(right, **wrong)


ASKED = ConsentRule(
    "checkup", date(2022, 1, 1), date(2026, 12, 31), 90, ("s|1", "s|2"), ("l|1",)
)


@pytest.mark.parametrize(
    ("changes", "within"),
    [
        pytest.param({}, True, id="just that"),
        pytest.param({"period_from": date(2026, 1, 1)}, True, id="a part of the period"),
        pytest.param({"rolling_days": 30}, True, id="a shorter window"),
        pytest.param({"rolling_days": 1}, True, id="a window of one day"),
        pytest.param({"codes": ("s|2",)}, True, id="fewer codes"),
        pytest.param({"items": (UUID(int=1),)}, True, id="one item"),
        pytest.param({"category": "dental"}, False, id="another category"),
        pytest.param({"period_from": date(2021, 12, 31)}, False, id="a day earlier"),
        pytest.param({"period_to": date(2027, 1, 1)}, False, id="a day later"),
        pytest.param({"rolling_days": 91}, False, id="a longer window"),
        pytest.param({"rolling_days": 0}, False, id="no window"),
        pytest.param({"codes": ("s|1", "s|3")}, False, id="another code"),
        pytest.param({"codes": ()}, False, id="any code"),
        pytest.param({"labels": ()}, False, id="any label"),
    ],
)
def test_no_more_is_granted_than_was_asked(
    granted: ConsentVersion, changes: dict[str, Any], within: bool
) -> None:
    terms = replace(granted.terms, rules=(ASKED,))
    wanted = replace(ASKED, **changes)
    if within:
        assert terms.narrowed([wanted]).rules == (wanted,)
    else:
        with pytest.raises(InvalidTermsError):
            terms.narrowed([wanted])


def test_what_an_app_said_it_would_not_take_stays_kept_back_and_more_may_be(
    granted: ConsentVersion,
) -> None:
    [checkup, medication] = granted.terms.rules
    terms = replace(granted.terms, rules=(checkup, medication, KEPT_BACK))
    also = replace(KEPT_BACK, category="medication")
    assert set(terms.narrowed([checkup, also]).rules) == {checkup, KEPT_BACK, also}
    assert terms.narrowed([also]).rules == ()


def test_less_than_was_asked_is_granted_as_chosen(granted: ConsentVersion) -> None:
    part = ConsentRule("checkup", date(2025, 1, 1), date(2025, 12, 31))
    narrowed = granted.terms.narrowed([part, part])
    assert narrowed.rules == (part,)
    assert narrowed.categories == {"checkup"}


def test_a_purpose_is_pinned_by_the_words_the_person_read(granted: ConsentVersion) -> None:
    purpose = granted.terms.purpose
    assert DeclaredPurpose("x", "y").version == 1
    assert replace(purpose, text=purpose.text + "。").text_sha256 != purpose.text_sha256
    assert replace(purpose, text="abc").text_sha256.startswith("ba7816bf8f01cfea")


def test_two_entries_of_a_catalogue_never_share_a_code() -> None:
    walk = Purpose("walk", "歩く", "walking")
    assert Catalogue.of([], [walk]).purposes["walk"] is walk
    with pytest.raises(InvalidTermsError):
        Catalogue.of([], [walk, replace(walk, label_en="strolling")])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_basis_and_reason_has_words_for_people(language: str) -> None:
    labels = {getattr(basis, f"label_{language}") for basis in LegalBasis}
    sentences = {getattr(reason, f"sentence_{language}") for reason in Reason}
    assert (len(labels), len(sentences)) == (len(LegalBasis), len(Reason))


@pytest.mark.parametrize(
    ("lasts", "left", "state", "soon"),
    [
        pytest.param(90, 15, State.GRANTED, False, id="in time"),
        pytest.param(90, 14, State.GRANTED, True, id="two weeks before"),
        pytest.param(90, 14, State.SUSPENDED, True, id="suspended"),
        pytest.param(90, 14, State.WITHDRAWN, False, id="withdrawn"),
        pytest.param(90, 0, State.GRANTED, False, id="ended"),
        pytest.param(1, 0.5, State.GRANTED, False, id="a visit"),
        pytest.param(28, 14, State.GRANTED, True, id="four weeks"),
        pytest.param(27, 14, State.GRANTED, False, id="less than four weeks"),
    ],
)
def test_a_person_is_reminded_of_what_ends_and_will_not_be_renewed(
    granted: ConsentVersion, lasts: float, left: float, state: State, *, soon: bool
) -> None:
    begin = granted.terms.valid_from
    end = begin + timedelta(days=lasts)
    terms = replace(granted.terms, valid_until=end)
    version = replace(granted, terms=terms, state=state)
    assert version.ends_soon(end - timedelta(days=left)) is soon
