"""A suspended card keeps its holder from acting for others, and nobody from acting for them."""

from datetime import timedelta
from pathlib import Path

import pytest

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import Kind
from mynaportal_sim.pki import service as authorities
from mynaportal_sim.pki.certificate import Leaf
from mynaportal_sim.pki.model import RevocationReason
from tests.mynaportal_sim.web.acting import (
    CHIYO,
    HIKARI,
    KAORU,
    MAI,
    SHIORI,
    YUI,
    acting,
    allow,
    ask,
    listed,
    logged_in,
)
from tests.mynaportal_sim.web.kit import JSON, Browser, Portal

_WARNINGS = {
    "ja": "あなたのカードを紛失したり、一時停止したり、期限が切れたりしても、"
    "代理人は手続きを続けられます。",
    "en": "A proxy goes on acting for you when your card is lost, suspended or expired.",
    "ja-easy": "カードをなくしても、代わりの人は、代わりを続けることができます。",
}


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


def suspend_card(portal: Portal, persona: str) -> None:
    """Revoke what the card logs in by, as after a call that it is lost."""
    state, kind = portal.web.state, Kind.USER_AUTHENTICATION
    card = Jpki(Session(Card.load(state.settings.cards / f"{persona}.json")))
    serial = Leaf.parse(card.certificate(kind)).certificate.serial_number
    revoked = (state.authority[kind], serial, RevocationReason.KEY_COMPROMISE)
    assert state.database.run(authorities.revoke, *revoked, state.clock.now())


def kept_out(portal: Portal, persona: str) -> Browser:
    """The browser of somebody whose card lets them in no more."""
    browser = portal.browser()
    refused = browser.log_in(persona)
    assert (refused.status_code, "失効しています" in refused.text) == (422, True)
    return browser


@pytest.mark.parametrize(
    ("principal", "agent"),
    [
        pytest.param(CHIYO, KAORU, id="proxy"),
        pytest.param(HIKARI, SHIORI, id="guardian"),
    ],
)
def test_a_principals_suspended_card_cuts_off_nobody_who_acts_for_them(
    portal: Portal, principal: str, agent: str
) -> None:
    before = acting(portal, agent)
    suspend_card(portal, principal)
    kept_out(portal, principal)
    for browser in (before, acting(portal, agent)):
        allow(browser, ask(portal, browser))
    given = listed(before, "/consents", "consents")
    assert {one["state"] for one in given} == {"granted" if agent == KAORU else "deferred"}


@pytest.mark.parametrize("language", _WARNINGS)
def test_a_person_reads_before_they_let_anybody_act_that_no_suspended_card_stops_a_proxy(
    portal: Portal, language: str
) -> None:
    page = logged_in(portal, CHIYO).get(f"/proxies?lang={language}").text
    invitation = page.index('<form method="post" action="/proxies">')
    assert 0 < page.index(_WARNINGS[language]) < invitation


@pytest.mark.parametrize(
    ("principal", "agent"),
    [
        pytest.param(CHIYO, KAORU, id="proxy"),
        pytest.param(YUI, MAI, id="guardian"),
    ],
)
def test_an_agents_own_suspended_card_lets_them_act_for_nobody_from_the_next_login_on(
    portal: Portal, principal: str, agent: str
) -> None:
    suspend_card(portal, agent)
    browser = kept_out(portal, agent)
    for path in ("/acting-for", "/consents"):
        asked = browser.get(path, **JSON)
        assert (asked.status_code, asked.json()["code"]) == (401, "login_required")
    [mandate] = listed(logged_in(portal, principal), "/proxies", "for_me")
    assert mandate["status"] == "有効"


def test_no_session_that_an_agent_had_before_outlives_its_eight_hours(portal: Portal) -> None:
    browser = acting(portal, KAORU)
    suspend_card(portal, KAORU)
    for _ in range(16):  # in use all the time
        portal.web.state.clock.forward(timedelta(minutes=29))
        last = browser.get("/consents", **JSON).status_code
    assert last == 200
    portal.web.state.clock.forward(timedelta(minutes=20))
    assert browser.get("/consents", **JSON).status_code == 401
    kept_out(portal, KAORU)
