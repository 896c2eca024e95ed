"""What nobody stops, lifts, resumes or ends past the person they act for."""

from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from uuid import UUID, uuid4

import pytest

from consent import service
from consent.mandate import Act, Mandate, MandateState, Scope
from consent.model import Actor, Event, Role
from tests.mynaportal_sim.web.acting import (
    CHIYO,
    HIKARI,
    KAORU,
    MAI,
    SHIORI,
    TETSUYA,
    YUI,
    acting,
    allow,
    ask,
    id_of,
    listed,
    logged_in,
    of_an_age_to_decide,
    read,
    refused,
)
from tests.mynaportal_sim.web.kit import Browser, Form, Portal


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


def prohibit(browser: Browser, by: str) -> str:
    form: Form = {"csrf": browser.csrf("/prohibitions"), "category": "checkup"}
    assert browser.post("/prohibitions", form).status_code == 303
    [placed] = listed(browser, "/prohibitions", "prohibitions")
    assert (placed["by"], placed["own"]) == (by, True)
    return f"/prohibitions/{placed['id']}/lift"


@pytest.mark.parametrize(
    ("principal", "agent", "name"),
    [
        pytest.param(YUI, MAI, "田中　結衣", id="guardian"),
        pytest.param(CHIYO, KAORU, "渡邉　千代", id="proxy"),
    ],
)
def test_nobody_lifts_for_a_person_what_the_person_prohibited(
    portal: Portal, principal: str, agent: str, name: str
) -> None:
    person = logged_in(portal, principal)
    lift = prohibit(person, "ご本人")
    browser = acting(portal, agent)
    [seen] = listed(browser, "/prohibitions", "prohibitions")
    assert (seen["by"], seen["own"]) == (name, False)
    assert "この禁止を解除する" not in browser.get("/prohibitions").text
    assert refused(browser, lift, {"csrf": browser.csrf("/consents")}) == "not_yours"
    assert person.post(lift, {"csrf": person.csrf("/prohibitions")}).status_code == 303
    assert listed(person, "/prohibitions", "prohibitions") == []


@pytest.mark.parametrize(
    ("principal", "agent"),
    [pytest.param(HIKARI, SHIORI, id="guardian"), pytest.param(CHIYO, KAORU, id="proxy")],
)
def test_a_consent_is_resumed_by_whoever_suspended_it(
    portal: Portal, principal: str, agent: str
) -> None:
    person, browser = logged_in(portal, principal), acting(portal, agent)
    allow(browser, ask(portal, browser))
    [given] = listed(person, "/consents", "consents")
    if given["assent"]:
        path = f"/requests/{given['version_id']}"
        form: Form = {"csrf": person.csrf(path), "decision": "allow", "category": ["checkup"]}
        assert person.post(path, form).status_code == 303
        [given] = listed(person, "/consents", "consents")
    where = f"/consents/{given['arrangement_id']}"

    def form_of(who: Browser) -> Form:
        return {"csrf": who.csrf("/consents"), "version": str(given["version_id"])}

    assert person.post(f"{where}/suspend", form_of(person)).status_code == 303
    [seen] = listed(browser, "/consents", "consents")
    assert (seen["state"], seen["resumable"]) == ("suspended", False)
    assert refused(browser, f"{where}/resume", form_of(browser)) == "not_entitled"
    [seen] = listed(person, "/consents", "consents")
    assert seen["resumable"]
    assert person.post(f"{where}/resume", form_of(person)).status_code == 303
    assert browser.post(f"{where}/suspend", form_of(browser)).status_code == 303
    [seen] = listed(person, "/consents", "consents")
    assert seen["resumable"] is (principal == CHIYO)
    assert browser.post(f"{where}/resume", form_of(browser)).status_code == 303


def test_what_a_guardian_prohibited_is_the_minors_to_lift_from_when_they_decide_alone(
    portal: Portal,
) -> None:
    lift = prohibit(acting(portal, MAI), "田中　舞（親権者・未成年後見人）")
    child = logged_in(portal, YUI)
    [seen] = listed(child, "/prohibitions", "prohibitions")
    assert (seen["by"], seen["own"]) == ("田中　舞（親権者・未成年後見人）", False)
    assert refused(child, lift, {"csrf": child.csrf("/prohibitions")}) == "not_yours"
    of_an_age_to_decide(portal)
    assert child.post(lift, {"csrf": child.csrf("/prohibitions")}).status_code == 303
    assert listed(child, "/prohibitions", "prohibitions") == []


def _asked(browser: Browser, path: str, *categories: str) -> int:
    """Allow what is asked on that path; the status that comes of it."""
    form: Form = {"csrf": browser.csrf("/consents"), "decision": "allow"}
    answer = browser.post(path, form | {"category": list(categories)})
    return int(answer.status_code)


def _suspend(portal: Portal, person: Browser, actor: Actor) -> None:
    [given] = listed(person, "/consents", "consents")
    about = (UUID(given["arrangement_id"]), UUID(given["version_id"]))
    now, holder = portal.web.state.clock.now(), portal.holder(CHIYO)
    wish = service.Change(Event.SUSPEND, uuid4(), id_of(portal, CHIYO), *about, "x", holder)
    wish = replace(wish, actor=actor, reason="調査のため")
    portal.web.state.database.run(service.change, wish, now, token_bytes)


@pytest.mark.parametrize(
    ("actor", "who", "status"),
    [
        pytest.param(Actor.PERSON, KAORU, 403, id="the person's, by an agent"),
        pytest.param(Actor.PERSON, CHIYO, 303, id="the person's own"),
        pytest.param(Actor.AUTHORITY, CHIYO, 403, id="an authority's, by the person"),
        pytest.param(Actor.AUTHORITY, KAORU, 403, id="an authority's, by an agent"),
    ],
)
def test_what_another_let_rest_is_not_given_by_asking_anew(
    portal: Portal, actor: Actor, who: str, status: int
) -> None:
    client, person = portal.register(), logged_in(portal, CHIYO)
    assert _asked(person, portal.ask(person, client).headers["location"], "checkup") == 303
    _suspend(portal, person, actor)
    browser = person if who == CHIYO else acting(portal, who)
    path = portal.ask(browser, client).headers["location"]
    assert _asked(browser, path, "checkup") == status
    states = sorted(one["state"] for one in listed(person, "/consents", "consents"))
    assert states == (["suspended"] if status == 403 else ["granted", "superseded"])


def test_who_acts_ends_no_more_by_an_answer_than_by_a_withdrawal(portal: Portal) -> None:
    """A proxy for check-ups who may consent and not withdraw."""
    now = portal.web.state.clock.now()
    scope = Scope(frozenset({Act.VIEW, Act.GRANT}), frozenset({"checkup"}))
    mandate = Mandate(
        uuid4(), id_of(portal, CHIYO), id_of(portal, TETSUYA), Role.PROXY, scope, now, None,
        None, "", MandateState.ACTIVE, now,
    )  # fmt: skip
    args = (mandate, portal.holder(CHIYO), now, token_bytes)
    assert portal.web.state.database.run(service.register, *args)
    client, person = portal.register(), logged_in(portal, CHIYO)
    path = portal.ask(person, client).headers["location"]
    assert _asked(person, path, "checkup", "medication") == 303
    browser = acting(portal, TETSUYA)
    path = portal.ask(browser, client, prompt="consent").headers["location"]
    assert read(browser, path)["replaces"] is None
    assert _asked(browser, path, "checkup") == 403
    [kept] = listed(person, "/consents", "consents")
    assert (kept["state"], len(kept["categories"])) == ("granted", 2)
