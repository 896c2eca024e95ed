"""Cases R1 to R7: which answers of a responder count, and what becomes of those that do not."""

import os
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from card_reader.spec import Kind
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.model import Family, Holder, Order
from mynaportal_sim.pki.ocsp.client import Question, Told, judge
from mynaportal_sim.pki.refusal import Code
from mynaportal_sim.pki.suites import SUITES
from mynaportal_sim.pki.validation import ValidCertificate, validate
from tests.mynaportal_sim.pki.answers import RIGHT, TRY_LATER, WRONG, Answer, Change

AUTH = Kind.USER_AUTHENTICATION


@pytest.fixture(scope="module")
def questions(
    authorities: Authorities,
    anchors: tuple[Anchor, ...],
    holder: Holder,
    holder_key: RSAPrivateKey,
    now: datetime,
) -> dict[Family, Question]:
    """A question about a certificate of each family."""
    asked = {}
    for family in Family:
        suite = SUITES[family]
        key = holder_key if suite.takes(holder_key.public_key()) else suite.new_key()
        order = Order(AUTH, holder, key.public_key(), now, "http://localhost:8400")
        der = authorities.of(family, AUTH).issue(order, os.urandom).public_bytes(Encoding.DER)
        valid = validate(der, anchors, now, AUTH)
        assert isinstance(valid, ValidCertificate)
        asked[family] = Question.of(valid, os.urandom)
    return asked


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize(("change", "code"), RIGHT.values(), ids=RIGHT)
def test_an_answer_that_is_right_counts(
    change: Change,
    code: Code | None,
    family: Family,
    questions: dict[Family, Question],
    authorities: Authorities,
    now: datetime,
) -> None:
    question = questions[family]
    der = change(Answer(authorities.of(family, AUTH), question.request, now))
    told = judge(question, der, now)
    assert told is not None
    assert told.sha256 == question.about.sha256
    assert (told.refusal.code if told.refusal else None) is code


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_an_answer_that_is_wrong_refuses(
    change: Change, questions: dict[Family, Question], authorities: Authorities, now: datetime
) -> None:
    """R4 to R7."""
    question = questions[Family.CARD]
    answer = Answer(authorities[AUTH], question.request, now)
    _unavailable(judge(question, change(answer), now))
    assert judge(question, answer.der(), now) == Told(question.about.sha256, None)


def test_an_answer_to_one_question_is_none_to_another(
    questions: dict[Family, Question], authorities: Authorities, now: datetime
) -> None:
    """R5, R7: replayed, or about another's certificate."""
    first = questions[Family.CARD]
    again = Question.of(first.about, os.urandom)
    der = Answer(authorities[AUTH], first.request, now).der()
    _unavailable(judge(again, der, now))
    _unavailable(judge(questions[Family.PHONE], der, now))


def test_that_there_is_no_answer_now_settles_nothing(
    questions: dict[Family, Question], now: datetime
) -> None:
    """R3."""
    assert judge(questions[Family.CARD], TRY_LATER, now) is None


@given(der=st.binary(max_size=300))
def test_any_bytes_refuse(der: bytes, questions: dict[Family, Question], now: datetime) -> None:
    _unavailable(judge(questions[Family.CARD], der, now))


@pytest.mark.parametrize("mask", [0x01, 0x80], ids=hex)
def test_an_answer_with_one_byte_changed_lets_nobody_in(
    mask: int, questions: dict[Family, Question], authorities: Authorities, now: datetime
) -> None:
    """Whatever the byte, it is no answer that says good, but that of a responder's own form."""
    question = questions[Family.CARD]
    der = Answer(authorities[AUTH], question.request, now).der()
    for at in range(len(der)):
        changed = bytearray(der)
        changed[at] ^= mask
        told = judge(question, bytes(changed), now)
        assert told is None or told.refusal is not None, f"byte {at}"


def _unavailable(told: Told | None) -> None:
    assert told is not None
    assert told.refusal is not None
    assert told.refusal.code is Code.REVOCATION_UNAVAILABLE
