"""How operators come into the console of an app, whose it is, and what opens nothing."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from consent.ledger import store as ledger
from mynaportal_sim.operators import links, sessions
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import (
    ENTRANCE,
    OPERATOR_COOKIE,
    arrangement,
    change,
    follow,
    forward,
    inside,
    link,
    part,
    token_of,
)
from tests.mynaportal_sim.web.ended import told
from tests.mynaportal_sim.web.kit import COOKIE, JSON, Browser, Form, Portal

PARTS = ("", "/purposes", "/arrangements", "/erasures", "/events", "/accesses")


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client.registered(portal)


@pytest.fixture
def person(portal: Portal, client: Client) -> Browser:
    """A person who has consented to check-ups."""
    return portal.given("checkup", client_id=client.client_id)


def test_a_link_opens_the_console_of_its_app_once(client: Client) -> None:
    browser, token = client.portal.browser(), token_of(link(client))
    for _ in range(3):  # a preview looks and uses nothing up
        seen = browser.get(ENTRANCE)
        assert seen.status_code == 200
        assert token not in seen.text
    assert follow(browser, token).headers["location"] == "/apps/console"
    assert client.client_id in part(browser, "")
    again = client.portal.browser()
    refused = follow(again, token)
    assert refused.status_code == 422
    assert "使用済み" in refused.text
    assert OPERATOR_COOKIE not in again.cookies
    assert again.get("/apps/console").headers["location"] == ENTRANCE


@pytest.mark.parametrize(
    ("late", "opens"),
    [
        pytest.param(timedelta(minutes=9), True, id="within ten minutes"),
        pytest.param(timedelta(minutes=10, seconds=1), False, id="after ten minutes"),
    ],
)
def test_a_link_runs_out_by_the_portals_clock(
    client: Client, late: timedelta, opens: bool
) -> None:
    token = token_of(link(client))
    forward(client.portal, late)
    assert (follow(client.portal.browser(), token).status_code == 303) is opens


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param("A" * 43, id="invented"),
        pytest.param("\u3042" * 43, id="not ASCII"),
    ],
)
def test_what_is_no_link_opens_nothing(client: Client, token: str) -> None:
    link(client)
    browser = client.portal.browser()
    assert follow(browser, token).status_code == 422
    assert OPERATOR_COOKIE not in browser.cookies


def test_a_session_ends_after_an_hour_though_it_is_used(client: Client) -> None:
    browser = inside(client)
    forward(client.portal, timedelta(minutes=59))
    part(browser, "")
    forward(client.portal, timedelta(minutes=1, seconds=1))
    assert browser.get("/apps/console").headers["location"] == ENTRANCE
    assert browser.get("/apps/console", **JSON).json()["code"] == "operator_required"


def test_logging_out_ends_the_session_also_for_who_kept_the_cookie(client: Client) -> None:
    browser = inside(client)
    kept = httpx.Cookies(browser.cookies)
    form: Form = {"csrf": browser.csrf("/apps/console")}
    assert browser.post("/apps/console/log-out", {"csrf": "0" * 64}).status_code == 403
    left = browser.post("/apps/console/log-out", form)
    assert left.headers["location"] == f"{ENTRANCE}?done=logged-out"
    assert "管理画面を閉じました" in browser.get(left.headers["location"]).text
    assert OPERATOR_COOKIE not in browser.cookies
    browser.cookies = kept
    assert browser.get("/apps/console").headers["location"] == ENTRANCE


def test_the_cookie_is_the_operators_own_and_the_address_is_kept_nowhere(
    client: Client,
) -> None:
    browser = client.portal.browser()
    seen = browser.get(ENTRANCE)
    entered = follow(browser, token_of(link(client)))
    name, *attributes = entered.headers["set-cookie"].split("; ")
    assert name.startswith(f"{OPERATOR_COOKIE}=")
    assert {one.lower() for one in attributes} == {"httponly", "path=/", "samesite=lax"}
    for answer in (seen, entered, browser.get("/apps/console")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec_fetch_site": "cross-site"}, id="another site's form"),
        pytest.param({"sec_fetch_site": "same-site"}, id="another port's form"),
        pytest.param({"origin": "https://evil.example"}, id="another origin"),
    ],
)
def test_no_other_site_puts_a_browser_into_a_console(
    client: Client, headers: dict[str, str]
) -> None:
    token = token_of(link(client))
    browser = client.portal.browser()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    assert browser.post(ENTRANCE, {"token": token}, **sent).status_code == 403
    assert OPERATOR_COOKIE not in browser.cookies
    assert follow(browser, token).status_code == 303  # what was refused used nothing up


def test_an_app_has_a_link_made_by_its_key_and_by_nothing_else(client: Client) -> None:
    used = client.assertion()
    assert client.ask("operator-link", used).status_code == 200
    for assertion in (used, "x"):
        refused = client.ask("operator-link", assertion)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_only_hashes_are_kept_and_the_ledger_tells_of_each_opening(client: Client) -> None:
    token = token_of(link(client))
    browser = client.portal.browser()
    follow(browser, token)
    state = client.portal.web.state
    secrets = (token.encode(), str(browser.cookies[OPERATOR_COOKIE]).encode())
    unused = token_of(link(client)).encode()
    stored = b"".join(path.read_bytes() for path in state.settings.data.glob("portal.sqlite3*"))
    assert client.client_id.encode() in stored
    assert [one for one in (*secrets, unused) if one in stored] == []
    entries = state.database.run(ledger.of_app, client.client_id, 10, None)
    assert [b"app.console_opened" in one.leaf for one in entries] == [True, False]
    assert b"private_key_jwt" in (entries[0].body or b"")


def test_what_nobody_used_and_what_has_ended_is_dropped(client: Client) -> None:
    inside(client)
    link(client)
    database, now = client.portal.web.state.database, client.portal.web.state.clock.now()
    soon = now + timedelta(minutes=61)
    database.run(links.forget_expired, soon)
    database.run(sessions.forget_ended, soon)
    with database.engine.connect() as connection:
        for table in ("operator_links", "operator_sessions"):
            rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            assert rows == 0, table


def test_neither_session_is_the_other(client: Client, person: Browser) -> None:
    operator = inside(client)
    assert operator.get("/consents").headers["location"] == "/login"
    assert person.get("/apps/console").headers["location"] == ENTRANCE
    ids = {COOKIE: person.cookies[COOKIE], OPERATOR_COOKIE: operator.cookies[OPERATOR_COOKIE]}
    swapped = dict(zip(ids, reversed(ids.values()), strict=True))
    thief = client.portal.browser()
    thief.cookies = httpx.Cookies(swapped)
    assert thief.get("/consents").headers["location"] == "/login"
    assert thief.get("/apps/console").headers["location"] == ENTRANCE
    csrf = operator.csrf("/apps/console")
    assert person.post("/logout", {"csrf": csrf}).status_code == 403
    assert operator.post("/logout", {"csrf": csrf}).status_code == 403
    both = client.portal.browser()
    both.cookies = httpx.Cookies(ids)
    assert both.get("/consents").status_code == 200
    assert "佐藤" not in part(both, "")  # nothing of whoever is logged in beside it


def test_a_console_shows_one_app_alone(portal: Portal, client: Client, person: Browser) -> None:
    change(person, "withdraw")
    told(portal)
    mine = arrangement(client)
    address = f"/arrangements/{mine['sub']}/{mine['arrangement']}"
    assert mine["arrangement"] in part(inside(client), address)
    other = inside(Client.registered(portal))
    assert other.get(f"/apps/console{address}").status_code == 404
    for path in PARTS:
        shown = part(other, path)
        for name in (client.client_id, mine["sub"], mine["arrangement"]):
            assert name not in shown, path


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/arrangements/nobody/{arrangement}", id="an invented person"),
        pytest.param("/arrangements/{sub}/{other}", id="an invented arrangement"),
    ],
)
def test_what_the_app_does_not_know_is_not_there(
    client: Client, person: Browser, path: str
) -> None:
    assert person.get("/consents").status_code == 200
    known = {**arrangement(client), "other": str(uuid4())}
    answer = inside(client).get(f"/apps/console{path.format(**known)}")
    assert answer.status_code == 404


def test_no_page_names_a_person_but_as_the_app_does(
    portal: Portal, client: Client, person: Browser
) -> None:
    change(person, "withdraw")
    told(portal)
    browser, mine = inside(client), arrangement(client)
    pages = [*PARTS, f"/arrangements/{mine['sub']}/{mine['arrangement']}"]
    shown = "".join(part(browser, path) for path in pages)
    assert mine["sub"] in shown
    for name in ("佐藤", "花子", "sato-hanako", portal.holder().hex()):
        assert name not in shown
