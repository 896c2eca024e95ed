"""A person sees which apps know them by their certificate, and lets go of one."""

import jwt
import pytest

from card_reader.spec import Kind
from mynaportal_sim.issuing.life_events import LifeEvent
from tests.mynaportal_sim.verifiers.kit import Town, Verifier
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import inside, part
from tests.mynaportal_sim.web.kit import HANAKO, JSON, KENICHI, Browser, Portal, events_of


@pytest.fixture
def tied(portal: Portal, town: Town, verifier: Verifier) -> Browser:
    """Hanako's browser, once an app has tied an id to her certificate."""
    verifier.told("user-ids", town.certificate(), user_id="会員-0042")
    browser = portal.browser()
    browser.log_in(HANAKO)
    return browser


def the_tie(browser: Browser) -> dict[str, str]:
    [tie] = browser.get("/user-ids", **JSON).json()["user_ids"]
    found: dict[str, str] = tie
    return found


def test_the_page_names_the_app_and_its_id(tied: Browser) -> None:
    page = tied.get("/user-ids").text
    for text in ("銀行口座", "会員-0042", "利用者証明用電子証明書", "紐付けを解除する"):
        assert text in page
    assert "Release this ID" in tied.get("/user-ids?lang=en").text
    assert 'href="/user-ids"' in tied.get("/consents").text


def test_nobody_sees_what_is_anothers(portal: Portal, tied: Browser) -> None:
    kenichi = portal.browser()
    kenichi.log_in(KENICHI)
    assert kenichi.get("/user-ids", **JSON).json()["user_ids"] == []
    form = {"csrf": kenichi.csrf("/consents")}
    answer = kenichi.post(f"/user-ids/{the_tie(tied)['id']}/release", {**form}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_user_id")
    assert portal.browser().get("/user-ids").headers["location"] == "/login"


def test_what_is_released_is_found_no_more_and_the_app_is_told(
    town: Town, verifier: Verifier, tied: Browser
) -> None:
    path = f"/user-ids/{the_tie(tied)['id']}/release"
    form = {"csrf": tied.csrf("/user-ids")}
    answer = tied.post(path, {**form})
    assert "解除しました" in tied.get(answer.headers["location"]).text
    assert verifier.refused("user-ids/find", town.certificate()) == (404, "no_user_id")
    polled = verifier.portal.browser().send("POST", "/apps/self/events", json=verifier.proof)
    [token] = polled.json()["sets"].values()
    said = jwt.decode(token, options={"verify_signature": False})
    assert said["sub_id"] == {"format": "opaque", "id": "会員-0042"}
    [event] = said["events"]
    assert event.endswith("/events/user-id-released")
    client = Client(verifier.portal, verifier.client_id, verifier.key)
    assert "紐付けが解除されました" in part(inside(client), "/events")
    assert events_of(tied)[::2] == ["user_id.released", "user_id.tied"]
    assert tied.post(path, {**form}, **JSON).status_code == 404


def test_a_form_of_another_site_releases_nothing(tied: Browser) -> None:
    path = f"/user-ids/{the_tie(tied)['id']}/release"
    assert tied.post(path, {"csrf": "0" * 64}, **JSON).status_code == 403
    assert the_tie(tied)["user_id"] == "会員-0042"


def test_that_an_id_rests_is_said_and_it_can_be_released_still(
    portal: Portal, town: Town, verifier: Verifier
) -> None:
    verifier.told("user-ids", town.certificate(Kind.SIGNING), user_id="u-1")
    town.let(LifeEvent.MOVE)
    browser = portal.browser()
    browser.log_in(HANAKO)
    assert the_tie(browser)["rests"]
    assert "現在有効でない" in browser.get("/user-ids").text
    form = {"csrf": browser.csrf("/user-ids")}
    browser.post(f"/user-ids/{the_tie(browser)['id']}/release", {**form})
    assert browser.get("/user-ids", **JSON).json()["user_ids"] == []
