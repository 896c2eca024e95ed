"""An app has a person log out of the portal (OpenID Connect RP-Initiated Logout 1.0).

Rows with names that begin with `oidcc-` are for the module of the OpenID Foundation's
conformance suite that is called so.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import jwt
import pytest

from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import JSON, KENICHI, Browser, Form, Portal, decide

AFTER = "https://app.example/logged-out"
WITH_QUERY = "https://app.example/out?tenant=1"
START = "/?done=logged-out"


@dataclass(frozen=True)
class LoggedIn:
    """A person who is logged in at the portal and has answered an app, and what it got."""

    client: Client
    browser: Browser
    id_token: str

    def end(self, **asked: str) -> httpx.Response:
        """Open what the app sends the browser to."""
        return self.browser.get(f"/end-session?{urlencode(asked)}")

    @property
    def is_there(self) -> bool:
        """Whether the person is logged in still."""
        return self.browser.get("/consents").status_code == 200


@pytest.fixture
def person(portal: Portal) -> LoggedIn:
    return logged_in(portal)


def logged_in(portal: Portal) -> LoggedIn:
    uris = (AFTER, WITH_QUERY)
    client = Client.registered(portal, post_logout_redirect_uris=uris)
    browser, path = portal.asked(client.client_id)
    answer = decide(browser, path, "allow", "checkup")
    return LoggedIn(client, browser, client.tokens(answer)["id_token"])


Asked = dict[str, str]


@pytest.mark.parametrize(
    ("asked", "hinted", "location"),
    [
        pytest.param(
            {"post_logout_redirect_uri": AFTER, "state": "a b&c"},
            True,
            f"{AFTER}?state=a+b%26c",
            id="oidcc-rp-initiated-logout",
        ),
        pytest.param(
            {"post_logout_redirect_uri": AFTER},
            True,
            AFTER,
            id="oidcc-rp-initiated-logout-no-state",
        ),
        pytest.param(
            {"post_logout_redirect_uri": WITH_QUERY, "state": "x"},
            True,
            f"{WITH_QUERY}&state=x",
            id="a registered query stays",
        ),
        pytest.param(
            {"state": "x"},
            True,
            START,
            id="oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
        ),
    ],
)
def test_an_app_that_shows_the_sessions_own_id_token_ends_it_unasked(
    person: LoggedIn, asked: Asked, hinted: bool, location: str
) -> None:
    hint = {"id_token_hint": person.id_token} if hinted else {}
    answer = person.end(**hint, **asked)
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not person.is_there


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="oidcc-rp-initiated-logout-no-params"),
        pytest.param({"state": "x"}, id="oidcc-rp-initiated-logout-only-state"),
        pytest.param(
            {"post_logout_redirect_uri": AFTER, "state": "x"},
            id="oidcc-rp-initiated-logout-no-id-token-hint",
        ),
        pytest.param(
            {"post_logout_redirect_uri": "https://evil.example"}, id="an open redirect"
        ),
    ],
)
def test_without_an_id_token_the_person_is_asked_and_sent_nowhere(
    person: LoggedIn, asked: Asked
) -> None:
    page = person.end(**asked)
    assert page.status_code == 200
    assert "ログアウトしますか" in page.text
    assert person.is_there
    csrf = person.browser.csrf(f"/end-session?{urlencode(asked)}")
    done = person.browser.post("/end-session/confirmed", {"csrf": csrf, **asked})
    assert (done.status_code, done.headers["location"]) == (303, START)
    assert not person.is_there


@pytest.mark.parametrize(
    ("asked", "spoilt"),
    [
        pytest.param(
            {"id_token_hint": "not a token"},
            False,
            id="oidcc-rp-initiated-logout-bad-id-token-hint",
        ),
        pytest.param({}, True, id="oidcc-rp-initiated-logout-modified-id-token-hint"),
        pytest.param(
            {"post_logout_redirect_uri": f"{AFTER}/x"},
            False,
            id="oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
        ),
        pytest.param(
            {"post_logout_redirect_uri": f"{AFTER}?foo=bar"},
            False,
            id="oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        ),
        pytest.param({"client_id": "another"}, False, id="another app's"),
        pytest.param({"state": "a\r\nb"}, False, id="CRLF"),
        pytest.param({"state": "a\0b"}, False, id="NUL"),
    ],
)
def test_a_request_that_does_not_hold_ends_nothing_and_leads_nowhere(
    person: LoggedIn, asked: Asked, spoilt: bool
) -> None:
    token = f"{person.id_token[:-8]}AAAAAAAA" if spoilt else person.id_token
    usual = {"id_token_hint": token, "post_logout_redirect_uri": AFTER}
    form: Form = {**usual, **asked}
    posted = person.browser.post("/end-session", form, sec_fetch_site="cross-site")
    for answer in (person.end(**(usual | asked)), posted):
        assert answer.status_code == 400
        assert "location" not in answer.headers
    assert person.is_there
    page = f"/end-session?{urlencode(usual | asked)}"
    assert "ログインしたまま" in person.browser.get(page).text
    person.browser.post("/end-session/confirmed", {"csrf": person.browser.csrf(page)})
    assert not person.is_there


def test_a_form_of_the_apps_does_the_same(person: LoggedIn) -> None:
    form: Form = {"id_token_hint": person.id_token, "post_logout_redirect_uri": AFTER}
    first = person.browser.post("/end-session", form, sec_fetch_site="cross-site")
    assert first.status_code == 303
    assert person.is_there  # browsers send no cookie with such a form, so nothing is ended yet
    answer = person.browser.get(first.headers["location"])
    assert answer.headers["location"] == AFTER
    assert not person.is_there


def test_an_id_token_of_another_session_does_not_spare_the_question(portal: Portal) -> None:
    """Nor does one that is 30 days old: whose it was is told, and who is there is asked."""
    person = logged_in(portal)
    portal.web.state.clock.forward(timedelta(days=30))
    other = portal.browser()
    other.log_in(KENICHI)
    asked = {"id_token_hint": person.id_token, "post_logout_redirect_uri": AFTER}
    path = f"/end-session?{urlencode(asked)}"
    page = other.get(path)
    assert page.status_code == 200
    assert "歩く手帳" in page.text
    form: Form = {**asked, "csrf": other.csrf(path)}
    assert other.post("/end-session/confirmed", {**asked, "csrf": "0" * 64}).status_code == 403
    done = other.post("/end-session/confirmed", form)
    assert (done.status_code, done.headers["location"]) == (303, AFTER)


def test_whoever_is_not_logged_in_is_sent_on(portal: Portal, person: LoggedIn) -> None:
    asked = {"id_token_hint": person.id_token, "post_logout_redirect_uri": AFTER}
    path = f"/end-session?{urlencode(asked)}"
    assert portal.browser().get(path).headers["location"] == AFTER
    assert portal.browser().get("/end-session").headers["location"] == START
    assert portal.browser().get("/end-session", **JSON).json() == {"ended": True}


def test_logging_in_again_is_the_same_session_for_the_same_person_alone(
    portal: Portal,
) -> None:
    client = Client.registered(portal)
    sids = []
    browser, path = portal.asked(client.client_id)
    answer = decide(browser, path, "allow", "checkup", "medication")
    for persona in ("", "", KENICHI):
        if persona:
            browser.log_in(persona)
            path = portal.ask(browser, client.client_id).headers["location"]
            answer = decide(browser, path, "allow", "checkup")
        claims = jwt.decode(
            client.tokens(answer)["id_token"], options={"verify_signature": False}
        )
        sids.append(claims["sid"])
        browser.log_in()
        answer = browser.get(portal.ask(browser, client.client_id).headers["location"])
    assert sids[0] == sids[1] != sids[2]
    other = Client.registered(portal)
    path = portal.ask(browser, other.client_id).headers["location"]
    token = other.tokens(decide(browser, path, "allow", "checkup"))["id_token"]
    assert jwt.decode(token, options={"verify_signature": False})["sid"] not in sids


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(portal: Portal) -> None:
    said = portal.browser().get("/.well-known/openid-configuration").json()
    assert said["end_session_endpoint"] == f"{said['issuer']}/end-session"
