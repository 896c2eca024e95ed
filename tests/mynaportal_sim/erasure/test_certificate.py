"""A certificate answers for the whole of one case, by the app's own key; else it has a name."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.model import OnWithdrawal
from mynaportal_sim.erasure.certificate import CLOCK_SKEW, check
from mynaportal_sim.erasure.claims import Claims, Method, read
from mynaportal_sim.erasure.faults import Fault, Refusal
from mynaportal_sim.erasure.model import Step
from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.mynaportal_sim.erasure.kit import (
    ENDED,
    NOON,
    RECIPIENT,
    Signed,
    Signer,
    a_case,
    claims,
)

APP = Signer()
CASE = a_case()
SOON = int((NOON + timedelta(hours=1)).timestamp())
END = int(ENDED.timestamp())
EARLY = END - 1
NOW = int(NOON.timestamp())
SKEW = int(CLOCK_SKEW.total_seconds())
KEPT: Signed = {"method": "retained_by_law", "derived": "retained_by_law", "law": "医師法24条"}


def test_a_certificate_says_what_was_erased() -> None:
    token = APP.sign(claims(CASE))
    said = check(token, APP.expected(CASE), NOON)
    assert isinstance(said, Claims)
    assert (said.total, said.method, said.erased) == (6, Method.DELETED, NOON)
    assert read(token) == said


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({"iss": "app-2"}, Fault.OTHER_APP, id="another app's"),
        pytest.param({"aud": "https://other"}, Fault.OTHER_PORTAL, id="for another portal"),
        pytest.param({"arrangement": str(uuid4())}, Fault.OTHER_CASE, id="another's"),
        pytest.param({"consent_version": str(uuid4())}, Fault.OTHER_CASE, id="an older one's"),
        pytest.param({"erased_at": EARLY}, Fault.BEFORE_THE_END, id="before it was due"),
        pytest.param({"erased_at": SOON}, Fault.IN_THE_FUTURE, id="a promise"),
        pytest.param({"iat": SOON}, Fault.IN_THE_FUTURE, id="dated ahead"),
        pytest.param({"counts": {"checkup": 1}}, Fault.OTHER_CATEGORIES, id="a part"),
        pytest.param(
            {"counts": {"checkup": 1, "medication": 0, "x": 0}},
            Fault.OTHER_CATEGORIES,
            id="more than was given",
        ),
        pytest.param({"method": "deidentified"}, Fault.NOT_AGREED, id="kept without names"),
        pytest.param({"derived": "deidentified"}, Fault.NOT_AGREED, id="derived data kept"),
        pytest.param({**KEPT, "until": SOON}, Fault.NOT_AGREED, id="no law was agreed on"),
        pytest.param({"passed_on": []}, Fault.SILENT_ON_RECIPIENTS, id="not of a recipient"),
        pytest.param({"law": "x"}, Fault.NO_LAW, id="a law for what is gone"),
        pytest.param({"until": SOON}, Fault.NO_LAW, id="an end of what is gone"),
        pytest.param({"passed_on": None}, Fault.WRONG_CLAIMS, id="null"),
        pytest.param({"counts": {"checkup": -1}}, Fault.WRONG_CLAIMS, id="less than none"),
        pytest.param({"counts": {"checkup": True}}, Fault.WRONG_CLAIMS, id="no number"),
        pytest.param({"method": "burnt"}, Fault.WRONG_CLAIMS, id="no method"),
        pytest.param({"law": "\u202e法"}, Fault.WRONG_CLAIMS, id="a law turned round"),
        pytest.param(
            {
                "passed_on": [
                    {"name": name, "erased_at": NOW} for name in (RECIPIENT, "\u202e社会\n")
                ]
            },
            Fault.WRONG_CLAIMS,
            id="a name turned round",
        ),
        pytest.param({"colour": "blue"}, Fault.WRONG_CLAIMS, id="unknown claim"),
        pytest.param(
            {"passed_on": [{"name": RECIPIENT, "erased_at": NOW}] * 2},
            Fault.NAMED_TWICE,
            id="a recipient twice",
        ),
    ],
)
def test_what_does_not_answer_for_the_case_is_named(changed: Signed, fault: Fault) -> None:
    token = APP.sign({**claims(CASE), **changed})
    refusal = check(token, APP.expected(CASE), NOON)
    assert refusal == Refusal(fault)
    assert refusal.sentence == fault.sentence


@pytest.mark.parametrize(
    ("iat", "fault"),
    [
        pytest.param(END - SKEW - 1, Fault.BEFORE_THE_END, id="made before the consent ended"),
        pytest.param(END - SKEW, None, id="by a clock that is as slow as may be"),
        pytest.param(END, None, id="as it ended"),
        pytest.param(NOW + SKEW, None, id="by a clock that is as fast as may be"),
        pytest.param(NOW + SKEW + 1, Fault.IN_THE_FUTURE, id="ahead"),
    ],
)
def test_a_certificate_is_made_between_the_end_and_now(iat: int, fault: Fault | None) -> None:
    said = check(APP.sign({**claims(CASE), "iat": iat}), APP.expected(CASE), NOON)
    assert (said.fault if isinstance(said, Refusal) else None) is fault


@pytest.mark.parametrize("missing", sorted(set(claims(CASE)) - {"passed_on"}))
def test_each_claim_must_be_there(missing: str) -> None:
    said = {name: value for name, value in claims(CASE).items() if name != missing}
    assert check(APP.sign(said), APP.expected(CASE), NOON) == Refusal(Fault.WRONG_CLAIMS)


@pytest.mark.parametrize(
    ("on_end", "changed", "taken"),
    [
        pytest.param(OnWithdrawal.DEIDENTIFY, {"method": "deidentified"}, True, id="agreed"),
        pytest.param(OnWithdrawal.DEIDENTIFY, {}, True, id="more than agreed"),
        pytest.param(OnWithdrawal.DEIDENTIFY, {**KEPT, "until": SOON}, False, id="no law"),
        pytest.param(OnWithdrawal.KEEP_BY_LAW, {**KEPT, "until": SOON}, True, id="by law"),
        pytest.param(OnWithdrawal.KEEP_BY_LAW, KEPT, False, id="for ever"),
        pytest.param(OnWithdrawal.KEEP_BY_LAW, {**KEPT, "until": EARLY}, False, id="past"),
        pytest.param(
            OnWithdrawal.KEEP_BY_LAW, {**KEPT, "until": SOON, "law": " "}, False, id="none"
        ),
        pytest.param(
            OnWithdrawal.KEEP_BY_LAW,
            {"derived": "retained_by_law"},
            False,
            id="no law for what was worked out",
        ),
    ],
)
def test_only_what_was_agreed_for_the_end_is_taken(
    on_end: OnWithdrawal, changed: Signed, taken: bool
) -> None:
    case = a_case(on_end=on_end)
    said = check(APP.sign({**claims(case), **changed}), APP.expected(case), NOON)
    assert isinstance(said, Claims) is taken


@pytest.mark.parametrize("kept", ["method", "derived"])
def test_what_a_law_makes_an_app_keep_leaves_the_case_open(kept: str) -> None:
    case = a_case(on_end=OnWithdrawal.KEEP_BY_LAW)
    law: Signed = {kept: "retained_by_law", "law": "医師法\u3000第24条", "until": SOON}
    said = check(APP.sign({**claims(case), **law}), APP.expected(case), NOON)
    assert isinstance(said, Claims)
    assert said.step(()) is Step.RETAIN


def test_only_the_app_itself_certifies() -> None:
    other = Signer()
    stolen = other.sign(claims(CASE), kid=public_jwk(APP.key)["kid"])
    assert check(stolen, APP.expected(CASE), NOON) == Refusal(Fault.WRONG_SIGNATURE)
    assert check(other.sign(claims(CASE)), APP.expected(CASE), NOON) == Refusal(
        Fault.UNKNOWN_KEY
    )
    plain = APP.sign(claims(CASE), typ="JWT")
    assert check(plain, APP.expected(CASE), NOON) == Refusal(Fault.MALFORMED)


@given(st.text() | st.text("abc._-", max_size=40))
def test_no_text_is_a_certificate(text: str) -> None:
    assert check(text, APP.expected(CASE), NOON) == Refusal(Fault.MALFORMED)
