"""How long a session lives, what the database knows of it, and the cookie."""

from datetime import timedelta
from os import urandom
from pathlib import Path

import pytest
from fastapi import Request
from sqlalchemy import select
from starlette.responses import Response

from card_reader.statement import session_hash
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import cookies, sessions
from mynaportal_sim.login.challenge import Channel, Wanted
from mynaportal_sim.login.sessions import ABSOLUTE, IDLE
from mynaportal_sim.settings import Mode, Settings
from tests.mynaportal_sim.login.conftest import NOW, ORIGIN, Portal

HANAKO = "sato-hanako"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("idle", "alive"),
    [
        pytest.param(IDLE - SECOND, True, id="just within 30 minutes"),
        pytest.param(IDLE, False, id="30 minutes"),
    ],
)
def test_a_session_ends_when_idle(portal: Portal, idle: timedelta, alive: bool) -> None:
    browser = portal.browser()
    browser.soft(HANAKO)
    portal.clock.time += idle
    assert (browser.who() is not None) is alive


def test_a_session_in_use_ends_after_8_hours(portal: Portal) -> None:
    browser = portal.browser()
    browser.soft(HANAKO)
    while portal.clock.time - NOW < ABSOLUTE - IDLE:
        portal.clock.time += IDLE - SECOND
        assert browser.who()
    portal.clock.time = NOW + ABSOLUTE - SECOND
    assert browser.who()
    portal.clock.time = NOW + ABSOLUTE
    assert browser.who() is None


def test_logging_out_kills_the_cookie_everywhere(portal: Portal) -> None:
    browser = portal.browser()
    browser.soft(HANAKO)
    browser.csrf = browser.get("/me").json()["csrf"]
    kept = browser.session_id
    answer = browser.post("/logout")
    assert answer.status_code == 200
    assert "Max-Age=0" in answer.headers["set-cookie"]
    browser.session_id = kept
    assert browser.who() is None


def test_logging_in_again_ends_the_session_before(portal: Portal) -> None:
    browser = portal.browser()
    browser.soft(HANAKO)
    first = browser.session_id
    browser.csrf = browser.get("/me").json()["csrf"]
    assert browser.soft("suzuki-kenichi").status_code == 200
    assert browser.who() == portal.id_of("suzuki-kenichi")
    browser.session_id = first
    assert browser.who() is None


def test_a_challenge_dies_with_the_session_that_asked_for_it(portal: Portal) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    assert browser.post("/logout").status_code == 200
    answer = browser.present(token)
    assert (answer.status_code, answer.json()["code"]) == (403, "session_mismatch")


def test_the_database_has_no_session_id(portal: Portal) -> None:
    browser = portal.browser()
    browser.soft(HANAKO)
    with portal.database.engine.connect() as connection:
        [row] = connection.execute(select(sessions.sessions)).all()
    assert browser.session_id.encode() not in row.digest
    assert browser.session_id not in str(tuple(row))
    assert browser.session_id not in repr(
        portal.database.run(sessions.find, browser.session_id, NOW)
    )


def test_what_has_run_out_is_forgotten(portal: Portal) -> None:
    early = portal.database.run(sessions.begin, NOW, urandom)
    wanted = Wanted(ORIGIN, session_hash(early.id), Channel.AGENT)
    portal.database.run(challenges.issue, wanted, NOW, urandom)
    later = NOW + IDLE
    late = portal.database.run(sessions.begin, later, urandom)
    fresh = portal.database.run(challenges.issue, wanted, later, urandom)
    assert portal.database.run(sessions.forget_ended, later) == 1
    assert portal.database.run(challenges.forget_expired, later) == 1
    assert portal.database.run(sessions.find, late.id, later)
    assert portal.database.run(challenges.find, fresh.login_id) == fresh


@pytest.mark.parametrize(
    ("mode", "issuer", "cookie"),
    [
        pytest.param(
            Mode.DEV,
            "http://localhost:8400",
            "mynasim-session-8400=s; HttpOnly; Path=/; SameSite=lax",
            id="http: the name has the port",
        ),
        pytest.param(
            Mode.STRICT,
            "https://portal.example",
            "__Host-mynasim-session-8400=s; HttpOnly; Path=/; SameSite=lax; Secure",
            id="https: bound to the host",
        ),
    ],
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    tmp_path: Path, mode: Mode, issuer: str, cookie: str
) -> None:
    settings = Settings(data=tmp_path, mode=mode, issuer=issuer)
    response = Response()
    cookies.write(response, "s", settings)
    assert response.headers["set-cookie"] == cookie
    bearing = cookie.partition(";")[0].encode()
    request = Request({"type": "http", "headers": [(b"cookie", bearing)]})
    assert cookies.read(request, settings) == "s"
    assert cookies.read(request, settings, "operator") is None
    cookies.write(response, "o", settings, "operator")
    theirs = response.headers.getlist("set-cookie")[1]
    assert theirs == cookie.replace("session=s", "operator=o").replace(
        "session-8400=s", "operator-8400=o"
    )
