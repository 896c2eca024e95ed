"""An agent beside a browser, and a person at both."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.kit import Tab
from tests.card_reader.agent.process import Running, ready

WORDS = "#agent-said [data-what]"


@dataclass
class Beside:
    """An agent with an emulated card, whose PIN comes down a pipe."""

    running: Running
    pipe: int

    @property
    def code(self) -> str:
        """A pairing code that is good now."""
        return str(self.running.command("pair")["pairing_code"])

    def enter(self, pin: str) -> None:
        """Type a PIN at the agent."""
        os.write(self.pipe, f"{pin}\n".encode())


@contextmanager
def agent_beside(place: Path, tab: Tab, card: Path, portal: str = "") -> Iterator[Beside]:
    """An agent for the tab's portal or another, on the port where its page looks for one."""
    reading, writing = os.pipe()
    where = ("--portal", portal or tab.portal.url, "--port", str(tab.portal.agent_port))
    running = ready(place, reading, *where, "--card", card, "--pin-fd", "0")
    os.close(reading)
    try:
        yield Beside(running, writing)
    finally:
        running.process.terminate()
        running.process.wait(10)
        os.close(writing)


def allow_loopback(context: BrowserContext, tab: Tab, setting: str) -> None:
    """Have a person's answer to the browser's question be there before it is asked."""
    session = context.new_cdp_session(tab.page)
    profile = session.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    wanted = {
        "permission": {"name": "loopback-network"},
        "setting": setting,
        "origin": tab.portal.url,
        "browserContextId": profile,
    }
    browser = context.browser
    assert browser is not None
    browser.new_browser_cdp_session().send("Browser.setPermission", wanted)


def begin(tab: Tab, way: str = "/login") -> None:
    """Open the login page, and choose the reader of this computer."""
    tab.go(way)
    tab.page.locator("#agent-begin").click()


def pair(tab: Tab, code: str) -> None:
    """Type the pairing code that the page asks for."""
    tab.page.locator("#agent-code").fill(code)
    tab.page.locator("[form=agent-pair]").click()


def says(tab: Tab, what: str, code: str = "") -> None:
    """Wait until the panel says so, and names that code if one is given."""
    tab.page.locator(WORDS).filter(has_text=what).wait_for(timeout=10_000)
    named = tab.page.locator("#agent-said [data-code]")
    assert named.is_visible() is bool(code)
    assert not code or named.inner_text() == code
