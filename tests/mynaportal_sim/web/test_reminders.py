"""A person reads in time that a consent ends by itself, and nothing renews it for them."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.mynaportal_sim.web.kit import CALLBACK, HANAKO, JSON, Browser, Portal, decide

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TWO_WEEKS = 14 * DAY
LASTS = {"visit": DAY, "link": 90 * DAY, "year": 365 * DAY}


def asked(term: str) -> str:
    period = {
        "from": "2021-04-01",
        "to": "2026-12-31",
    }  # which the year of asking does not move
    detail = {"type": "phr_access", "categories": ["checkup"], "period": period, "term": term}
    return json.dumps([detail])


def give(portal: Portal, client_id: str, term: str) -> Browser:
    """The browser of a person who has given an app their check-ups for that long."""
    browser = portal.browser()
    answer = portal.ask(browser, client_id, scope="openid", authorization_details=asked(term))
    path = str(answer.headers["location"])
    browser.log_in(HANAKO, interaction=path.removeprefix("/interactions/"))
    assert decide(browser, path, "allow", "checkup").status_code == 303
    return browser


def only_consent(browser: Browser) -> dict[str, Any]:
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    return dict(consent)


def back_after(portal: Portal, browser: Browser, span: timedelta) -> None:
    """The person logs in again then."""
    portal.web.state.clock.forward(span)
    assert browser.log_in(HANAKO).status_code == 303


def happened(browser: Browser) -> list[str]:
    """All that a person's history tells but for their own coming and going."""
    entries = browser.get("/history", **JSON).json()["entries"]
    return [one["type"] for one in entries if not one["type"].startswith("login.")]


@pytest.mark.parametrize(
    ("term", "left", "reminded"),
    [
        pytest.param("link", TWO_WEEKS + HOUR, False, id="90 days, more than two weeks left"),
        pytest.param("link", TWO_WEEKS - HOUR, True, id="90 days, two weeks left"),
        pytest.param("link", HOUR, True, id="90 days, an hour left"),
        pytest.param("link", -HOUR, False, id="90 days, over"),
        pytest.param("year", TWO_WEEKS + HOUR, False, id="a year, more than two weeks left"),
        pytest.param("year", TWO_WEEKS - HOUR, True, id="a year, two weeks left"),
        pytest.param("year", -HOUR, False, id="a year, over"),
        pytest.param("visit", 20 * HOUR, False, id="a visit, begun"),
        pytest.param("visit", HOUR, False, id="a visit, an hour left"),
    ],
)
def test_a_consent_is_marked_once_while_its_end_is_near_and_is_not_moved(
    portal: Portal, term: str, left: timedelta, *, reminded: bool
) -> None:
    browser = give(portal, portal.register(), term)
    before, told = only_consent(browser), happened(browser)
    back_after(portal, browser, LASTS[term] - left)
    now = only_consent(browser)
    assert now["valid_until"] == before["valid_until"]
    assert now["days_left"] == (max(left // DAY, 0) if reminded else None)
    assert now["state"] == ("granted" if left > timedelta() else "expired")
    assert browser.get("/consents").text.count("まもなく終了") == int(reminded)
    assert browser.get("/").text.count("まもなく終了") == int(reminded)
    assert happened(browser) == told


def test_what_has_run_out_is_asked_anew_and_given_by_nobody_but_the_person(
    portal: Portal,
) -> None:
    client_id = portal.register()
    browser = give(portal, client_id, "link")
    over = datetime.fromisoformat(only_consent(browser)["valid_until"])
    again = {"scope": "openid", "authorization_details": asked("link")}

    def led_to() -> str:
        path = portal.ask(browser, client_id, **again).headers["location"]
        return str(browser.get(path).headers.get("location", ""))

    back_after(portal, browser, LASTS["link"] - HOUR)
    assert led_to().startswith(f"{CALLBACK}?code=")  # as given, without a question
    assert datetime.fromisoformat(only_consent(browser)["valid_until"]) == over
    back_after(portal, browser, 2 * HOUR)
    assert led_to() == ""  # the question
    assert only_consent(browser)["state"] == "expired"
