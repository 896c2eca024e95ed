"""Who could get data now follows from consents, keys and the clock, by the rule of consent."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from consent.model import (
    ConsentRule,
    ConsentVersion,
    Datum,
    DeclaredPurpose,
    Evidence,
    Notice,
    State,
    Supervision,
    Terms,
)
from consent.policy import Deny, Reason
from mynaportal_sim.apps.access_keys import Key
from mynaportal_sim.disclosure.present import Arranged, Present
from tests.mynaportal_sim.disclosure.kit import BEGIN

ARRANGEMENT, FIRST, SECOND = UUID(int=10), UUID(int=100), UUID(int=101)
HOUR = timedelta(hours=1)
RULE = ConsentRule("checkup", date(2022, 1, 1), date(2026, 12, 31))
GRANTED = ConsentVersion(
    resident_id=UUID(int=1),
    id=FIRST,
    arrangement_id=ARRANGEMENT,
    number=1,
    supersedes=None,
    app_id="walking-app",
    app_name="あるく",
    asked=(RULE,),
    terms=Terms(
        rules=(RULE,),
        purpose=DeclaredPurpose("self-care", "推移を見るため"),
        recipients=(),
        valid_from=BEGIN,
        valid_until=BEGIN + 10 * HOUR,
        notice=Notice("1", "ja"),
        supervision=Supervision("個人情報保護管理者"),
    ),
    evidence=Evidence("soft", "jpki"),
    state=State.GRANTED,
    answered_at=BEGIN,
    state_since=BEGIN,
)
AMENDED = replace(GRANTED, id=SECOND, number=2, supersedes=FIRST, answered_at=BEGIN + HOUR)
SUPERSEDED = replace(GRANTED, state=State.SUPERSEDED)
KEY = Key(ARRANGEMENT, FIRST, BEGIN, BEGIN + 10 * HOUR, None)


def _now(
    consents: list[ConsentVersion], keys: list[Key], now: datetime = BEGIN + 2 * HOUR
) -> Arranged:
    [one] = Present(consents, {}, now).arranged(keys)
    return one


def test_who_has_consent_and_a_key_could_get_it_now() -> None:
    one = _now([GRANTED], [KEY])
    assert one.permitted
    assert one.reachable
    [step] = one.decision.trace
    assert step.gives.admits(Datum(UUID(int=1), RULE.category, RULE.period_from))


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="none"),
        pytest.param([KEY._replace(revoked=BEGIN)], id="revoked"),
        pytest.param([KEY._replace(ends=BEGIN + 2 * HOUR)], id="ended"),
        pytest.param([KEY._replace(arrangement_id=UUID(int=9))], id="to another arrangement"),
        pytest.param([KEY._replace(version_id=UUID(int=9))], id="of an unknown consent"),
    ],
)
def test_without_a_good_key_nothing_could_be_had_though_it_may(keys: list[Key]) -> None:
    one = _now([GRANTED], keys)
    assert one.permitted
    assert not one.reachable


@pytest.mark.parametrize(
    ("consent", "now", "reason"),
    [
        pytest.param(
            replace(GRANTED, state=State.WITHDRAWN), BEGIN, Reason.WITHDRAWN, id="withdrawn"
        ),
        pytest.param(GRANTED, BEGIN + 10 * HOUR, Reason.EXPIRED, id="expired"),
        pytest.param(GRANTED, BEGIN - HOUR, Reason.NOT_YET_VALID, id="not yet valid"),
    ],
)
def test_a_key_is_worth_nothing_without_the_consent(
    consent: ConsentVersion, now: datetime, reason: Reason
) -> None:
    one = _now([consent], [KEY._replace(ends=BEGIN + 99 * HOUR)], now)
    assert isinstance(one.decision, Deny)
    assert one.decision.reason is reason
    assert not one.reachable
    [key] = one.keys
    assert isinstance(key.decision, Deny)
    assert key.decision.reason is reason


def test_a_key_dies_with_the_version_it_came_of_though_a_newer_consent_stands() -> None:
    one = _now([AMENDED, SUPERSEDED], [KEY])
    assert one.version.id == SECOND
    assert one.permitted
    assert not one.reachable
    [key] = one.keys
    assert isinstance(key.decision, Deny)
    assert key.decision.reason is Reason.REPLACED
    newer = KEY._replace(version_id=SECOND, since=BEGIN + HOUR)
    assert _now([AMENDED, SUPERSEDED], [KEY, newer]).reachable


def test_what_was_never_granted_is_not_named() -> None:
    denied = replace(GRANTED, state=State.DENIED)
    assert Present([denied], {}, BEGIN).arranged([KEY]) == []


def test_the_newest_answer_comes_first() -> None:
    other = replace(
        GRANTED, id=SECOND, arrangement_id=UUID(int=11), app_id="b", answered_at=BEGIN + HOUR
    )
    found = Present([GRANTED, other], {}, BEGIN + 2 * HOUR).arranged([])
    assert [one.version.id for one in found] == [SECOND, FIRST]


def test_a_purpose_in_other_words_gives_nothing_until_the_app_has_asked_again() -> None:
    [one] = Present([GRANTED], {GRANTED.app_id: 2}, BEGIN + 2 * HOUR).arranged([KEY])
    assert isinstance(one.decision, Deny)
    assert one.decision.reason is Reason.PURPOSE_CHANGED
    assert not one.reachable
