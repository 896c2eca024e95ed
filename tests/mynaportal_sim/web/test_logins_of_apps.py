"""A person on the way to an app that says something of whose login it wants, and how."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from consent.mandate import Act, Scope
from mynaportal_sim.login.assurance import CARD, SOFT_CARD
from tests.mynaportal_sim.web.acting import (
    CHIYO,
    MAI,
    TETSUYA,
    act,
    acting,
    entrust,
    logged_in,
)
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import Portal, decide, sent_back

COOKIE = "mynasim-language"


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


def test_who_acts_for_the_person_that_an_app_means_says_so_and_goes_on(portal: Portal) -> None:
    client = Client.registered(portal)
    scope = Scope(frozenset({Act.VIEW, Act.GRANT}), frozenset({"checkup", "medication"}))
    entrust(portal, scope)
    agent = acting(portal, TETSUYA)
    path = str(portal.ask(agent, client.client_id).headers["location"])
    hint = client.tokens(decide(agent, path, "allow", "checkup", "medication"))["id_token"]

    for persona, on in ((TETSUYA, "/acting-for?interaction="), (MAI, "/login?interaction=")):
        browser = logged_in(portal, persona)
        portal.web.state.clock.forward(timedelta(seconds=2))
        asked = portal.ask(browser, client.client_id, id_token_hint=hint)
        path = str(asked.headers["location"])
        interaction = path.removeprefix("/interactions/")
        assert browser.get(path).headers["location"] == f"{on}{interaction}"
        if persona == TETSUYA:
            act(browser, interaction)
            client.tokens(browser.get(path))
    back = browser.log_in(MAI, interaction=interaction).headers["location"]
    assert sent_back(browser.get(back))["error"] == ["login_required"]
    person = logged_in(portal, CHIYO)
    asked = portal.ask(person, client.client_id, id_token_hint=hint, prompt="none")
    client.tokens(person.get(str(asked.headers["location"])))


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        pytest.param([CARD], False, id="a card alone"),
        pytest.param([CARD, SOFT_CARD], True, id="any"),
        pytest.param([], True, id="nothing is demanded"),
    ],
)
def test_no_soft_card_is_offered_where_none_would_do(
    portal: Portal, values: list[str], offered: bool
) -> None:
    essential = {"essential": True, "values": values} if values else None
    claims = json.dumps({"id_token": {"acr": essential}})
    browser = portal.browser("en")
    asked = portal.ask(browser, portal.register(), claims=claims)
    page = browser.get(browser.get(str(asked.headers["location"])).headers["location"]).text
    assert ('name="persona"' in page) is offered
    assert ("only, so the emulated cards of this page are not offered" in page) is not offered


@pytest.mark.parametrize(
    ("acr_values", "said"),
    [
        pytest.param(CARD, True, id="a card"),
        pytest.param(f"{CARD} {SOFT_CARD}", False, id="either"),
        pytest.param("urn:x", False, id="what nobody has"),
    ],
)
def test_a_person_reads_that_a_card_would_be_liked_and_may_do_otherwise(
    portal: Portal, acr_values: str, said: bool
) -> None:
    browser = portal.browser("en")
    asked = portal.ask(browser, portal.register(), acr_values=acr_values)
    page = browser.get(browser.get(str(asked.headers["location"])).headers["location"]).text
    assert ("would like a login by a card on a card reader" in page) is said
    assert 'name="persona"' in page


@pytest.mark.parametrize(
    ("ui_locales", "chosen", "language"),
    [
        pytest.param("en-GB ja", "", "en", id="as the app says"),
        pytest.param("fr EN", "", "en", id="as far as it is spoken"),
        pytest.param("ja-x-easy", "", "ja", id="plain Japanese"),
        pytest.param("fr", "", "ja", id="not spoken"),
        pytest.param("", "", "ja", id="nothing said"),
        pytest.param("en", "ja", "ja", id="the person has chosen"),
    ],
)
def test_pages_speak_as_the_app_says_unless_the_person_does(
    portal: Portal, ui_locales: str, chosen: str, language: str
) -> None:
    browser = portal.browser("ja")
    if chosen:
        browser.get(f"/?lang={chosen}")
    asked = portal.ask(browser, portal.register(), ui_locales=ui_locales)
    login = browser.get(str(asked.headers["location"])).headers["location"]
    assert f'<html lang="{language}"' in browser.get(login).text
    easy = "ja-easy" if ui_locales == "ja-x-easy" else language
    assert browser.cookies.get(COOKIE, language) == easy
    ending = browser.get(f"/end-session?ui_locales={ui_locales}")
    assert ending.status_code == 303
