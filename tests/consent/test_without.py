"""The rule for access without consent: what each basis demands, and what its cases come to."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.catalogue import LegalBasis
from consent.errors import CaseSettledError, InvalidTermsError, NoReasonError, OwnCaseError
from consent.model import ConsentVersion, Prohibition, Prohibitor
from consent.without import (
    ACTS,
    NOTICE_CAP,
    RULES,
    Act,
    Allowed,
    Case,
    Circumstances,
    Objection,
    Policy,
    Refused,
    State,
    Status,
    Wish,
    decide_without,
)
from consent.without.reason import substance
from tests.consent.conftest import NOON

POLICY = Policy(frozenset({"checkup", "medication"}))
REASON = "意識のない状態で搬送中。服用中の薬と禁忌を知りたい"
WISH = Wish(
    LegalBasis.BREAK_GLASS, "東京消防庁", "救急隊員0417", REASON, frozenset({"medication"})
)
LONG_AGO = NOON - timedelta(days=31)
READY = Circumstances(notified_at=LONG_AGO, registered=True)
DAY = timedelta(days=1)


def prohibited(by: Prohibitor, app_id: str | None = None) -> Circumstances:
    return replace(READY, prohibitions=[Prohibition(UUID(int=1), by, app_id, "medication")])


@pytest.mark.parametrize("basis", [one for one in LegalBasis if one is not LegalBasis.CONSENT])
def test_each_basis_allows_its_utmost_and_no_more(basis: LegalBasis) -> None:
    rule = RULES[basis]
    latest = POLICY.latest_notice(basis)
    utmost = replace(WISH, basis=basis, lasts=rule.lasts, told_after=latest)
    allowed = decide_without(utmost, READY, POLICY, NOON)
    assert allowed == Allowed(NOON + rule.lasts, NOON + latest, NOON + rule.reviewed_within)
    second = timedelta(seconds=1)
    for more, objection in (
        (replace(utmost, lasts=rule.lasts + second), Objection.TOO_LONG),
        (replace(utmost, told_after=latest + second), Objection.TOLD_TOO_LATE),
    ):
        assert decide_without(more, READY, POLICY, NOON) == Refused(objection)
    assert latest <= NOTICE_CAP


def but(basis: LegalBasis = LegalBasis.BREAK_GLASS, **changed: object) -> Wish:
    return replace(WISH, basis=basis, **changed)  # type: ignore[arg-type]  # rows name fields


FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in "490871118275")
RESEARCH, CALL_UP = LegalBasis.MEDICAL_RESEARCH, LegalBasis.CALL_UP


@pytest.mark.parametrize(
    ("wish", "person", "objection"),
    [
        pytest.param(but(LegalBasis.CONSENT), READY, Objection.NO_BASIS, id="consent"),
        pytest.param(but(authority=" "), READY, Objection.NO_AUTHORITY, id="no authority"),
        pytest.param(but(officer=""), READY, Objection.NO_OFFICER, id="no officer"),
        pytest.param(but(reason=""), READY, Objection.NO_REASON, id="no reason"),
        pytest.param(but(reason="緊急"), READY, Objection.NO_REASON, id="filler"),
        pytest.param(but(reason="test " * 9), READY, Objection.NO_REASON, id="filler, long"),
        pytest.param(but(reason="あ" * 99), READY, Objection.NO_REASON, id="a key held down"),
        pytest.param(
            but(reason="薬の禁忌を知る必要がある"), READY, Objection.NO_REASON, id="too short"
        ),
        pytest.param(
            but(reason=f"{REASON} 4908 7111-8275"), READY, Objection.NUMBER_IN_TEXT, id="number"
        ),
        pytest.param(
            but(officer=FULL_WIDTH), READY, Objection.NUMBER_IN_TEXT, id="number, full width"
        ),
        pytest.param(but(reason=REASON + "\n"), READY, Objection.NUMBER_IN_TEXT, id="newline"),
        pytest.param(but(categories=frozenset()), READY, Objection.NO_CATEGORY, id="nothing"),
        pytest.param(
            but(categories=frozenset({"medication", "basic"})),
            READY,
            Objection.BEYOND_BASIS,
            id="not for health",
        ),
        pytest.param(but(lasts=timedelta(0)), READY, Objection.TOO_LONG, id="for no time"),
        pytest.param(but(told_after=-DAY), READY, Objection.TOLD_TOO_LATE, id="told before"),
        pytest.param(
            but(CALL_UP),
            replace(READY, registered=False),
            Objection.NOT_REGISTERED,
            id="call-up",
        ),
        pytest.param(but(RESEARCH), Circumstances(), Objection.NOT_NOTIFIED, id="no notice"),
        pytest.param(
            but(RESEARCH),
            replace(READY, notified_at=LONG_AGO + DAY + timedelta(seconds=1)),
            Objection.JUST_NOTIFIED,
            id="a fresh notice",
        ),
        pytest.param(
            but(RESEARCH), replace(READY, opted_out=True), Objection.OPTED_OUT, id="opted out"
        ),
        pytest.param(
            but(), prohibited(Prohibitor.COURT), Objection.COURT_ORDER, id="a court's order"
        ),
        pytest.param(but(), replace(READY, opted_out=True), None, id="opted out, an emergency"),
        pytest.param(but(), prohibited(Prohibitor.PERSON), None, id="the person's prohibition"),
        pytest.param(
            but(), prohibited(Prohibitor.COURT, "app-1"), None, id="a court's, to an app"
        ),
    ],
)
def test_the_first_objection_is_the_answer(
    wish: Wish, person: Circumstances, objection: Objection | None
) -> None:
    answer = decide_without(wish, person, POLICY, NOON)
    if objection is None:
        assert isinstance(answer, Allowed)
    else:
        assert answer == Refused(objection)


@given(st.lists(st.sampled_from(["test", "緊急", "TEST", "業務のため", "確認", " ", "…"])))
def test_filler_says_nothing_however_much_there_is(words: list[str]) -> None:
    assert substance("".join(words)) == 0
    assert substance("".join(words) + REASON) == substance(REASON)


@pytest.mark.parametrize("days", [-1, NOTICE_CAP.days + 1])
def test_no_policy_tells_people_later_than_the_cap(days: int) -> None:
    with pytest.raises(InvalidTermsError):
        Policy(frozenset(), told_within=timedelta(days=days))


def test_a_policy_can_have_people_told_sooner() -> None:
    at_once = Policy(POLICY.health, told_within=timedelta(0))
    late = but(told_after=timedelta(hours=1))
    assert decide_without(late, READY, at_once, NOON) == Refused(Objection.TOLD_TOO_LATE)


def test_a_consent_cannot_claim_another_basis(granted: ConsentVersion) -> None:
    for basis in RULES:
        with pytest.raises(InvalidTermsError):
            replace(granted.terms, legal_basis=basis).check()


CASE = Case(
    id=UUID(int=7),
    holder=bytes(32),
    basis=WISH.basis,
    authority=WISH.authority,
    officer=WISH.officer,
    reason=WISH.reason,
    categories=("medication",),
    opened_at=NOON,
    until=NOON + timedelta(hours=1),
    told_from=NOON + 3 * DAY,
    review_by=NOON + 7 * DAY,
)


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_a_review_moves_by_the_table_alone(state: State, act: Act) -> None:
    case = replace(CASE, state=state)
    if (state, act) not in ACTS:
        with pytest.raises(CaseSettledError):
            case.settled(act, "監察官02", "記録と一致", NOON)
        return
    settled = case.settled(act, "監察官02", "記録と一致", NOON)
    assert (settled.state, settled.reviewer) == (ACTS[state, act], "監察官02")
    with pytest.raises(OwnCaseError):
        case.settled(act, case.officer, "記録と一致", NOON)
    with pytest.raises(NoReasonError):
        case.settled(act, "監察官02", " ", NOON)


@pytest.mark.parametrize(
    ("state", "at", "status"),
    [
        (State.OPEN, CASE.review_by - timedelta(seconds=1), Status.OPEN),
        (State.OPEN, CASE.review_by, Status.OVERDUE),
        (State.UPHELD, CASE.review_by, Status.UPHELD),
        (State.OBJECTED, CASE.review_by + 99 * DAY, Status.OBJECTED),
    ],
)
def test_a_review_is_overdue_by_the_clock(state: State, at: datetime, status: Status) -> None:
    assert replace(CASE, state=state).status(at) is status
