"""A parent grants for a child who comes of age, over the wire and by the portal's clock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from consent.japan import day_of, reaches_age
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.clock import Clock
from mynaportal_sim.jose import read_jws
from mynaportal_sim.residents import personas
from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.conftest import mostly_on
from tests.journeys.kit import Portal, details

CHILD, PARENT, PIN = "tanaka-yui", "tanaka-mai", "1234"

pytestmark = [mostly_on("sqlite"), pytest.mark.anew]


@pytest.fixture(autouse=True)
def of_age(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """When the child comes of age: with their next birthday but one, while cards are good."""
    now = Clock().now()
    [child] = [one for one in personas.load(None, day_of(now)) if one.id == CHILD]
    years = day_of(now).year - child.born.year + 1
    for name in ("MINORS_ASSENT_FROM", "MINORS_DECIDE_FROM", "OF_AGE"):
        monkeypatch.setenv(f"MYNASIM_{name}", str(years))
    return reaches_age(child.born, years)


def _act(browser: SecondBrowser, interaction: str) -> None:
    page = browser.see("/acting-for")
    mandates = page["mandates"]
    assert isinstance(mandates, list)
    form = {"csrf": str(page["csrf"]), "mandate": str(mandates[0]["id"])}
    answer = browser.post("/acting-for", {**form, "interaction": interaction})
    assert answer.status_code == 303, answer.text


def test_what_a_parent_gave_is_given_until_the_child_comes_of_age(
    own_portal: Portal, of_age: datetime
) -> None:
    now = Clock(own_portal.data / "clock.json").now()
    own_portal.run("clock", "forward", f"{(of_age - now).days - 20}d")
    app, parent = own_portal.register(), own_portal.browser()
    interaction = parent.open(app.authorization_url(details("checkup"), scope="openid"))
    parent.log_in(own_portal.card(PARENT), PIN, interaction)
    _act(parent, interaction)
    tokens = app.redeem(parent.answer(interaction, "checkup"))

    said = app.introspect(tokens.access_token)
    assert said["active"] is True
    actor = said["act"]
    assert isinstance(actor, dict)
    assert actor["sub"] != said["sub"]
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200

    child = own_portal.browser()
    child.log_in(own_portal.card(CHILD), PIN)
    [given] = [one for one in _listed(child, "/consents", "consents") if one["active"]]
    assert "田中　舞" in str(given["by"])
    told = {one["type"]: one for one in _listed(child, "/history", "entries")}
    assert "田中　舞" in str(told["consent.granted"]["by"])
    assert "田中　舞" in str(told["mandate.used"]["by"])
    for kind in ("token.issued", "access.permitted"):
        assert (told[kind]["by"], told[kind]["given_by"]) == ("", told["consent.granted"]["by"])

    own_portal.run("clock", "forward", "22d")
    refused = app.fetch(tokens, "/fhir/Observation")
    assert refused.status_code == 401  # the token is old too, and what is new is not had
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        app.refresh(tokens)
    grown = own_portal.browser()
    grown.log_in(own_portal.card(CHILD), PIN)
    [lapsed] = _listed(grown, "/consents", "consents")
    assert lapsed["state"] == "lapsed"
    again = own_portal.browser()
    again.log_in(own_portal.card(PARENT), PIN)
    assert again.see("/acting-for")["mandates"] == []


def test_a_live_token_is_refused_from_the_birthday_on(
    own_portal: Portal, of_age: datetime
) -> None:
    now = Clock(own_portal.data / "clock.json").now()
    minutes = int((of_age - now).total_seconds() // 60)
    own_portal.run("clock", "forward", f"{minutes - 3}m")
    app, parent = own_portal.register(), own_portal.browser()
    interaction = parent.open(app.authorization_url(details("checkup"), scope="openid"))
    parent.log_in(own_portal.card(PARENT), PIN, interaction)
    _act(parent, interaction)
    tokens = app.redeem(parent.answer(interaction, "checkup"))
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200
    expires = read_jws(tokens.access_token).claims["exp"]
    assert isinstance(expires, int)
    assert expires <= of_age.timestamp()
    own_portal.run("clock", "forward", f"{timedelta(minutes=4).seconds}s")
    assert app.fetch(tokens, "/fhir/Observation").status_code == 401


def test_keys_that_a_proxy_got_end_with_the_mandate_while_the_consent_stays(
    own_portal: Portal,
) -> None:
    app, proxy, principal = own_portal.register(), own_portal.browser(), own_portal.browser()
    interaction = proxy.open(app.authorization_url(details("checkup"), scope="openid"))
    proxy.log_in(own_portal.card("hayashi-kaoru"), PIN, interaction)
    _act(proxy, interaction)
    tokens = app.redeem(proxy.answer(interaction, "checkup"))
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200
    principal.log_in(own_portal.card("watanabe-chiyo"), PIN)
    [mandate] = _listed(principal, "/proxies", "for_me")
    csrf = str(principal.see("/proxies")["csrf"])
    assert principal.post(f"/proxies/{mandate['id']}/end", {"csrf": csrf}).status_code == 303
    assert app.fetch(tokens, "/fhir/Observation").status_code == 401
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        app.refresh(tokens)
    [kept] = _listed(principal, "/consents", "consents")
    assert (kept["state"], kept["review"]) == ("granted", True)
    [lost] = _listed(principal, "/history?kind=token", "entries")[:1]
    assert lost["type"] == "token.revoked"
    assert "林　薫" in str(lost["given_by"])


def _replay(app: RelyingParty, callback: str, _: Tokens) -> None:
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        app.redeem(callback)


def _give_back(app: RelyingParty, _: str, tokens: Tokens) -> None:
    app.revoke(tokens)


def _give_one_back(app: RelyingParty, _: str, tokens: Tokens) -> None:
    app.revoke(replace(tokens, refresh_token=None))


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(_replay, id="its code came twice"),
        pytest.param(_give_back, id="all given back"),
        pytest.param(_give_one_back, id="one given back"),
    ],
)
def test_a_key_that_ended_says_who_gave_the_consent(
    own_portal: Portal, end: Callable[[RelyingParty, str, Tokens], None]
) -> None:
    app, proxy, principal = own_portal.register(), own_portal.browser(), own_portal.browser()
    interaction = proxy.open(app.authorization_url(details("checkup"), scope="openid"))
    proxy.log_in(own_portal.card("hayashi-kaoru"), PIN, interaction)
    _act(proxy, interaction)
    callback = proxy.answer(interaction, "checkup")
    end(app, callback, app.redeem(callback))
    principal.log_in(own_portal.card("watanabe-chiyo"), PIN)
    told = {one["type"]: one for one in _listed(principal, "/history", "entries")}
    assert "林　薫" in str(told["token.revoked"]["given_by"])
    assert told["token.revoked"]["given_by"] == told["token.issued"]["given_by"]


def _listed(browser: SecondBrowser, path: str, name: str) -> list[dict[str, object]]:
    found = browser.see(path)[name]
    assert isinstance(found, list)
    return found
