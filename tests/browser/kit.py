"""A browser's tab that tells on the page in it, and a person's usual ways through the pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from tests.journeys.kit import Portal

PIN = "1234"
PASSWORD = "ABC123"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A page that refuses says so to the console too; whether it should is for the test.
_STATUS = "Failed to load resource: the server responded with a status of 4"
_WATCH = """
addEventListener('securitypolicyviolation',
  event => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));
window.shift = 0;
new PerformanceObserver(list => list.getEntries()
  .filter(entry => !entry.hadRecentInput).forEach(entry => { window.shift += entry.value }))
  .observe({ type: 'layout-shift', buffered: true });
"""
_FAULTS_ONLY = {"resultTypes": ["violations"]}
"""What axe reports in full; to describe what is right takes it as long as to look."""
_SMALL_TARGETS = """
[...document.querySelectorAll(`button, .button, select, summary, nav a, .links a,
  label:has(input), input:not([type=hidden]):not([type=checkbox]):not([type=radio])`)]
  .filter(one => one.getClientRects().length && one.getBoundingClientRect().height < 43.5)
  .map(one => one.outerHTML.slice(0, 80))
"""
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_OUTLINE = """
() => { const one = document.activeElement, style = getComputedStyle(one);
  return [one.outerHTML.slice(0, 80), style.outlineStyle, parseFloat(style.outlineWidth)] }
"""


@dataclass
class Tab:
    """One tab of one person's browser; `complaints` is what its pages must not have done."""

    page: Page
    portal: Portal
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, context: BrowserContext, portal: Portal) -> "Tab":
        """A new tab, watched from its first request on."""
        page = context.new_page()
        tab = cls(page, portal)
        page.add_init_script(_WATCH)
        page.on("console", tab._hear)
        page.on("pageerror", lambda error: tab.complaints.append(f"error {error}"))
        page.on("request", tab._follow)
        return tab

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_STATUS):
            self.complaints.append(f"console {message.text}")

    def _follow(self, request: Request) -> None:
        portal = self.portal
        ports = (portal.app_port, portal.agent_port)
        own = {f"localhost:{portal.port}", *(f"127.0.0.1:{port}" for port in ports)}
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc not in own:
            self.complaints.append(f"request to {request.url}")

    @property
    def app(self) -> str:
        """The sample app's address."""
        return self.portal.app_url

    def go(self, path: str) -> None:
        """Open a page of the portal."""
        self.page.goto(f"{self.portal.url}{path}")

    def see(self, text: str) -> None:
        """Wait until the page shows `text`."""
        self.page.get_by_text(text).first.wait_for(timeout=10_000)

    def press(self, what: str) -> None:
        """Press the first button or link that `what` selects, and wait for where it leads."""
        with self.page.expect_navigation():
            self.page.locator(what).first.click()

    def log_in(self, persona: str, pin: str = PIN) -> None:
        """Answer the login form that is shown."""
        self.page.locator(f"input[value='{persona}']").check()
        self.page.fill("#pin", pin)
        self.press("form[action='/login/soft'] button")

    def connect(self, *categories: str, page: str = "/") -> None:
        """Have the sample app ask for categories, on that page of its."""
        self.page.goto(f"{self.app}{page}")
        for box in self.page.locator("input[name=category]").all():
            box.set_checked(box.get_attribute("value") in categories)
        self.press("form.connect button")

    def decide(self, *categories: str) -> None:
        """Consent to categories; to none is to refuse."""
        for category in categories:
            self.page.locator(f"input[name=category][value={category}]").check()
        answer = "allow" if categories else "deny"
        self.press(f"button[value={answer}]")

    def sign(self, password: str) -> None:
        """Answer the form for signatures that is shown, by the certificate for them."""
        self.page.locator("input[value=signing]").check()
        self.page.fill("#pin", password)
        self.press("form[action$='/signature'] button")

    def judge(self, name: str, *, axe: bool) -> list[str]:
        """What is wrong with the page that is shown, by measure."""
        found = [f"{name}: too small a target: {one}" for one in self._ask(_SMALL_TARGETS)]
        if (beyond := self._ask(_OVERFLOW)) > 0:
            found.append(f"{name}: {beyond} px wider than the window")
        if (shift := self._ask("window.shift")) > 0.01:
            found.append(f"{name}: layout shift {shift:.3f}")
        if axe:
            results = Axe().run(self.page, options=_FAULTS_ONLY)
            found += [
                f"{name}: axe {one['id']}: {node['html'][:120]}"
                for one in results.response["violations"]
                for node in one["nodes"]
            ]
        return found

    def walk_by_keyboard(self, steps: int) -> list[str]:
        """Press Tab so often; the elements that did not show that they have the focus."""
        blind = []
        for _ in range(steps):
            self.page.keyboard.press("Tab")
            html, style, width = self.page.evaluate(_OUTLINE)
            if not html.startswith("<body") and (style == "none" or width < 2):
                blind.append(html)
        return blind

    def _ask(self, script: str) -> Any:
        return self.page.evaluate(script)


NewTab = Callable[..., Tab]
