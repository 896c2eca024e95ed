"""Every page, in both languages and on both sizes, is one that everybody can use."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.browser.at_the_counter import pages_of_the_counter
from tests.browser.conftest import WIDE
from tests.browser.devices import pages_for_devices
from tests.browser.documents import pages_of_documents
from tests.browser.kit import PASSWORD, PIN, NewTab, Tab
from tests.browser.registering import register_an_app
from tests.journeys.kit import details

PHONE = (390, 844)
WITHIN = 20  # seconds
ROOT = Path(__file__).parents[2]


def _before_login(tab: Tab) -> Iterator[str]:
    for name, path in (
        ("start", "/"),
        ("nothing there", "/nowhere"),
        ("documentation", "/docs"),
        ("opened on a phone", "/x#AAAAAAAAAAAAAAAAAAAAAA"),
        ("answered before", "/interactions/00000000-0000-4000-8000-000000000000"),
        ("login", "/login"),
    ):
        tab.go(path)
        yield name
    yield from pages_of_the_counter(tab)
    tab.press("form[action='/auth/card/qr'] button")
    tab.page.locator("summary").first.click()
    yield "second device"
    tab.press("form[action$='/cancel'] button")
    yield "second device cancelled"


def _app_before(tab: Tab) -> Iterator[str]:
    tab.page.goto(f"{tab.app}/")
    yield "app: welcome"
    tab.page.goto(f"{tab.app}/nowhere")
    yield "app: nothing there"
    tab.connect()
    yield "app: nothing chosen"


def _consent(tab: Tab, persona: str) -> Iterator[str]:
    tab.connect("checkup", "medication")
    yield "login on the way to an app"
    tab.log_in(persona, "0000")
    yield "login refused"
    tab.log_in(persona, PIN)
    tab.page.locator("button[value=allow]").wait_for()
    yield "consent"
    tab.press("button[value=allow]")
    yield "consent, nothing chosen"
    for category in ("checkup", "medication"):
        tab.page.locator(f"input[name=category][value={category}]").check()
    tab.press("button[value=sign]")
    yield "to sign"
    tab.press("form[action$='/signature/reader'] button[value=signing]")
    yield "signature at a reader"
    tab.press("form[action$='/cancel'] button")
    yield "signature at a reader cancelled"
    tab.press("main .actions a.button")
    tab.sign("12")
    yield "signature refused"
    tab.sign(PASSWORD)
    tab.page.wait_for_url(f"{tab.app}/**")
    yield "app: connected"


PAGES_OF_A_PERSON = (
    ("start, logged in", "/"),
    ("consents", "/consents"),
    ("prohibitions", "/prohibitions"),
    ("user ids, none", "/user-ids"),
    ("proxies", "/proxies"),
    ("nobody to act for", "/acting-for"),
    ("history", "/history"),
    ("history, filtered", "/history?kind=access&from=2020-01-01"),
    ("history, nothing fits", "/history?to=2020-01-01"),
    ("history, unreadable", "/history?kind=x&from=yesterday"),
    ("by app", "/history/apps"),
    ("by app, by week", "/history/apps?by=week"),
    ("who could see me now", "/access"),
    ("without consent", "/without-consent"),
    ("statistics", "/statistics/without-consent"),
    ("alerts", "/alerts"),
    ("my card", "/my-card"),
    ("authorities", "/pki/cps.html"),
    ("exchanges", "/exchanges"),
    ("exchanges, filtered", "/exchanges?year=2025"),
    ("exchanges, nothing fits", "/exchanges?year=1999"),
    ("provision records", "/provision-records"),
    ("provision records, none", "/provision-records?to=2020-01-01"),
    ("log out by an app", "/end-session"),
)


def _afterwards(tab: Tab) -> Iterator[str]:
    for name in ("checkups", "medication", "sharing"):
        tab.page.goto(f"{tab.app}/{name}")
        yield f"app: {name}"
    for name, path in PAGES_OF_A_PERSON:
        tab.go(path)
        yield name
    tab.go("/consents")
    tab.press("a[href$='/records']")
    yield "records of a consent"
    tab.go("/consents")
    tab.press("section.card a.button")
    yield "receipt"
    tab.press("a.danger")
    yield "confirm withdrawal"
    tab.press("button.danger")
    yield "withdrawn"
    tab.page.goto(f"{tab.app}/checkups")
    yield "app: ended"
    tab.go("/consents")
    yield "consents, one erased"
    tab.press("section.card a.button")
    yield "receipt of what has ended"
    certificate, deadline = tab.page.locator("details summary"), monotonic() + WITHIN
    while not certificate.count() and monotonic() < deadline:  # the app brings it by itself
        tab.page.wait_for_timeout(200)
        tab.page.reload()
    certificate.last.click()
    yield "receipt with its certificate"
    tab.connect("checkup")
    tab.decide()
    tab.page.wait_for_url(f"{tab.app}/**")
    yield "app: refused"
    tab.go("/")
    tab.press("form[action='/logout'] button")
    yield "logged out"


@pytest.mark.parametrize(
    ("persona", "language", "size", "axe"),
    [
        pytest.param("sato-hanako", "ja", WIDE, True, id="Japanese, wide"),
        pytest.param("suzuki-kenichi", "en", PHONE, False, id="English, phone"),
        pytest.param(
            "hayashi-kaoru", "ja", PHONE, False, id="plain and large", marks=pytest.mark.deep
        ),
        pytest.param(
            "yoshida-sho", "en", WIDE, False, id="English, wide", marks=pytest.mark.deep
        ),
    ],
)
def test_no_page_is_found_fault_with(
    new_tab: NewTab, persona: str, language: str, size: tuple[int, int], axe: bool
) -> None:
    tab = new_tab(language, size)
    tab.portal.run("clock", "forward", "61s")  # so that no address has begun too many logins
    if (language, size) == ("ja", PHONE):
        tab.go("/?lang=ja-easy")
        tab.go("/?size=large")
    faults: list[str] = []
    walks = (
        *(_before_login(tab), _app_before(tab), _consent(tab, persona), _afterwards(tab)),
        pages_for_devices(tab, persona),
        pages_of_documents(tab, persona),
    )
    for walk in walks:
        for name in walk:
            faults += tab.judge(name, axe=axe)
    assert faults == []


def _acting(tab: Tab) -> Iterator[str]:
    tab.connect("checkup")
    tab.log_in("mori-shiori")
    tab.page.locator("button[value=allow]").wait_for()
    yield "consent, and others to answer for"
    tab.press("a[href^='/acting-for?']")
    yield "for whom I act"
    tab.press("main form[action='/acting-for'] button")
    yield "consent for a child who has a say"
    tab.decide("checkup")
    tab.page.wait_for_url(f"{tab.app}/**")
    for name, path in (
        ("start, acting", "/"),
        ("consents, acting", "/consents"),
        ("history, acting", "/history"),
        ("for whom I act, acting", "/acting-for"),
        ("not in person", "/proxies"),
    ):
        tab.go(path)
        yield name
    tab.go("/consents")
    tab.press(".acting button")
    yield "stepped down"
    tab.press("form[action='/logout'] button")
    tab.go("/login")
    tab.log_in("mori-hikari")
    tab.go("/consents")
    yield "consents, an assent awaited"
    tab.press("a[href^='/requests/']")
    yield "assent"
    tab.decide("checkup")
    yield "assented"
    tab.go("/proxies")
    yield "proxies, guardians"
    tab.press("form[action='/logout'] button")
    tab.go("/login")
    tab.log_in("watanabe-chiyo")
    tab.go("/proxies")
    tab.press("form[action='/proxies'] button")
    yield "a code"
    code = tab.page.locator("main code").inner_text()
    tab.press("form[action='/logout'] button")
    tab.go("/login")
    tab.log_in("mori-shiori")
    tab.go("/proxies")
    tab.page.fill("#code", code)
    tab.press("form[action='/proxies/accept'] button")
    yield "accept"


def test_no_page_of_acting_for_others_is_found_fault_with(new_tab: NewTab) -> None:
    tab = new_tab("ja", PHONE)
    tab.portal.run("clock", "forward", "61s")
    faults = [fault for name in _acting(tab) for fault in tab.judge(name, axe=True)]
    assert faults == []


PARTS_OF_A_CONSOLE = (
    "",
    "/purposes",
    "/arrangements",
    "/arrangements?status=withdrawn",
    "/erasures",
    "/erasures?show=certified",
    "/events",
    "/events?show=waiting",
    "/accesses",
    "/accesses?show=refusals",
    "/requests",
)


def _console(tab: Tab, persona: str) -> Iterator[str]:
    app = tab.portal.register()
    tab.go("/apps/console/open")
    yield "console: no link"
    _open_console(tab, app)
    for part in PARTS_OF_A_CONSOLE:
        tab.go(f"/apps/console{part}")
        yield f"console, empty: {part}"
    browser, redirect = tab.portal.walk(app, details("checkup"), persona=persona)
    tokens = app.redeem(redirect)
    app.fetch(tokens, "/fhir/Observation?_count=2")
    csrf = str(browser.see("/consents")["csrf"])
    browser.post("/consents/withdraw", {"csrf": csrf})
    app.fetch(tokens, "/fhir/Observation?_count=2")
    _until_told(app)
    tab.portal.run("app", "declare", app.client_id, "--purpose-text", "通院の目安を示すため")
    for part in PARTS_OF_A_CONSOLE:
        tab.go(f"/apps/console{part}")
        if tab.page.locator("summary").count():
            tab.page.locator("summary").first.click()
        yield f"console: {part}"
    tab.press("#follow a")
    yield "why a request was refused"
    tab.go("/apps/console/arrangements")
    tab.press("table a")
    yield "console: one arrangement"
    tab.press("form[action='/apps/console/log-out'] button")
    yield "console: closed"
    tab.page.fill("#token", "x")
    tab.press("main button")
    yield "console: no such link"
    yield from register_an_app(tab)


def _open_console(tab: Tab, app: RelyingParty) -> None:
    """Follow a link, of which the browser sends the secret by the button alone."""
    link = tab.portal.run("app", "open", app.client_id).strip()
    token = link.partition("#")[2]
    tab.page.goto(link)
    tab.page.wait_for_function(
        "token => document.getElementById('token').value === token", arg=token
    )
    other = tab.page.locator(".languages a").first.get_attribute("href")
    assert str(other).endswith(f"#{token}")  # another language keeps it
    tab.press("main button")
    assert tab.page.url.endswith("/apps/console")


def _until_told(app: RelyingParty) -> None:
    """Wait until the portal has made events and erasures of what happened."""
    deadline = monotonic() + WITHIN
    while not app.ask("/apps/self/erasures")["erasures"]:
        assert monotonic() < deadline
        sleep(0.2)


@pytest.mark.parametrize(
    ("persona", "language", "size"),
    [
        pytest.param("takahashi-hinata", "ja", WIDE, id="Japanese, wide"),
        pytest.param("ito-misaki", "en", PHONE, id="English, phone", marks=pytest.mark.deep),
    ],
)
def test_no_page_of_a_console_is_found_fault_with(
    new_tab: NewTab, persona: str, language: str, size: tuple[int, int]
) -> None:
    tab = new_tab(language, size)
    tab.portal.run("clock", "forward", "61s")
    walk = _console(tab, persona)
    faults = [fault for name in walk for fault in tab.judge(name, axe=True)]
    assert faults == []


@pytest.mark.parametrize(
    "path", ["/", "/login", "/docs", "/apps/console/open", "/apps/register"]
)
def test_whoever_has_no_mouse_sees_where_they_are(new_tab: NewTab, path: str) -> None:
    tab = new_tab()
    tab.go(path)
    assert tab.walk_by_keyboard(20) == []


IMAGES = ("consent.png", "who-saw-my-data.png", "sample-app.png")


def test_the_readmes_pictures_are_there_and_can_be_made_anew(
    new_tab: NewTab, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """`./mynasim test tests/browser --pictures docs/images` puts new ones in their place."""
    place = Path(request.config.getoption("pictures") or tmp_path)
    tab = new_tab("ja", (1100, 860))
    tab.connect("checkup", "medication")
    tab.log_in("suzuki-kenichi")
    tab.page.locator("button[value=allow]").wait_for()
    tab.page.screenshot(path=place / IMAGES[0])
    tab.decide("checkup")
    tab.page.wait_for_url(f"{tab.app}/")
    tab.page.goto(f"{tab.app}/checkups")
    tab.page.screenshot(path=place / IMAGES[2])
    tab.portal.until_indexed()
    tab.go("/history")
    tab.page.screenshot(path=place / IMAGES[1])
    for name in IMAGES:
        kept = (ROOT / "docs" / "images" / name).read_bytes()
        assert kept.startswith(b"\x89PNG")
        assert _size(kept) == _size((place / name).read_bytes())
        assert len(kept) < 200_000


def _size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


WORDS = "健診結果の推移をご家族にも表示するため"


def _declared_anew(tab: Tab) -> Iterator[str]:
    app = tab.portal.sample_app
    declare = ("app", "declare", app["client_id"], "--scope", app["scope"])
    tab.portal.run(*declare, "--purpose-text", WORDS)
    for name, path in (("consents", "/consents"), ("who could see me now", "/access")):
        tab.go(path)
        yield f"{name}, declared anew"
    tab.go("/consents")
    tab.press("section.card a.button")
    yield "receipt, declared anew"
    tab.connect("checkup", page="/checkups")
    yield "consent, declared anew"
    tab.press("button[value=later]")
    tab.portal.run(*declare, "--purpose-text", f"1年ごとに{WORDS}")
    tab.go("/consents")
    yield "consents, a question outdated"


@pytest.mark.parametrize(
    ("persona", "language", "size"),
    [
        pytest.param("nguyen-van-an", "ja", PHONE, id="Japanese, phone"),
        pytest.param("suharti", "en", WIDE, id="English, wide", marks=pytest.mark.deep),
    ],
)
def test_no_page_of_a_consent_is_found_fault_with_once_its_app_declares_anew(
    new_tab: NewTab, persona: str, language: str, size: tuple[int, int]
) -> None:
    tab = new_tab(language, size)
    tab.portal.run("clock", "forward", "61s")
    tab.connect("checkup")
    tab.log_in(persona)
    tab.decide("checkup")
    tab.page.wait_for_url(f"{tab.app}/**")
    faults = [fault for name in _declared_anew(tab) for fault in tab.judge(name, axe=True)]
    assert faults == []
