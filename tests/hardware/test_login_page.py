"""A login with a card on a reader, from the login page, with the PIN in the agent's window."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from card_reader.emulator.card import Card
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from tests.browser.agents import begin, pair, says
from tests.browser.conftest import chromium_of
from tests.browser.kit import Tab
from tests.card_reader.agent.process import ready
from tests.card_reader.agent.screen import ALLOW, displayed, typing
from tests.hardware.kit import inserted, simulated
from tests.journeys.kit import PERSONA, Portal, copy_keys, free_port, running

pytestmark = pytest.mark.browser

ANOTHER = "suzuki-kenichi"
PIN = ("1", "2", "3", "4", "Return")


@pytest.fixture
def tab(template: Path, tmp_path: Path) -> Iterator[Tab]:
    """A browser's tab, and a portal whose login page looks for an agent."""
    data = tmp_path / "data"
    copy_keys(template, data)
    made = Portal(data, free_port(), agent_port=free_port())
    with running(made) as portal, chromium_of(os.environ) as browser:
        context = browser.new_context(locale="ja")
        tab = Tab.open(context, portal)
        yield tab
        assert tab.complaints == []


def test_a_card_on_a_reader_logs_in_by_page_agent_and_window(
    service: PrivatePcscd, tab: Tab, tmp_path: Path
) -> None:
    card = tab.portal.data / "cards" / f"{PERSONA}.json"
    with simulated(service, card):
        pass  # it has shown its mark, and lies on no reader now
    where = ("--portal", tab.portal.url, "--port", str(tab.portal.agent_port))
    with displayed() as screen:
        nothing = os.open(os.devnull, os.O_RDONLY)
        agent = ready(tmp_path, nothing, *where, DISPLAY=screen)
        os.close(nothing)
        try:
            begin(tab)
            with typing(screen, "Pairing", *ALLOW):
                pair(tab, str(agent.told["pairing_code"]))
                says(tab, "カードをリーダーに置いてください")
            with inserted(service, Card.load(card)):
                says(tab, "確認コードを見比べて")
                with typing(screen, "Confirm", "Return"):
                    says(tab, "暗証番号は、この画面ではなくエージェントに")
                with typing(screen, "PIN", *PIN):
                    tab.page.wait_for_url(f"{tab.portal.url}/", timeout=10_000)
                tab.go("/my-card")
                tab.see("マイナンバーカード")
                _choose_between_two(service, tab)
        finally:
            agent.process.terminate()
            agent.process.wait(10)
    assert tries(card, JPKI_PIN) == 3


def _choose_between_two(service: PrivatePcscd, tab: Tab) -> None:
    """With a second card on another reader, the person says which; and gives up."""
    other = tab.portal.data / "cards" / f"{ANOTHER}.json"
    with inserted(service, Card.load(other), 1):
        begin(tab)
        says(tab, "複数のリーダーにカードがあります")
        assert tab.page.locator("#agent-choose strong").all_inner_texts() == [*service.readers]
        tab.page.locator("#agent-choose input").last.check()
        tab.page.locator("[form=agent-choose]").click()
        says(tab, "確認コードを見比べて")
        tab.page.locator("#agent-cancel").click()
        says(tab, "ログインを取りやめました")
