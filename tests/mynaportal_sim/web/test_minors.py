"""Who decides for a minor, and what nobody does past the person they act for."""

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
    act,
    acting,
    allow,
    ask,
    id_of,
    listed,
    logged_in,
    read,
    refused,
)
from tests.mynaportal_sim.web.kit import Browser, Form, Portal


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


def test_a_young_child_says_no_or_leaves_it_to_the_guardian(portal: Portal) -> None:
    browser = logged_in(portal, YUI)
    path = ask(portal, browser)
    shown = browser.get(path).text
    assert 'value="allow"' not in shown
    form: Form = {"csrf": browser.csrf(path), "category": ["checkup"]}
    assert refused(browser, path, form | {"decision": "allow"}) == "guardian_decides"
    later = browser.post(path, form | {"decision": "later"})
    assert "consent_required" in later.headers["location"]
    guardian = acting(portal, MAI)
    [waiting] = listed(guardian, "/consents", "consents")
    answer = f"/requests/{waiting['version_id']}"
    allow(guardian, answer)
    [given] = listed(guardian, "/consents", "consents")
    assert given["state"] == "granted"


def test_from_twelve_on_nothing_is_given_without_the_childs_assent(portal: Portal) -> None:
    guardian = acting(portal, SHIORI)
    path = ask(portal, guardian)
    assert "consent_required" in allow(guardian, path)
    [agreed] = listed(guardian, "/consents", "consents")
    assert (agreed["state"], agreed["assent"]) == ("deferred", True)
    waiting = f"/requests/{agreed['version_id']}"
    assert guardian.get(waiting).status_code == 409
    child = logged_in(portal, HIKARI)
    assert "medication" not in child.get(waiting).text
    allow(child, waiting)
    [given] = listed(child, "/consents", "consents")
    assert given["state"] == "granted"
    assert "森　栞" in given["by"]
    entries = listed(child, "/history?kind=consent", "entries")
    told = {entry["type"]: entry["by"] for entry in entries}
    assert told["consent.assented"] == ""
    assert "森　栞" in told["consent.granted"]


def test_the_child_may_refuse_what_the_guardian_agreed_to(portal: Portal) -> None:
    guardian = acting(portal, SHIORI)
    allow(guardian, ask(portal, guardian))
    child = logged_in(portal, HIKARI)
    [agreed] = listed(child, "/consents", "consents")
    path = f"/requests/{agreed['version_id']}"
    child.post(path, {"csrf": child.csrf(path), "decision": "deny"})
    [answered] = listed(child, "/consents", "consents")
    assert (answered["state"], answered["by"]) == ("denied", "")


def of_an_age_to_decide(portal: Portal) -> None:
    """Let minors of any age decide some things alone, as from the next request on."""
    bands = {"minors_assent_from": 1, "minors_decide_from": 2}
    settings = portal.web.state.settings
    portal.web.state.settings = settings.model_copy(update=bands)


@pytest.mark.parametrize(
    "where",
    [
        "/consents/{}/withdraw",
        "/consents/{}/suspend",
        "/consents/{}/reduce",
        "/consents/withdraw",
        "/prohibitions",
    ],
)
def test_no_way_of_withdrawing_gets_round_what_a_minor_decides_alone(
    portal: Portal, where: str
) -> None:
    of_an_age_to_decide(portal)
    child = logged_in(portal, YUI)
    path = ask(portal, child)
    form: Form = {"csrf": child.csrf(path), "decision": "allow"}
    child.post(path, form | {"category": ["checkup", "medication"]})
    guardian = acting(portal, MAI)
    [given] = listed(guardian, "/consents", "consents")
    wish: Form = {"csrf": guardian.csrf("/consents"), "version": str(given["version_id"])}
    where = where.format(given["arrangement_id"])
    some = {"category": "checkup" if where == "/prohibitions" else ["checkup"]}
    assert refused(guardian, where, wish | some) == "decides_alone"
    [kept] = listed(child, "/consents", "consents")
    assert (kept["state"], kept["version_id"]) == ("granted", given["version_id"])


def given_for_two_purposes(portal: Portal, guardian: Browser) -> None:
    """One that a minor will decide alone, of "歩く手帳", and one that they will not."""
    for name, purpose in (("歩く手帳", "self-care"), ("見積もり", "insurance")):
        client_id = portal.register(name, purpose=purpose)
        allow(guardian, str(portal.ask(guardian, client_id).headers["location"]))
    of_an_age_to_decide(portal)


def test_a_guardian_ends_all_but_what_the_minor_decides_alone_and_is_told_what_goes_on(
    portal: Portal,
) -> None:
    guardian = acting(portal, MAI)
    given_for_two_purposes(portal, guardian)
    before = guardian.get("/consents/withdraw").text
    ends, stays = before.split('class="note staying"')
    assert ("見積もり" in ends, "歩く手帳" in ends) == (True, False)
    assert "歩く手帳" in stays
    assert "ご本人が自分で決めます" in stays
    wish: Form = {"csrf": guardian.csrf("/consents"), "key": str(uuid4())}
    for _ in range(2):  # a double click is one wish
        done = guardian.post("/consents/withdraw", wish).headers["location"]
        assert done == "/consents?done=withdrawn_some"
    after = guardian.get(done).text
    assert "歩く手帳" in after.split('class="note staying"')[1].split("</section>")[0]
    states = {
        one["app_name"]: one["state"] for one in listed(guardian, "/consents", "consents")
    }
    assert states == {"見積もり": "withdrawn", "歩く手帳": "granted"}
    wish = {"csrf": guardian.csrf("/consents")}
    assert refused(guardian, "/consents/withdraw", wish) == "decides_alone"


def test_of_what_a_guardian_may_not_end_no_page_offers_the_end(portal: Portal) -> None:
    guardian, child = acting(portal, MAI), logged_in(portal, YUI)
    given_for_two_purposes(portal, guardian)
    found = {one["app_name"]: one for one in listed(guardian, "/consents", "consents")}
    assert {name: bool(one["stays"]) for name, one in found.items()} == {
        "見積もり": False,
        "歩く手帳": True,
    }
    alone = found["歩く手帳"]
    own = f"/consents/{alone['arrangement_id']}"
    for path in (
        "/consents",
        f"{own}/withdraw?version={alone['version_id']}",
        f"{own}/{alone['version_id']}",
    ):
        for what in (f"{own}/withdraw", f"{own}/suspend", f"{own}/reduce"):
            assert what not in guardian.get(path).text.replace(path, ""), path
    assert f"{own}/withdraw" in child.get("/consents").text
    assert not any(one["stays"] for one in listed(child, "/consents", "consents"))


def test_one_who_may_end_nothing_is_shown_what_goes_on_and_no_button(portal: Portal) -> None:
    child = logged_in(portal, YUI)
    of_an_age_to_decide(portal)
    allow(child, ask(portal, child))
    page = acting(portal, MAI).get("/consents/withdraw").text
    assert "ご本人が自分で決めます" in page
    assert 'action="/consents/withdraw"' not in page


@pytest.mark.parametrize("decision", ["deny", "allow", "later"])
def test_a_guardian_gives_no_answer_where_a_minor_decides_alone(
    portal: Portal, decision: str
) -> None:
    of_an_age_to_decide(portal)
    guardian = logged_in(portal, MAI)
    path = ask(portal, guardian)
    act(guardian, path.rpartition("/")[2])
    form: Form = {"csrf": guardian.csrf("/consents"), "decision": decision}
    assert refused(guardian, path, form | {"category": ["checkup"]}) == "decides_alone"


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


def test_a_minor_lets_nobody_act_for_them(portal: Portal) -> None:
    child = logged_in(portal, HIKARI)
    form: Form = {"csrf": child.csrf("/proxies"), "act": ["view"]}
    assert refused(child, "/proxies", form) == "guardian_decides"


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
