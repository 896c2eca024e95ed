"""Who learns of a login after its session ended, or answers slowly, and who need not wait."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import Connection, func, select

from mynaportal_sim.delivery import logouts
from mynaportal_sim.delivery.logouts import Logout
from mynaportal_sim.login.sessions import ended_sessions
from mynaportal_sim.oauth import backchannel
from mynaportal_sim.oauth.grants.device_code import NAME as DEVICE_CODE
from mynaportal_sim.oauth.tables import forget_expired
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import HANAKO, ORIGIN, Browser, Form, Portal, decide
from tests.mynaportal_sim.web.logging_out import (
    Json,
    log_out,
    logged_in,
    taken,
    tell,
    teller_of,
)


def by_browser(client: Client, browser: Browser) -> Callable[[], Json]:
    """What redeems the code that a browser was just sent back with."""
    path = str(client.portal.ask(browser, client.client_id).headers["location"])
    answer = decide(browser, path, "allow", "checkup")
    return lambda: client.tokens(answer)


def by_device(client: Client, browser: Browser) -> Callable[[], Json]:
    """What polls with the code that a person has just allowed."""
    scope = {"scope": "openid patient/Observation.rs"}
    program = client.portal.browser()
    codes = program.post("/device_authorization", {**client.proof, **scope}).json()
    typed = {"user_code": codes["user_code"], "decision": "mine"}
    mine = browser.post("/device", {**typed, "csrf": browser.csrf("/consents")})
    path = mine.headers["location"]
    decide(browser, path, "allow", "checkup")
    device_code = codes["device_code"]

    def poll() -> Json:
        form: Form = {**client.proof, "grant_type": DEVICE_CODE, "device_code": device_code}
        answered = client.portal.browser().post("/token", form)
        assert answered.status_code == 200, answered.text
        found: Json = answered.json()
        return found

    return poll


@pytest.mark.parametrize(
    ("way", "after"),
    [
        pytest.param(by_browser, timedelta(seconds=30), id="a code"),
        pytest.param(by_device, timedelta(minutes=9), id="a device's code"),
    ],
)
def test_an_app_that_redeems_its_code_after_the_end_is_told_of_it_too(
    portal: Portal,
    endpoint: Endpoint,
    way: Callable[[Client, Browser], Callable[[], Json]],
    after: timedelta,
) -> None:
    state = portal.web.state
    client = Client.registered(portal, backchannel_logout_uri=endpoint.url, devices=True)
    browser = portal.browser()
    browser.log_in(HANAKO)
    redeem = way(client, browser)
    log_out(portal, browser, "")
    tell(portal)
    state.clock.forward(after)
    state.database.run(backchannel.forget_old, state.clock.now())
    got = redeem()
    identity = jwt.decode(got["id_token"], options={"verify_signature": False})
    tell(portal)
    assert endpoint.taken == [], "the app has its ID token first"
    for _ in range(2):
        state.clock.forward(backchannel.ANSWERED)
        tell(portal)
    [said] = taken(portal, endpoint)
    assert (said["sid"], said["sub"]) == (identity["sid"], identity["sub"])

    refresh = {"grant_type": "refresh_token", "refresh_token": got["refresh_token"]}
    again = portal.browser().post("/token", {**client.proof, **refresh}).json()["id_token"]
    assert "sid" not in jwt.decode(again, options={"verify_signature": False})


def test_an_app_whose_tokens_have_ended_is_told_all_the_same(
    portal: Portal, endpoint: Endpoint
) -> None:
    state = portal.web.state
    client = Client.registered(portal, profile="smart", backchannel_logout_uri=endpoint.url)
    browser = portal.browser()
    browser.log_in(HANAKO)
    asked = portal.ask(
        browser,
        client.client_id,
        scope="openid patient/Observation.rs",
        aud=f"{ORIGIN}/fhir",
        authorization_details="",
    )
    path = str(asked.headers["location"])
    got = client.tokens(decide(browser, path, "allow", "checkup"))
    assert "refresh_token" not in got
    state.clock.forward(timedelta(minutes=20))
    state.database.run(forget_expired, state.clock.now())
    log_out(portal, browser, "")
    tell(portal)
    assert len(endpoint.taken) == 1
    assert state.database.run(forget_expired, state.clock.now()) > 0


def test_ended_sessions_are_forgotten_once_no_app_can_learn_of_them(
    portal: Portal, endpoint: Endpoint
) -> None:
    state = portal.web.state
    _, browser, _ = logged_in(portal, endpoint)
    log_out(portal, browser, "")
    state.clock.forward(backchannel.KEPT_FOR + timedelta(seconds=1))
    for kept in (1, 0):
        state.database.run(backchannel.forget_old, state.clock.now())
        assert state.database.run(_count_ended) == kept, "kept until it was told"
        tell(portal)
    assert len(endpoint.taken) == 1


def _count_ended(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(ended_sessions)).scalar_one()


def test_an_app_that_answers_slowly_gets_a_few_at_once_and_keeps_no_other_waiting(
    portal: Portal, endpoint: Endpoint
) -> None:
    state = portal.web.state
    now = state.clock.now()
    with Endpoint() as slow:
        slow.takes = 30
        slow_app, quick_app = (
            Client.registered(portal, backchannel_logout_uri=url).client_id
            for url in (slow.url, endpoint.url)
        )
        told = [*[slow_app] * 20, quick_app]
        new = [Logout(uuid4(), app, "sub", "sid", now) for app in told]
        state.database.run(logouts.add, new)

        async def until_taken() -> None:
            async with asyncio.timeout(2):
                teller = teller_of(portal)
                telling = backchannel.tell_for_ever(state.database, state.clock, teller)
                task = asyncio.create_task(telling)
                while not endpoint.taken:
                    assert not task.done()
                    await asyncio.sleep(0.05)
                task.cancel()

        portal.runner.run(until_taken())
        assert len(slow.taken) <= 4
