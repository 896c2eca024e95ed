"""A recipient with keys answers for itself; at the app's word alone its part stays open."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.model import OnWithdrawal
from mynaportal_sim.erasure.certificate import check
from mynaportal_sim.erasure.claims import LENGTH_MAX, Claims
from mynaportal_sim.erasure.errors import ErasureNoFurtherError, ErasureSettledError
from mynaportal_sim.erasure.faults import Fault, Refusal
from mynaportal_sim.erasure.model import Awaited, ErasureCase, State, Status, Step, Word
from tests.mynaportal_sim.erasure.kit import (
    ENDED,
    MONTH,
    NOON,
    RECIPIENT,
    Signed,
    Signer,
    a_case,
    claims,
    sworn,
)

APP, OWN, STRANGER = Signer(), Signer(), Signer()
CASE = a_case(on_end=OnWithdrawal.KEEP_BY_LAW)
NOW, SOON = int(NOON.timestamp()), NOON + timedelta(hours=1)
EARLY = int(ENDED.timestamp()) - 1
YEAR = NOON + 12 * MONTH
KEPT: Signed = {
    "method": "retained_by_law",
    "law": "医師法24条",
    "until": int(YEAR.timestamp()),
}
ANSWER = sworn(CASE)


def brought(*passed_on: Signed, **recipients: Signer) -> Claims | Refusal:
    """What the portal says to an app that says this of those to whom it passed data."""
    token = APP.sign({**claims(CASE), "passed_on": list(passed_on)})
    return check(token, APP.expected(CASE, **recipients), NOON)


def entry(certificate: str | None = None, erased_at: int | None = None) -> Signed:
    said = {"name": RECIPIENT, "certificate": certificate, "erased_at": erased_at}
    return {name: value for name, value in said.items() if value is not None}


KEYED = {RECIPIENT: OWN}
BASE64URL = st.text("abc._-", max_size=40)


@pytest.mark.parametrize(
    ("said", "keyed", "awaited"),
    [
        pytest.param(entry(OWN.sign(ANSWER)), KEYED, [], id="certifies itself"),
        pytest.param(entry(OWN.sign(ANSWER), NOW), KEYED, [], id="and the app says so too"),
        pytest.param(
            entry(OWN.sign({**ANSWER, **KEPT})),
            KEYED,
            [Awaited(RECIPIENT, YEAR)],
            id="a law makes it keep them",
        ),
        pytest.param(entry(), KEYED, [Awaited(RECIPIENT)], id="has not answered"),
        pytest.param(entry(None, NOW), KEYED, [Awaited(RECIPIENT)], id="the app's word"),
        pytest.param(entry(None, NOW), {}, [], id="the app's word where no more is owed"),
    ],
)
def test_who_has_keys_is_awaited_until_they_certify_that_they_erased(
    said: Signed, keyed: dict[str, Signer], awaited: list[Awaited]
) -> None:
    taken = brought(said, **keyed)
    assert isinstance(taken, Claims)
    owed = taken.awaited(keyed)
    assert list(owed) == awaited
    assert taken.step(owed) is (Step.ATTEST_ALONE if awaited else Step.ATTEST)


@pytest.mark.parametrize(
    ("said", "keyed", "fault"),
    [
        pytest.param(entry("a.b.c"), KEYED, Fault.MALFORMED, id="no certificate"),
        pytest.param(
            entry(OWN.sign(ANSWER, typ="JWT")), KEYED, Fault.MALFORMED, id="another type"
        ),
        pytest.param(
            entry(STRANGER.sign(ANSWER)), KEYED, Fault.UNKNOWN_KEY, id="by nobody known"
        ),
        pytest.param(entry(APP.sign(ANSWER)), KEYED, Fault.UNKNOWN_KEY, id="by the app"),
        pytest.param(
            entry(OWN.sign(ANSWER)[:-8] + "AAAAAAAA"),
            KEYED,
            Fault.WRONG_SIGNATURE,
            id="a changed one",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "passed_on": []})),
            KEYED,
            Fault.WRONG_CLAIMS,
            id="an app's claims",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "iss": "株式会社他"})),
            KEYED,
            Fault.OTHER_RECIPIENT,
            id="another's",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "iss": CASE.app_id})),
            KEYED,
            Fault.OTHER_RECIPIENT,
            id="as the app",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "aud": CASE.app_id})),
            KEYED,
            Fault.OTHER_PORTAL,
            id="for the app",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "arrangement": str(uuid4())})),
            KEYED,
            Fault.OTHER_CASE,
            id="of another case",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "consent_version": str(uuid4())})),
            KEYED,
            Fault.OTHER_CASE,
            id="of an older version",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "erased_at": EARLY})),
            KEYED,
            Fault.BEFORE_THE_END,
            id="erased before the end",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "iat": EARLY - 60})),
            KEYED,
            Fault.BEFORE_THE_END,
            id="made before the end",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "erased_at": int(SOON.timestamp())})),
            KEYED,
            Fault.IN_THE_FUTURE,
            id="a promise",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "counts": {"checkup": 1}})),
            KEYED,
            Fault.OTHER_CATEGORIES,
            id="a part",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, "method": "deidentified"})),
            KEYED,
            Fault.NOT_AGREED,
            id="kept without names",
        ),
        pytest.param(
            entry(OWN.sign({**ANSWER, **KEPT, "law": ""})), KEYED, Fault.NO_LAW, id="by no law"
        ),
        pytest.param(
            entry(OWN.sign(ANSWER), NOW - 1),
            KEYED,
            Fault.CONTRADICTED,
            id="otherwise than said",
        ),
        pytest.param(entry(OWN.sign(ANSWER)), {}, Fault.NO_KEYS, id="without keys"),
        pytest.param(entry(), {}, Fault.SILENT_ON_RECIPIENTS, id="nothing said of it"),
        pytest.param(entry(None, EARLY), {}, Fault.BEFORE_THE_END, id="the word, too early"),
        pytest.param(entry(None, EARLY), KEYED, Fault.BEFORE_THE_END, id="the same, keyed"),
    ],
)
def test_what_is_wrong_with_a_recipients_certificate_is_named_with_whose_it_is(
    said: Signed, keyed: dict[str, Signer], fault: Fault
) -> None:
    refusal = brought(said, **keyed)
    assert refusal == Refusal(fault, RECIPIENT)
    assert refusal.sentence == f"of a recipient: {fault.sentence}"
    assert refusal.sentence.isascii()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=99) | BASE64URL)
def test_no_text_is_a_recipients_certificate(text: str) -> None:
    assert brought(entry(text), **KEYED) == Refusal(Fault.MALFORMED, RECIPIENT)


def test_as_many_recipients_as_a_consent_can_name_certify_in_one_certificate() -> None:
    names = [f"{index}番目の長い名前の分析株式会社" for index in range(10)]
    case = replace(CASE, passed_on=tuple(names))
    own = {name: Signer() for name in names}
    passed_on = [
        {"name": name, "certificate": one.sign(sworn(case, name))} for name, one in own.items()
    ]
    token = APP.sign({**claims(case), "passed_on": passed_on})
    assert len(token) <= LENGTH_MAX
    taken = check(token, APP.expected(case, **own), NOON)
    assert isinstance(taken, Claims)
    assert [one.own.iss for one in taken.passed_on if one.own] == names


A, B = Awaited("A"), Awaited("B")
KEEPS_A = Awaited("A", YEAR)


def word(*awaited: Awaited, until: datetime | None = None) -> Word:
    step = Step.RETAIN if until else Step.ATTEST_ALONE if awaited else Step.ATTEST
    return Word(step, f"{awaited}{until}", until, awaited)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        pytest.param(word(A, B), word(A), State.AWAITING_RECIPIENTS, id="one of two"),
        pytest.param(word(A, B), word(), State.ATTESTED, id="both"),
        pytest.param(word(A), word(KEEPS_A), State.AWAITING_RECIPIENTS, id="keeps by law"),
        pytest.param(word(KEEPS_A), word(), State.ATTESTED, id="the law is done with it"),
        pytest.param(
            word(A, until=YEAR), word(until=YEAR), State.RETAINED_BY_LAW, id="only the app"
        ),
        pytest.param(
            word(until=YEAR), word(A), State.AWAITING_RECIPIENTS, id="keys came meanwhile"
        ),
        pytest.param(word(A, until=YEAR), word(), State.ATTESTED, id="app and recipient"),
        pytest.param(word(A), word(A), None, id="the same"),
        pytest.param(word(A), word(B), None, id="one for another"),
        pytest.param(word(A), word(A, B), None, id="less"),
        pytest.param(word(KEEPS_A), word(A), None, id="silent again"),
        pytest.param(word(KEEPS_A), word(Awaited("A", SOON)), None, id="another day"),
        pytest.param(word(until=NOON + MONTH), word(until=YEAR), None, id="longer"),
    ],
)
def test_a_later_certificate_must_settle_more(
    first: Word, second: Word, state: State | None
) -> None:
    case = CASE.certified(first, NOON)
    if state is None:
        with pytest.raises(ErasureNoFurtherError, match="bring again"):
            case.certified(second, SOON)
        return
    moved = case.certified(second, SOON)
    assert (moved.state, moved.state_since) == (state, SOON)
    assert (moved.certificate, moved.awaited) == (second.certificate, second.awaited)


@pytest.mark.parametrize(
    ("said", "deadline"),
    [
        pytest.param(word(A), CASE.due_at, id="who has not answered, by the day agreed"),
        pytest.param(word(KEEPS_A), YEAR, id="who keeps by law, when it is done with it"),
        pytest.param(word(B, KEEPS_A), CASE.due_at, id="the first of both"),
        pytest.param(word(B, until=YEAR), CASE.due_at, id="a recipient before the app"),
    ],
)
def test_what_others_owe_is_overdue_after_its_day(said: Word, deadline: datetime) -> None:
    case = CASE.certified(said, NOON)
    assert case.deadline == deadline
    assert case.status(deadline - timedelta(seconds=1)) is Status(case.state)
    assert case.status(deadline) is Status.OVERDUE
    done: ErasureCase = case.certified(word(), SOON)
    assert done.status(deadline) is Status.ATTESTED
    with pytest.raises(ErasureSettledError, match="attested"):
        done.certified(said, SOON)


def test_before_any_certificate_those_with_keys_are_known_to_be_awaited() -> None:
    asked = a_case(passed_on=("A", "B"))
    assert asked.awaits({"B", "C"}) == ("B",)
    assert asked.certified(word(A), NOON).awaits({"B"}) == ("A",)
