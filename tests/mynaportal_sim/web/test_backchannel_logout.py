"""Apps learn that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from urllib.parse import urlencode

import httpx
import jwt
import pytest

from mynaportal_sim.app import create_app
from mynaportal_sim.delivery import logouts
from mynaportal_sim.delivery.model import BACKOFF
from mynaportal_sim.login import sessions
from mynaportal_sim.settings import Mode, Settings
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import inside, part
from tests.mynaportal_sim.web.kit import (
    HANAKO,
    KENICHI,
    ORIGIN,
    Browser,
    Portal,
    decide,
)
from tests.mynaportal_sim.web.logging_out import (
    log_out,
    logged_in,
    taken,
    tell,
)

WITHIN = 20.0  # seconds
LATER = datetime(2999, 1, 1, tzinfo=UTC)
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def log_out_by_the_app(_portal: Portal, browser: Browser, id_token: str) -> None:
    uri = "https://app.example/out"
    asked = {"id_token_hint": id_token, "post_logout_redirect_uri": uri}
    assert browser.get(f"/end-session?{urlencode(asked)}").headers["location"] == uri


def stay_away(portal: Portal, _browser: Browser, _id_token: str) -> None:
    state = portal.web.state
    state.clock.forward(timedelta(minutes=31))
    state.database.run(sessions.forget_ended, state.clock.now())


def make_room(_portal: Portal, browser: Browser, _id_token: str) -> None:
    browser.log_in(KENICHI)


def log_in_again(_portal: Portal, browser: Browser, _id_token: str) -> None:
    browser.log_in(HANAKO)


def log_out_elsewhere(portal: Portal, _browser: Browser, _id_token: str) -> None:
    other = portal.browser()
    other.log_in(HANAKO)
    log_out(portal, other, "")


Act = Callable[[Portal, Browser, str], None]


@pytest.mark.parametrize(
    ("act", "ends"),
    [
        pytest.param(log_out, True, id="by the portal's button"),
        pytest.param(log_out_by_the_app, True, id="oidcc-backchannel-rp-initiated-logout"),
        pytest.param(stay_away, True, id="idle for too long"),
        pytest.param(make_room, True, id="another person logs in"),
        pytest.param(log_in_again, False, id="the same person logs in again"),
        pytest.param(log_out_elsewhere, False, id="another session of theirs"),
    ],
)
def test_an_app_is_told_once_that_the_session_ended(
    portal: Portal, endpoint: Endpoint, act: Act, ends: bool
) -> None:
    client, browser, id_token = logged_in(portal, endpoint)
    identity = jwt.decode(id_token, options={"verify_signature": False})
    act(portal, browser, id_token)
    for _ in range(2):
        tell(portal)
    if not ends:
        assert endpoint.taken == []
        return
    [said] = taken(portal, endpoint)
    now = int(portal.web.state.clock.now().timestamp())
    assert said["iat"] <= now < said["exp"] <= said["iat"] + 120
    assert {name: said[name] for name in ("iss", "aud", "sub", "sid", "events")} == {
        "iss": ORIGIN,
        "aud": client.client_id,
        "sub": identity["sub"],
        "sid": identity["sid"],
        "events": {EVENT: {}},
    }
    assert said.keys() == {"iss", "aud", "sub", "sid", "events", "iat", "exp", "jti"}


def test_apps_that_learned_nothing_of_the_login_or_take_no_tokens_are_told_nothing(
    portal: Portal, endpoint: Endpoint
) -> None:
    quiet = Client.registered(portal)
    asked_only = Client.registered(portal, backchannel_logout_uri=endpoint.url)
    browser, path = portal.asked(quiet.client_id)
    quiet.tokens(decide(browser, path, "allow", "checkup"))
    path = str(portal.ask(browser, asked_only.client_id).headers["location"])
    decide(browser, path, "deny")
    path = str(
        portal.ask(
            browser, asked_only.client_id, scope="patient/Observation.rs", prompt="consent"
        ).headers["location"]
    )
    asked_only.tokens(decide(browser, path, "allow", "checkup"))
    log_out(portal, browser, "")
    tell(portal)
    assert endpoint.taken == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param((200, b"", {}), "", id="200"),
        pytest.param((204, b"", {}), "", id="204"),
        pytest.param((202, b"", {}), "HTTP 202", id="202"),
        pytest.param(
            (400, b'{"error":"invalid_request","error_description":"who?"}', {}),
            "HTTP 400: invalid_request who?",
            id="400, with a reason",
        ),
        pytest.param((302, b"", {"Location": "/x"}), "HTTP 302", id="elsewhere"),
    ],
)
def test_what_acknowledges_is_200_or_204(
    portal: Portal, endpoint: Endpoint, answer: tuple[int, bytes, dict[str, str]], fault: str
) -> None:
    client, browser, _ = logged_in(portal, endpoint)
    endpoint.answer = answer
    log_out(portal, browser, "")
    tell(portal)
    [told] = portal.web.state.database.run(logouts.of_app, client.client_id, 10)
    assert (told.tries, told.fault) == (1, fault)
    shown = part(inside(client, "en"), "/events")
    assert told.sid in shown
    assert (fault in shown) is (("Fails" if fault else "Acknowledged") in shown)
    assert endpoint.url in part(inside(client, "en"), "")
    assert len(endpoint.taken) == 1


def test_a_token_is_made_anew_for_each_try_until_nobody_tries_any_more(
    portal: Portal, endpoint: Endpoint
) -> None:
    client, browser, _ = logged_in(portal, endpoint)
    endpoint.answer = (500, b"", {})
    log_out(portal, browser, "")
    clock, database = portal.web.state.clock, portal.web.state.database
    assert "No such session has ended lately" in part(inside(client, "en"), "/events")
    for pause in (*BACKOFF, BACKOFF[-1]):
        tell(portal)
        tell(portal)
        clock.forward(pause)
    assert "Given up" in part(inside(client, "en"), "/events")
    found = taken(portal, endpoint)
    assert len(found) == len(BACKOFF) + 1
    assert len({said["jti"] for said in found}) == len(found)
    assert len({said["sid"] for said in found}) == 1
    made = [said["iat"] for said in found]
    assert made == sorted(set(made))
    clock.forward(logouts.KEPT_FOR)
    database.run(logouts.forget_old, clock.now())
    assert database.run(logouts.of_app, client.client_id, 10) == []


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        pytest.param(Mode.DEV, "", id="dev"),
        pytest.param(Mode.STRICT, "not sent: the host leads to 127.0.0.1, which", id="strict"),
    ],
)
def test_a_running_portal_tells_whom_its_mode_lets_it(
    portal: Portal, endpoint: Endpoint, mode: Mode, fault: str
) -> None:
    client, browser, _ = logged_in(portal, endpoint)
    log_out(portal, browser, "")
    data = portal.web.state.settings.data
    running = Settings(data=data, mode=mode, issuer="https://portal.example")
    told = portal.runner.run(_tried(running, client.client_id))
    assert told.fault.startswith(fault)
    assert len(endpoint.taken) == (not fault)


async def _tried(settings: Settings, client_id: str) -> logouts.Logout:
    """The first try of a portal that runs until then."""
    web = create_app(settings)
    deadline = monotonic() + WITHIN
    async with web.router.lifespan_context(web):
        while monotonic() < deadline:
            await asyncio.sleep(0.05)
            found: list[logouts.Logout]
            found = await web.state.database.read(logouts.of_app, client_id, 10)
            due = await web.state.database.read(logouts.any_due, (), LATER)
            if found and found[0].tries and (found[0].fault or not due):
                return found[0]
    raise AssertionError("the portal did not try")


def test_oidcc_backchannel_logout_discovery_endpoint_verification(portal: Portal) -> None:
    answer: httpx.Response = portal.browser().get("/.well-known/openid-configuration")
    said = answer.json()
    assert said["backchannel_logout_supported"] is True
    assert said["backchannel_logout_session_supported"] is True
    assert "sid" in said["claims_supported"]
