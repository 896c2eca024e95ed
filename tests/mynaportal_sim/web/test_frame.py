"""What holds for every page: headers, cookies, language, and whose forms count."""

import re

import httpx
import pytest

from mynaportal_sim.web.language import COOKIE as LANGUAGE_COOKIE
from tests.mynaportal_sim.web.kit import CALLBACK, COOKIE, ORIGIN, Browser, Portal


def _policy(answer: httpx.Response) -> dict[str, str]:
    directives = answer.headers["content-security-policy"].split("; ")
    return {name: value for name, _, value in (each.partition(" ") for each in directives)}


@pytest.mark.parametrize("path", ["/", "/login", "/consents", "/history", "/nowhere"])
def test_a_page_may_do_the_least_and_is_kept_nowhere(portal: Portal, path: str) -> None:
    browser = portal.browser()
    browser.log_in()
    answer = browser.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = _policy(answer)
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["script-src"] == "'self'"
    scripts = re.findall(r"<script\b[^>]*>", answer.text)
    assert all('src="/static/' in script for script in scripts)
    assert " style=" not in answer.text


def test_the_consent_form_may_lead_to_the_app_that_asks_and_nowhere_else(
    portal: Portal,
) -> None:
    browser, path = portal.asked()
    origin = CALLBACK.removesuffix("/callback")
    assert _policy(browser.get(path))["form-action"] == f"'self' {origin}"


def test_the_session_cookie_is_for_this_portal_only(browser: Browser) -> None:
    cookie = browser.get("/login").headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {each.lower() for each in attributes} == {"httponly", "path=/", "samesite=lax"}


def test_a_login_changes_the_session_and_ends_the_old_one(portal: Portal) -> None:
    browser = portal.browser()
    browser.get("/login")
    before = httpx.Cookies(browser.cookies)
    assert browser.log_in().headers["location"] == "/"
    assert browser.cookies[COOKIE] != before[COOKIE]
    browser.cookies = before
    assert browser.get("/consents").headers["location"] == "/login"


def test_logging_out_ends_the_session_also_for_who_kept_the_cookie(portal: Portal) -> None:
    browser = portal.browser()
    browser.log_in()
    kept = httpx.Cookies(browser.cookies)
    answer = browser.post("/logout", {"csrf": browser.csrf("/")})
    assert answer.headers["location"] == "/?done=logged-out"
    assert COOKIE not in browser.cookies
    browser.cookies = kept
    assert browser.get("/history").headers["location"] == "/login"


@pytest.mark.parametrize(
    ("path", "header", "cookie", "language"),
    [
        pytest.param("/", "", None, "ja", id="nothing said"),
        pytest.param("/", "fr, en-GB;q=0.8", None, "en", id="Accept-Language"),
        pytest.param("/", "fr, de", None, "ja", id="languages that are not spoken"),
        pytest.param("/", "en", "ja", "ja", id="cookie before Accept-Language"),
        pytest.param("/?lang=en", "ja", "ja", "en", id="query before cookie"),
        pytest.param("/?lang=xx", "en", None, "en", id="unknown query"),
    ],
)
def test_a_page_speaks_the_language_that_is_wanted(
    browser: Browser, path: str, header: str, cookie: str | None, language: str
) -> None:
    if cookie:
        browser.cookies.set(LANGUAGE_COOKIE, cookie)
    answer = browser.get(path, accept_language=header)
    assert f'<html lang="{language}">' in answer.text
    assert ("あなたの情報は" in answer.text) == (language == "ja")


def test_a_language_once_chosen_is_kept(browser: Browser) -> None:
    browser.get("/?lang=en")
    assert '<html lang="en">' in browser.get("/login").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 303, id="from a page of the portal"),
        pytest.param({"sec_fetch_site": "cross-site"}, 403, id="from another site"),
        pytest.param({"sec_fetch_site": "same-site"}, 403, id="from a neighbour"),
        pytest.param({"origin": ORIGIN}, 303, id="with the portal's origin"),
        pytest.param({"origin": "https://evil.example"}, 403, id="with another origin"),
    ],
)
def test_a_form_counts_only_from_the_portals_own_pages(
    browser: Browser, headers: dict[str, str], status: int
) -> None:
    form = {"csrf": browser.csrf(), "persona": "sato-hanako", "pin": "1234"}
    assert browser.post("/login/soft", {**form}, **headers).status_code == status


@pytest.mark.parametrize("token", ["", "0" * 64, "ä"])
def test_a_form_without_the_sessions_token_is_refused(browser: Browser, token: str) -> None:
    browser.log_in()
    answer = browser.post("/logout", {"csrf": token})
    assert answer.status_code == 403
    assert "csrf_failed" in answer.text
    assert browser.get("/consents").status_code == 200


def test_plain_japanese_and_larger_type_once_chosen_are_kept(browser: Browser) -> None:
    browser.log_in()
    browser.get("/consents?lang=ja-easy")
    page = browser.get("/consents?size=large").text
    assert "わたしているアプリはありません" in page
    assert '<html lang="ja" class="large">' in page
    assert 'class="large"' in browser.get("/login").text
    assert 'class="large"' not in browser.get("/consents?size=usual").text
    assert "情報を提供しているアプリはありません" in browser.get("/consents?lang=ja").text
