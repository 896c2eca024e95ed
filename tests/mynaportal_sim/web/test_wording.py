"""There are words for all that can happen to a person, and none for what cannot."""

from enum import StrEnum

import pytest

from consent import without
from consent.mandate import Act, MandateStatus
from consent.model import Actor, Prohibitor, Role, State, Status
from consent.policy import Reason
from consent.service.reviewing import ENTRIES
from consent.service.without import ACCESS, REFUSED
from consent.without import Objection
from mynaportal_sim.documents.entries import BY_PERSON
from mynaportal_sim.issuing.entries import MUNICIPALITY
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.oauth.acting import REASON as MANDATE_OVER
from mynaportal_sim.records.canaries import Why
from mynaportal_sim.records.demand import TokenFault
from mynaportal_sim.web.language import messages
from mynaportal_sim.web.wording import (
    ACTS,
    EVENTS,
    LOGIN_PROBLEMS,
    MANDATE_STATUSES,
    OFFICES,
    OWN_EVENTS,
    REASONS,
    REVIEWS,
    ROLES,
    STATUSES,
    TONES,
)

BESIDE_STATES = {
    "resumed", "signature_refused", "agreed", "assented", "prohibited", "prohibition_lifted",
}  # fmt: skip
REVOCATIONS = {  # what `oauth` enters for a person's token
    "code_replayed", "refresh_token_reused", "revoked_by_app",
}  # fmt: skip


def _values(kind: type[StrEnum]) -> set[str]:
    return {member.value for member in kind}


def test_each_reason_that_the_ledger_gives_a_person_has_words() -> None:
    known = _values(Code) | _values(TokenFault) | _values(Why) | REVOCATIONS
    assert set(REASONS) == known | {MANDATE_OVER, BY_PERSON}
    assert set(REASONS).isdisjoint(_values(Reason))
    assert all(reason.sentence_ja and reason.sentence_en for reason in Reason)


def test_each_refusal_of_a_login_has_words_for_the_form() -> None:
    assert set(LOGIN_PROBLEMS) == set(Code)


def test_why_access_without_consent_is_refused_has_words_of_its_own() -> None:
    assert _values(Objection).isdisjoint(_values(Reason) | set(REASONS))
    assert all(one.sentence_ja and one.sentence_en for one in Objection)
    assert set(REVIEWS) == set(without.Status)
    assert {ACCESS, REFUSED, *ENTRIES.values()} <= set(EVENTS)


def test_each_status_of_a_consent_has_words() -> None:
    assert set(STATUSES) == _values(Status)


def test_each_entry_of_a_consent_has_words_and_a_newer_answer_is_the_only_entry_of_it() -> None:
    entered = (_values(State) - {State.SUPERSEDED}) | BESIDE_STATES
    assert {name for name in EVENTS if name.startswith("consent.")} == {
        f"consent.{name}" for name in entered
    }


def test_what_a_person_does_is_said_of_others_too_and_so_is_who_they_are() -> None:
    assert set(OWN_EVENTS) <= set(EVENTS)
    offices = _values(Actor) | _values(Prohibitor) | {MUNICIPALITY}
    assert set(OFFICES) == offices - {"person"}


def test_all_that_is_said_of_mandates_has_words() -> None:
    assert set(MANDATE_STATUSES) == _values(MandateStatus)
    assert set(ROLES) == _values(Role)
    assert set(ACTS) == _values(Act)


def test_a_tone_is_of_an_event() -> None:
    assert set(TONES) <= set(EVENTS)


@pytest.mark.parametrize(
    "words",
    [EVENTS, OWN_EVENTS, OFFICES, REASONS, LOGIN_PROBLEMS],
    ids=["events", "own", "offices", "reasons", "login"],
)
def test_words_are_in_japanese_too(words: dict[str, str]) -> None:
    japanese = messages("ja")
    for code, said in words.items():
        assert japanese.gettext(said) != said, code
