"""Soft cards: the PIN rules C1 to C6 as a person meets them in the browser, and S1 to S4."""

import asyncio
import logging
import re
from datetime import timedelta
from os import urandom
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.personalise import write_card
from card_reader.spec import Kind
from card_reader.statement import session_hash
from mynaportal_sim.issuing.register import register
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Presented
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.service import Refused, log_in
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.settings import Mode, Settings
from tests.mynaportal_sim.login.conftest import NOW, ORIGIN, Portal

HANAKO = "sato-hanako"


def tries(portal: Portal, persona: str = HANAKO) -> int:
    return Jpki(Session(portal.card(persona))).tries(Kind.USER_AUTHENTICATION)


def test_a_soft_card_lets_its_persona_in(portal: Portal) -> None:
    browser = portal.browser()
    before = browser.session_id
    answer = browser.soft(HANAKO, interaction="abc-123")
    assert (answer.status_code, answer.json()) == (200, {"interaction": "abc-123"})
    assert browser.session_id != before
    person = browser.get("/me").json()
    assert person["resident_id"] == portal.id_of(HANAKO)
    assert person["amr"] == ["sc", "pin", "sim-card"]


def test_s2_the_ledger_says_that_the_card_was_soft(portal: Portal) -> None:
    portal.browser().soft(HANAKO)
    [(kind, fields)] = portal.entries()
    assert (kind, fields["channel"]) == ("login.accepted", "soft")


def test_c1_a_wrong_pin_costs_one_try(portal: Portal) -> None:
    browser = portal.browser()
    answer = browser.soft(HANAKO, "9999")
    assert answer.json() == {"code": "pin_incorrect", "left": 2}
    assert tries(portal) == 2
    assert browser.who() is None
    [(kind, fields)] = portal.entries()
    assert (kind, fields["reason"]) == ("login.refused", "pin_incorrect")


def test_c2_three_wrong_pins_lock_the_card_for_good(portal: Portal) -> None:
    browser = portal.browser()
    answers = [browser.soft(HANAKO, "9999", last_try=True).json() for _ in range(3)]
    assert [answer["left"] for answer in answers] == [2, 1, 0]
    assert answers[-1]["code"] == "pin_locked"
    assert browser.soft(HANAKO).json() == {"code": "pin_locked", "left": 0}


def test_c3_the_last_try_is_spent_only_on_request(portal: Portal) -> None:
    browser = portal.browser()
    for _ in range(2):
        browser.soft(HANAKO, "9999")
    assert browser.soft(HANAKO).json() == {"code": "pin_last_try", "left": 1}
    assert tries(portal) == 1
    assert browser.soft(HANAKO, last_try=True).status_code == 200
    assert tries(portal) == 3


FULL_WIDTH = "\uff11\uff12\uff13\uff14"


@pytest.mark.parametrize("pin", ["123", "12345", "12a4", "", FULL_WIDTH, "1234\n", "\x00"])
def test_c4_a_malformed_pin_never_reaches_the_card(portal: Portal, pin: str) -> None:
    answer = portal.browser().soft(HANAKO, pin)
    assert answer.json() == {"code": "pin_malformed", "left": None}
    assert tries(portal) == 3


def test_c5_the_right_pin_gives_the_tries_back(portal: Portal) -> None:
    browser = portal.browser()
    browser.soft(HANAKO, "9999")
    assert browser.soft(HANAKO).status_code == 200
    assert tries(portal) == 3


def test_c6_a_pin_is_in_no_table_log_or_answer(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = portal.browser()
    said = [browser.soft(HANAKO, pin).text for pin in ("7391", "1234")]
    with portal.database.engine.connect() as connection:
        stored = [
            str(tuple(row))
            for table in SQLModel.metadata.sorted_tables
            if table.name != "residents"  # whose personas' test PINs are published
            for row in connection.execute(select(table))
        ]
    assert stored
    for pin in ("7391", "1234"):
        as_text = re.compile(rf"(?<![0-9A-Za-z]){pin}(?![0-9A-Za-z])")
        for text in (*said, *stored, caplog.text):
            assert not as_text.search(text)
            assert pin.encode().hex() not in text


def test_c9_a_verified_pin_does_not_outlast_the_login(portal: Portal) -> None:
    browser = portal.browser()
    assert browser.soft(HANAKO).status_code == 200
    browser.open()
    assert browser.soft(HANAKO, "9999").json()["code"] == "pin_incorrect"


@pytest.mark.parametrize(
    ("persona", "code"),
    [
        pytest.param("yamamoto-daisuke", "cert_expired", id="expired"),
        pytest.param("nakamura-naoki", "cert_revoked", id="revoked"),
        pytest.param("kobayashi-sakura", "pin_locked", id="locked"),
    ],
)
def test_a_card_in_a_bad_state_says_which(portal: Portal, persona: str, code: str) -> None:
    assert portal.browser().soft(persona).json()["code"] == code


@pytest.mark.parametrize(
    "persona", ["nobody", "", "../cards/sato-hanako", "sato-hanako.json", "SATO", "sato\x00"]
)
def test_an_unknown_persona_has_no_card(portal: Portal, persona: str) -> None:
    answer = portal.browser().soft(persona)
    assert (answer.status_code, answer.json()["code"]) == (404, "persona_not_found")


def test_a_card_that_was_issued_anew_is_the_one_that_signs(portal: Portal) -> None:
    browser = portal.browser()
    assert browser.soft(HANAKO).status_code == 200
    renewed = portal.data(HANAKO)
    cards = [(portal.residents[HANAKO], renewed)]
    portal.database.run(register, portal.issuer.authorities, cards, NOW)
    write_card(portal.cards / f"{HANAKO}.json", renewed)
    browser.open()
    assert browser.soft(HANAKO).status_code == 200
    (_, before), (_, after) = portal.entries()
    assert before["certificate"] != after["certificate"]


def test_s1_a_strict_portal_does_not_trust_a_simulated_card(
    portal: Portal, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, mode=Mode.STRICT, issuer="https://portal.example")
    strict = Trust.of(settings, portal.issuer.authorities, portal.trust.pseudonyms)
    session = portal.database.run(sessions.begin, NOW, urandom)
    wanted = Wanted(strict.origin, session_hash(session.id), Channel.AGENT)
    challenge = portal.database.run(challenges.issue, wanted, NOW, urandom)
    token = portal.sign(challenge.as_json())
    presented = Presented(token, Bearer.of(session.id), Channel.AGENT)
    outcome = portal.database.run(log_in, presented, session.id, strict, NOW, urandom)
    assert isinstance(outcome, Refused)
    assert outcome.refusal.code is Code.CERT_UNTRUSTED


def test_s4_two_data_directories_count_tries_apart(portal: Portal, tmp_path: Path) -> None:
    async def answered(directory: Path, pin: str) -> LoginToken | Refusal:
        return await SoftCards(directory).answer(HANAKO, pin, challenge)

    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for directory in (mine, theirs):
        directory.mkdir()
        write_card(directory / f"{HANAKO}.json", portal.data(HANAKO))
    wanted = Wanted(ORIGIN, "session", Channel.SOFT)
    challenge = portal.database.run(challenges.issue, wanted, NOW, urandom)
    wrong = asyncio.run(answered(mine, "9999"))
    assert wrong == Refusal(Code.PIN_INCORRECT, tries_left=2)
    assert isinstance(asyncio.run(answered(theirs, "1234")), LoginToken)


def test_a_soft_login_is_forgotten_with_its_session(portal: Portal) -> None:
    browser = portal.browser()
    browser.soft(HANAKO)
    portal.clock.time += timedelta(hours=9)
    assert browser.who() is None
