"""Who decides for a minor, at which age."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.mynaportal_sim.web.acting import (
    HIKARI,
    MAI,
    SHIORI,
    YUI,
    act,
    acting,
    allow,
    ask,
    listed,
    logged_in,
    of_an_age_to_decide,
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


def test_a_minor_lets_nobody_act_for_them(portal: Portal) -> None:
    child = logged_in(portal, HIKARI)
    form: Form = {"csrf": child.csrf("/proxies"), "act": ["view"]}
    assert refused(child, "/proxies", form) == "guardian_decides"
