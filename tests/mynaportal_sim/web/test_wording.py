"""There are words for all that can happen to a person, and none for what cannot."""

from enum import StrEnum

import pytest

from consent.model import Status
from consent.policy import Reason
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.records.canaries import Why
from mynaportal_sim.records.demand import TokenFault
from mynaportal_sim.web.language import messages
from mynaportal_sim.web.wording import EVENTS, LOGIN_PROBLEMS, REASONS, STATUSES, TONES

REVOCATIONS = {"code_replayed", "revoked_by_app"}  # what `oauth` enters for a person's token


def _values(kind: type[StrEnum]) -> set[str]:
    return {member.value for member in kind}


def test_each_reason_that_the_ledger_gives_a_person_has_words() -> None:
    known = _values(Code) | _values(TokenFault) | _values(Why) | REVOCATIONS
    assert set(REASONS) == known | {"mandate_over"}
    assert set(REASONS).isdisjoint(_values(Reason))
    assert all(reason.sentence_ja and reason.sentence_en for reason in Reason)


def test_each_refusal_of_a_login_has_words_for_the_form() -> None:
    assert set(LOGIN_PROBLEMS) == set(Code)


def test_each_status_of_a_consent_has_words() -> None:
    assert set(STATUSES) == _values(Status)


def test_a_tone_is_of_an_event() -> None:
    assert set(TONES) <= set(EVENTS)


@pytest.mark.parametrize(
    "words", [EVENTS, REASONS, LOGIN_PROBLEMS], ids=["events", "reasons", "login"]
)
def test_words_are_in_japanese_too(words: dict[str, str]) -> None:
    japanese = messages("ja")
    for code, said in words.items():
        assert japanese.gettext(said) != said, code
