"""What a person sees whose device has no browser: they type its code, and stay in charge."""

import re
from collections.abc import Callable

import httpx
import pytest

from mynaportal_sim.login.limit import CODES_BURST
from mynaportal_sim.oauth.grants.device_code import NAME
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import JSON, Browser, Form, Portal, decide, events_of


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client.registered(portal, devices=True)


def _codes(client: Client) -> dict[str, str]:
    """What a device of the app's is given."""
    form: Form = {**client.proof, "scope": "patient/Observation.rs"}
    answered = client.portal.browser().post("/device_authorization", form, accept="*/*")
    assert answered.status_code == 200, answered.text
    codes: dict[str, str] = answered.json()
    return codes


def _poll(client: Client, codes: dict[str, str]) -> httpx.Response:
    form: Form = {**client.proof, "grant_type": NAME, "device_code": codes["device_code"]}
    return client.portal.browser().post("/token", form, accept="*/*")


def _answer(browser: Browser, code: str, decision: str = "mine") -> httpx.Response:
    form: Form = {"csrf": browser.csrf(), "user_code": code, "decision": decision}
    return browser.post("/device", form)


def test_a_person_types_the_code_compares_it_and_goes_back_to_the_device(
    client: Client, browser: Browser
) -> None:
    codes = _codes(client)
    compare = browser.get(f"/device?user_code={codes['user_code'].lower().replace('-', '+')}")
    assert codes["user_code"] in compare.text
    assert "歩く手帳株式会社" in compare.text
    assert "電話" in compare.text, "of remote phishing they are warned (RFC 8628 5.4)"
    interaction = _answer(browser, codes["user_code"]).headers["location"]
    assert browser.get(interaction).headers["location"].startswith("/login?interaction=")
    browser.log_in(interaction=interaction.removeprefix("/interactions/"))
    question = browser.get(interaction)
    assert "コードを表示している機器から" in question.text
    told = f'<strong translate="no">{codes["user_code"]}</strong>'
    assert told in question.text, "what they compared once they can compare again"
    assert "form-action 'self';" in question.headers["content-security-policy"]
    assert _poll(client, codes).json()["error"] == "authorization_pending"
    gone_on = decide(browser, interaction, "allow", "checkup").headers["location"]
    assert "機器の画面にお戻りください" in browser.get(gone_on).text
    assert _poll(client, codes).json()["scope"] == "patient/Observation.rs"
    assert events_of(browser)[:2] == ["token.issued", "consent.granted"]
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert (consent["active"], consent["app_name"]) == (True, "歩く手帳")


def _logs_in(browser: Browser, _interaction: str) -> None:
    browser.log_in()


def _logs_in_on_the_way(browser: Browser, interaction: str) -> None:
    browser.log_in(interaction=interaction.removeprefix("/interactions/"))


@pytest.mark.parametrize(
    "comes",
    [
        pytest.param(lambda *_: None, id="as nobody"),
        pytest.param(_logs_in, id="logged in"),
        pytest.param(_logs_in_on_the_way, id="logged in on the way"),
    ],
)
@pytest.mark.parametrize("typed", ["as nobody", "logged in"])
def test_nobody_is_sent_past_the_warning_by_the_page_behind_it(
    client: Client, browser: Browser, typed: str, comes: Callable[[Browser, str], None]
) -> None:
    """Who sends the address has said "mine"; who opens it was not asked (RFC 8628 5.4)."""
    if typed == "logged in":
        browser.log_in()
    codes = _codes(client)
    interaction = _answer(browser, codes["user_code"]).headers["location"]
    sent = client.portal.browser()
    comes(sent, interaction)
    refused = sent.get(interaction)
    assert (refused.status_code, codes["user_code"] in refused.text) == (410, False)
    answer: Form = {"csrf": sent.csrf(), "decision": "allow", "category": "checkup"}
    assert sent.post(interaction, answer).status_code in {401, 410}
    assert _poll(client, codes).json()["error"] == "authorization_pending"
    _logs_in_on_the_way(browser, interaction)
    decide(browser, interaction, "allow", "checkup")
    assert _poll(client, codes).status_code == 200, "theirs who typed the code it stays"


@pytest.mark.parametrize("decision", ["deny", "later"])
def test_whoever_hands_over_nothing_is_told_so_and_the_device_too(
    client: Client, browser: Browser, decision: str
) -> None:
    codes = _codes(client)
    interaction = _answer(browser, codes["user_code"]).headers["location"]
    browser.log_in(interaction=interaction.removeprefix("/interactions/"))
    gone_on = decide(browser, interaction, decision).headers["location"]
    assert "機器には何も渡りません" in browser.get(gone_on).text
    assert _poll(client, codes).json()["error"] == "access_denied"


def test_a_stranger_s_device_is_turned_away_without_logging_in(
    client: Client, browser: Browser
) -> None:
    codes = _codes(client)
    turned = _answer(browser, codes["user_code"], "not_mine")
    assert "断りました" in browser.get(turned.headers["location"]).text
    assert _poll(client, codes).json()["error"] == "access_denied"
    assert browser.get(f"/device?user_code={codes['user_code']}").status_code == 422


def test_the_address_with_the_code_in_it_asks_all_the_same(
    client: Client, browser: Browser
) -> None:
    codes = _codes(client)
    address = codes["verification_uri_complete"].removeprefix("http://localhost:8400")
    assert 'value="not_mine"' in browser.get(address).text
    assert 'value="not_mine"' in browser.get(address).text, "looking uses nothing up"
    assert _poll(client, codes).json()["error"] == "authorization_pending"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("BCDF-GHJK", id="of no device"),
        pytest.param("BCDF", id="too short"),
        pytest.param("ABCD-EFGH", id="vowels"),
        pytest.param("%00%0d%0a", id="NUL and line break"),
        pytest.param("%ff%fe", id="no UTF-8"),
        pytest.param("x" * 500, id="long"),
        pytest.param("%22%3E%3Cscript%3E", id="a script"),
    ],
)
def test_a_code_that_leads_nowhere_is_typed_again(browser: Browser, typed: str) -> None:
    answered = browser.get(f"/device?user_code={typed}")
    assert answered.status_code == 422
    assert 'aria-invalid="true"' in answered.text
    assert "<script>" not in answered.text
    told = browser.get(f"/device?user_code={typed}", **JSON)
    assert (told.status_code, told.json()["code"]) == (404, "no_such_user_code")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param({"csrf": "0" * 64}, 403, id="another site's"),
        pytest.param({"user_code": "BCDF-GHJK"}, 422, id="of no device"),
        pytest.param({"user_code": "x" * 65}, 400, id="long"),
        pytest.param({"decision": "yes"}, 400, id="no such answer"),
        pytest.param({}, 303, id="in order"),
    ],
)
def test_an_answer_comes_from_the_page_and_is_about_a_code(
    client: Client, browser: Browser, form: Form, status: int
) -> None:
    usual: Form = {
        "csrf": browser.csrf(),
        "user_code": _codes(client)["user_code"],
        "decision": "mine",
    }
    assert browser.post("/device", {**usual, **form}).status_code == status


def test_whoever_guesses_codes_is_stopped_soon(client: Client, browser: Browser) -> None:
    """A code that waits is safe from guessing: RFC 8628 5.1."""
    csrf = browser.csrf()
    for number in range(CODES_BURST - 1):
        letter = "BCDFGHJKLM"[number]
        assert browser.get(f"/device?user_code=BCDF-GHJ{letter}").status_code == 422
    codes = _codes(client)
    guessed: Form = {"csrf": csrf, "user_code": "BCDF-GHJZ", "decision": "not_mine"}
    assert browser.post("/device", guessed).status_code == 422
    for user_code in ("BCDF-GHJZ", codes["user_code"]):
        stopped = browser.get(f"/device?user_code={user_code}")
        assert stopped.status_code == 429
        assert re.fullmatch(r"[1-9]\d?", stopped.headers["retry-after"])
    assert browser.post("/device", guessed).status_code == 429
    assert browser.get("/device").status_code == 200


def test_a_program_reads_who_waits_behind_a_code(client: Client, browser: Browser) -> None:
    codes = _codes(client)
    told = browser.get(f"/device?user_code={codes['user_code']}", **JSON).json()
    assert told["user_code"] == codes["user_code"]
    assert told["app"] == {"name": "歩く手帳", "organisation": "歩く手帳株式会社"}
