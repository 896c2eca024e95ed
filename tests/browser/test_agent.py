"""The login page and an agent: found or not, paired, each step shown, each end explained."""

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser

from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from tests.browser.agents import Beside, agent_beside, allow_loopback, begin, pair, says
from tests.browser.conftest import WIDE, launched
from tests.browser.kit import PIN, NewTab, Tab
from tests.journeys.kit import Portal, copy_world, free_port, running

PHONE = (390, 844)
PAIRING = "ペアリングします"
ENTER = "暗証番号は、この画面ではなくエージェントに"
SOMETHING_ELSE = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
WITHIN = 10.0  # seconds


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal whose page looks for agents where no other test has one."""
    data = tmp_path_factory.mktemp("agent") / "data"
    copy_world(template, data)
    made = Portal(data, free_port(), app_port=free_port(), agent_port=free_port())
    with running(made) as started:
        yield started


@pytest.fixture(scope="module")
def guarding(chromium: Browser, portal: Portal) -> Iterator[Browser]:
    """A browser to which the portal is a public site, as Chromium judges by the address."""
    public = f"--ip-address-space-overrides=127.0.0.1:{portal.port}=public"
    browser = launched(chromium.browser_type, os.environ, public)
    yield browser
    browser.close()


def card_of(tab: Tab, persona: str) -> Path:
    return tab.portal.data / "cards" / f"{persona}.json"


def excuse(tab: Tab, *faults: str) -> None:
    """Take from the tab's complaints what a browser says of a connection that fails."""
    assert tab.complaints
    tab.complaints[:] = [
        one for one in tab.complaints if not any(fault in one for fault in faults)
    ]


def at_the_pin(tab: Tab, agent: Beside) -> None:
    """Begin, pair, and go as far as the PIN."""
    begin(tab)
    says(tab, PAIRING)
    pair(tab, agent.code)
    says(tab, ENTER)


def test_a_card_logs_in_and_the_person_goes_on_to_the_app(
    new_tab: NewTab, tmp_path: Path
) -> None:
    tab = new_tab()
    with agent_beside(tmp_path, tab, card_of(tab, "takahashi-hinata")) as agent:
        tab.connect("checkup")
        tab.page.locator("#agent-begin").click()
        says(tab, PAIRING)
        pair(tab, "00000000")
        tab.page.locator("#agent-code-problem").wait_for()
        assert tab.page.evaluate("document.activeElement.id") == "agent-code"
        code = agent.code
        pair(tab, f" {code[:4]} {code[4:]} ")
        says(tab, ENTER)
        shown = tab.page.locator("#agent-words .big").inner_text()
        assert re.fullmatch(r"[A-Z2-7]{3}-[A-Z2-7]{3}", shown)
        agent.enter(PIN)
        tab.decide("checkup")
        tab.page.wait_for_url(f"{tab.app}/")
        begin(tab)
        says(tab, ENTER)  # what has paired stays so in its tab
        agent.running.command("revoke")
        tab.page.locator("#agent-cancel").click()
        tab.page.locator("#agent-again").click()
        says(tab, PAIRING)
        tab.page.locator("#agent-cancel").click()
        says(tab, "ログインを取りやめました")
        tab.page.locator("#agent-others").click()
        assert tab.page.evaluate("document.activeElement.id") == "agent-begin"


def wrong_pin(tab: Tab, agent: Beside) -> None:
    agent.enter("9999")
    says(tab, "暗証番号が違いました", "pin_incorrect")
    assert "残り回数: 2" in tab.page.locator("#agent-said").inner_text()


def malformed_pin(tab: Tab, agent: Beside) -> None:
    agent.enter("12")
    says(tab, "カードには送信していません", "pin_malformed")


def cancelled_here(tab: Tab, agent: Beside) -> None:
    tab.page.locator("#agent-cancel").click()
    says(tab, "ログインを取りやめました")
    _until_logged(agent, "cancelled")


def killed(tab: Tab, agent: Beside) -> None:
    agent.running.process.kill()
    says(tab, "途中でエージェントが終了しました")
    assert tab.page.locator("#agent-start pre").is_visible()
    excuse(tab, "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_INCOMPLETE", "ERR_FAILED")


ENDS: dict[str, tuple[Callable[[Tab, Beside], None], int]] = {
    "malformed PIN": (malformed_pin, 3),
    "cancelled in the page": (cancelled_here, 3),
    "wrong PIN": (wrong_pin, 2),
    "agent killed": (killed, 2),
}


def test_each_end_is_told_with_what_to_do(new_tab: NewTab, tmp_path: Path) -> None:
    tab = new_tab()
    card = card_of(tab, "suzuki-kenichi")
    with agent_beside(tmp_path, tab, card) as agent:
        begin(tab)
        says(tab, PAIRING)
        pair(tab, agent.code)
        for end, left in ENDS.values():
            says(tab, ENTER)
            end(tab, agent)
            assert tries(card, JPKI_PIN) == left
            assert tab.page.evaluate("document.activeElement.id") == "agent-said"
            tab.page.locator("#agent-again").click()
        says(tab, "見つかりません")
        excuse(tab, "ERR_CONNECTION_REFUSED")


def test_what_the_portal_refuses_is_told_with_what_to_do(
    new_tab: NewTab, tmp_path: Path
) -> None:
    tab = new_tab("en")
    with agent_beside(tmp_path, tab, card_of(tab, "nakamura-naoki")) as agent:
        begin(tab)
        says(tab, "Pair this page")
        pair(tab, agent.code)
        agent.enter(PIN)
        says(tab, "certificate has been revoked", "cert_revoked")
        assert "the card that took its place" in tab.page.locator("#agent-said").inner_text()


def test_nobody_types_a_pin_for_a_challenge_that_has_expired(
    new_tab: NewTab, tmp_path: Path
) -> None:
    tab = new_tab()
    tab.page.clock.install()
    with agent_beside(tmp_path, tab, card_of(tab, "sato-hanako")) as agent:
        at_the_pin(tab, agent)
        tab.page.clock.fast_forward(120_000)
        says(tab, "制限時間を過ぎました", "nonce_expired")
        _until_logged(agent, "cancelled")


def test_a_page_that_is_closed_lets_the_card_go(new_tab: NewTab, tmp_path: Path) -> None:
    tab = new_tab()
    with agent_beside(tmp_path, tab, card_of(tab, "suzuki-kenichi")) as agent:
        at_the_pin(tab, agent)
        tab.go("/")
        _until_logged(agent, "cancelled")


def test_an_agent_that_is_missing_or_another_portals_is_told_with_the_command(
    new_tab: NewTab, tmp_path: Path
) -> None:
    tab = new_tab()
    begin(tab)
    says(tab, "このパソコンでエージェントが見つかりません")
    command = tab.page.locator("#agent-start pre").inner_text()
    where = f"--portal {tab.portal.url} --port {tab.portal.agent_port}"
    assert command == f"./mynasim agent run {where}"
    excuse(tab, "ERR_CONNECTION_REFUSED")
    card = card_of(tab, "sato-hanako")
    with agent_beside(tmp_path, tab, card, portal="http://127.0.0.1:1"):
        tab.page.locator("#agent-again").click()
        says(tab, "このポータルは対象になっていません")
        assert tab.page.locator("#agent-start pre").is_visible()
        excuse(tab, "CORS", "ERR_FAILED")
    with tab.page.expect_navigation():
        tab.page.locator("#agent-command").click()  # the way without a browser's help
    tab.page.locator("pre.command").first.wait_for()


def test_who_does_not_answer_at_once_is_waited_for_and_must_be_an_agent(
    new_tab: NewTab,
) -> None:
    """As when the browser asks the person first, and lets the request go on afterwards."""
    tab = new_tab()
    with socket.create_server(("127.0.0.1", tab.portal.agent_port or 0)) as server:
        begin(tab)
        asked, _ = server.accept()
        asked.recv(4096)
        says(tab, "ブラウザが確認しています")
        asked.sendall(SOMETHING_ELSE)
        says(tab, "エージェントではないプログラム")
        asked.close()


def test_without_scripts_the_command_alone_is_offered(new_tab: NewTab) -> None:
    tab = new_tab(scripts=False)
    tab.go("/login")
    assert tab.page.locator("#by-command button").is_visible()
    assert not tab.page.locator("#agent-begin").is_visible()


@pytest.mark.parametrize(
    ("permission", "told"),
    [
        pytest.param("denied", "does not let this page reach", id="denied"),
        pytest.param("granted", "Pair this page", id="granted"),
    ],
)
def test_a_browser_that_guards_loopback(
    portal: Portal, guarding: Browser, tmp_path: Path, permission: str, told: str
) -> None:
    """Local Network Access, with a portal that the browser takes for a public one."""
    context = guarding.new_context(locale="en")
    tab = Tab.open(context, portal)
    tab.go("/login")
    allow_loopback(context, tab, permission)
    with agent_beside(tmp_path, tab, card_of(tab, "sato-hanako")):
        begin(tab)
        says(tab, told)
        assert tab.page.locator("#agent-command").is_visible() is (permission == "denied")
    context.close()


@pytest.mark.parametrize(("language", "size"), [("ja", WIDE), ("en", PHONE)])
def test_each_step_is_one_that_everybody_can_use(
    new_tab: NewTab, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    tab = new_tab(language, size)
    faults = []
    with agent_beside(tmp_path, tab, card_of(tab, "sato-hanako")) as agent:
        begin(tab)
        tab.page.locator("#agent-code").wait_for()
        faults += tab.judge("pair", axe=True)
        pair(tab, agent.code)
        tab.page.locator("#agent-words").wait_for()
        faults += tab.judge("PIN", axe=True)
        agent.running.process.kill()
        tab.page.locator("#agent-start").wait_for()
        tab.page.evaluate("window.shift = 0")  # no press of the person's has brought this
        faults += tab.judge("gone", axe=True)
    excuse(tab, "ERR_")
    assert faults == []


def _until_logged(agent: Beside, what: str) -> None:
    deadline = monotonic() + WITHIN
    while what not in agent.running.log.read_text():
        assert monotonic() < deadline
        sleep(0.05)
