"""The life of a consent, and the terms that nobody may be asked."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product

import pytest

from consent.catalogue import Catalogue, LegalBasis, Purpose
from consent.errors import IllegalTransitionError, InvalidTermsError
from consent.model import (
    TRANSITIONS,
    VALIDITY_CAP,
    ConsentRule,
    ConsentVersion,
    Event,
    State,
    Status,
    standing,
)
from consent.policy import Reason


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_table_is_the_whole_life_cycle(
    granted: ConsentVersion, noon: datetime, state: State, event: Event
) -> None:
    version = replace(granted, state=state)
    if (state, event) in TRANSITIONS:
        moved = version.after(event, noon)
        assert moved == replace(version, state=TRANSITIONS[state, event], state_since=noon)
    else:
        with pytest.raises(IllegalTransitionError) as refused:
            version.after(event, noon)
        assert (refused.value.state, refused.value.event) == (state, event)


def test_nothing_leaves_an_ended_state() -> None:
    ended = {State.DENIED, State.WITHDRAWN, State.SUPERSEDED}
    assert not [state for state, _ in TRANSITIONS if state in ended]


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


@pytest.mark.parametrize("state", [state for state in State if state is not State.GRANTED])
def test_a_state_outlasts_the_clock(granted: ConsentVersion, state: State) -> None:
    long_after = granted.terms.valid_until + VALIDITY_CAP
    assert replace(granted, state=state).status(long_after) == Status(state.value)


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


def test_nobody_is_asked_for_nothing(granted: ConsentVersion) -> None:
    with pytest.raises(InvalidTermsError):
        replace(granted.terms, rules=()).check()


def test_a_period_may_be_one_day_and_never_less() -> None:
    day = date(2026, 1, 1)
    assert ConsentRule("checkup", day, day).period_to == day
    with pytest.raises(InvalidTermsError):
        ConsentRule("checkup", day, day - timedelta(days=1))


@pytest.mark.parametrize(
    "beyond",
    [
        pytest.param(("dental", (2022, 1, 1), (2026, 12, 31)), id="another category"),
        pytest.param(("checkup", (2021, 12, 31), (2026, 12, 31)), id="a day earlier"),
        pytest.param(("checkup", (2022, 1, 1), (2027, 1, 1)), id="a day later"),
    ],
)
def test_no_more_is_granted_than_was_asked(
    granted: ConsentVersion, beyond: tuple[str, tuple[int, int, int], tuple[int, int, int]]
) -> None:
    category, first, last = beyond
    with pytest.raises(InvalidTermsError):
        granted.terms.narrowed([ConsentRule(category, date(*first), date(*last))])


def test_less_than_was_asked_is_granted_as_chosen(granted: ConsentVersion) -> None:
    part = ConsentRule("checkup", date(2025, 1, 1), date(2025, 12, 31))
    narrowed = granted.terms.narrowed([part, part])
    assert narrowed.rules == (part,)
    assert narrowed.categories == {"checkup"}


def test_a_purpose_is_pinned_by_the_words_the_person_read(granted: ConsentVersion) -> None:
    purpose = granted.terms.purpose
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
