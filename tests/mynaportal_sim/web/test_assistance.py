"""Whoever helps a person at a counter is named wherever the person answers, and only there."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from card_reader.spec import Kind
from consent.ledger.evidence import Evidence
from tests.mynaportal_sim.signing.kit import PASSWORD, form_of, to_sign
from tests.mynaportal_sim.web.acting import (
    CHIYO,
    HIKARI,
    MAI,
    SHIORI,
    acting,
    listed,
    logged_in,
)
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import Browser, Form, Portal

HELPER = "清瀬市 市民課 田中\u3000一郎"
BOTH = ["checkup", "medication"]


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


class Answer(NamedTuple):
    """A form that somebody sends, the page that it is on, and the entry that comes of it."""

    browser: Browser
    page: str
    path: str
    form: Form
    entry: str
    whose: str = CHIYO

    def send(self, helper: str) -> int:
        form: Form = self.form | {"csrf": self.browser.csrf(self.page), "helped_by": helper}
        return self.browser.post(self.path, form).status_code


def asked(portal: Portal, client: Client, browser: Browser) -> str:
    answer = portal.ask(browser, client.client_id, prompt="consent")
    return str(answer.headers["location"])


def question(portal: Portal, client: Client, decision: str, entry: str) -> Answer:
    browser = logged_in(portal, CHIYO)
    path = asked(portal, client, browser)
    form: Form = {"decision": decision, "category": BOTH}
    return Answer(browser, path, path, form, entry)


def granting(portal: Portal, client: Client) -> Answer:
    return question(portal, client, "allow", "consent.granted")


def denying(portal: Portal, client: Client) -> Answer:
    return question(portal, client, "deny", "consent.denied")


def putting_off(portal: Portal, client: Client) -> Answer:
    return question(portal, client, "later", "consent.deferred")


def amending(portal: Portal, client: Client) -> Answer:
    """A new question to somebody who has answered, which changes or renews what they gave."""
    granting(portal, client).send("")
    again = granting(portal, client)
    return again._replace(form={"decision": "allow", "category": ["checkup"]})


def answering_later(portal: Portal, client: Client) -> Answer:
    first = putting_off(portal, client)
    first.send("")
    [waiting] = listed(first.browser, "/consents", "consents")
    path = f"/requests/{waiting['version_id']}"
    return Answer(
        first.browser, path, path, first.form | {"decision": "allow"}, "consent.granted"
    )


def signing(portal: Portal, client: Client) -> Answer:
    browser = logged_in(portal, CHIYO)
    path = asked(portal, client, browser)
    signed = form_of(to_sign(browser, path), Kind.SIGNING, pin=PASSWORD)
    return Answer(browser, path, f"{path}/signature", signed, "consent.granted")


def of_consent(portal: Portal, client: Client, what: str, entry: str) -> Answer:
    given = granting(portal, client)
    given.send("")
    [one] = listed(given.browser, "/consents", "consents")
    own, version = f"/consents/{one['arrangement_id']}", str(one["version_id"])
    on_list = what in {"suspend", "resume"}
    page = "/consents" if on_list else f"{own}/withdraw?version={version}"
    return Answer(given.browser, page, f"{own}/{what}", {"version": version}, entry)


def withdrawing(portal: Portal, client: Client) -> Answer:
    return of_consent(portal, client, "withdraw", "consent.withdrawn")


def withdrawing_all(portal: Portal, client: Client) -> Answer:
    given = granting(portal, client)
    given.send("")
    path = "/consents/withdraw"
    return Answer(given.browser, path, path, {}, "consent.withdrawn")


def reducing(portal: Portal, client: Client) -> Answer:
    less = of_consent(portal, client, "reduce", "consent.granted")
    return less._replace(form=less.form | {"category": ["medication"]})


def suspending(portal: Portal, client: Client) -> Answer:
    return of_consent(portal, client, "suspend", "consent.suspended")


def resuming(portal: Portal, client: Client) -> Answer:
    suspending(portal, client).send("")
    browser = logged_in(portal, CHIYO)
    [one] = listed(browser, "/consents", "consents")
    path = f"/consents/{one['arrangement_id']}/resume"
    return Answer(browser, "/consents", path, {"version": one["version_id"]}, "consent.resumed")


def prohibiting(portal: Portal, client: Client) -> Answer:
    browser, path = logged_in(portal, CHIYO), "/prohibitions"
    form: Form = {"app": client.client_id, "category": "checkup"}
    return Answer(browser, path, path, form, "consent.prohibited")


def lifting(portal: Portal, client: Client) -> Answer:
    placed = prohibiting(portal, client)
    placed.send("")
    [one] = listed(placed.browser, placed.path, "prohibitions")
    path = f"{placed.path}/{one['id']}/lift"
    return Answer(placed.browser, placed.page, path, {}, "consent.prohibition_lifted")


def inviting(portal: Portal, _: Client) -> Answer:
    browser, path = logged_in(portal, CHIYO), "/proxies"
    return Answer(browser, path, path, {"act": ["view"], "days": "90"}, "mandate.proposed")


def accepting(portal: Portal, _: Client) -> Answer:
    principal, agent = logged_in(portal, CHIYO), logged_in(portal, MAI)
    form: Form = {"csrf": principal.csrf("/proxies"), "act": ["view"], "days": "90"}
    code = str(principal.post("/proxies", form, accept="application/json").json()["code"])
    confirmed: Form = {"code": code, "confirmed": "true"}
    return Answer(agent, "/proxies", "/proxies/accept", confirmed, "mandate.accepted")


def ending(portal: Portal, _: Client) -> Answer:
    browser = logged_in(portal, CHIYO)
    mandate = next(one for one in listed(browser, "/proxies", "for_me") if one["ends_here"])
    return Answer(browser, "/proxies", f"/proxies/{mandate['id']}/end", {}, "mandate.ended")


def objecting(portal: Portal, _: Client) -> Answer:
    browser, page = logged_in(portal, CHIYO), "/without-consent"
    return Answer(browser, page, f"{page}/research", {"choice": "out"}, "research.opted_out")


def objecting_no_more(portal: Portal, client: Client) -> Answer:
    first = objecting(portal, client)
    first.send("")
    return first._replace(form={"choice": "in"}, entry="research.opted_in")


def agreeing(portal: Portal, client: Client) -> Answer:
    """A guardian's, which awaits the assent of the minor."""
    guardian = acting(portal, SHIORI)
    path = asked(portal, client, guardian)
    form: Form = {"decision": "allow", "category": BOTH}
    return Answer(guardian, path, path, form, "consent.agreed", HIKARI)


def assenting(portal: Portal, client: Client) -> Answer:
    agreeing(portal, client).send("")
    child = logged_in(portal, HIKARI)
    [waiting] = listed(child, "/consents", "consents")
    path = f"/requests/{waiting['version_id']}"
    form: Form = {"decision": "allow", "category": BOTH}
    return Answer(child, path, path, form, "consent.assented", HIKARI)


def refusing_assent(portal: Portal, client: Client) -> Answer:
    wanted = assenting(portal, client)
    return wanted._replace(form={"decision": "deny"}, entry="consent.denied")


ANSWERS = (
    granting,
    denying,
    putting_off,
    answering_later,
    amending,
    signing,
    withdrawing,
    withdrawing_all,
    reducing,
    suspending,
    resuming,
    prohibiting,
    lifting,
    inviting,
    accepting,
    ending,
    objecting,
    objecting_no_more,
    agreeing,
    assenting,
    refusing_assent,
)


def helpers_by_entry(portal: Portal, whose: str) -> dict[str, list[str]]:
    """Who helped with what, as the person's own history says."""
    found: dict[str, list[str]] = {}
    for one in listed(logged_in(portal, whose), "/history", "entries"):
        if one["assisted_by"]:
            found.setdefault(one["type"], []).append(one["assisted_by"])
    return found


@pytest.mark.parametrize("way", ANSWERS, ids=lambda way: way.__name__)
def test_who_helps_is_in_the_entry_and_the_history_and_in_no_copy_of_the_app(
    portal: Portal, way: Callable[[Portal, Client], Answer]
) -> None:
    client = Client.registered(portal)
    answer = way(portal, client)
    assert 'name="helped_by"' in answer.browser.get(answer.page).text
    assert answer.send(HELPER) in {200, 303}
    assert helpers_by_entry(portal, answer.whose) == {answer.entry: [HELPER]}
    portal.index()
    person = logged_in(portal, answer.whose)
    assert HELPER in person.get("/history").text
    [one] = [one for one in listed(person, "/history", "entries") if one["assisted_by"]]
    proof = Evidence.parse(person.get(str(one["proof"])).content)
    assert proof.shown["assisted_by"].value == HELPER
    for listing in ("receipts", "accesses", "refusals", "consents"):
        copy = client.ask(listing)
        assert copy.status_code == 200
        assert HELPER not in copy.text


@pytest.mark.parametrize("way", ANSWERS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    "named",
    [
        pytest.param("\u202e郎一中田", id="turned round"),
        pytest.param("田中\n一郎", id="two lines"),
        pytest.param("田" * 101, id="too long"),
    ],
)
def test_a_name_that_could_pose_as_something_else_is_refused_with_the_answer(
    portal: Portal, way: Callable[[Portal, Client], Answer], named: str
) -> None:
    answer = way(portal, Client.registered(portal))
    assert answer.send(named) == 400
    assert helpers_by_entry(portal, answer.whose) == {}


def test_every_form_of_these_pages_has_the_field_and_a_label_of_its_own(portal: Portal) -> None:
    client = Client.registered(portal)
    resuming(portal, client)
    lifting(portal, client)
    browser = logged_in(portal, CHIYO)
    [one] = listed(browser, "/consents", "consents")
    own = f"/consents/{one['arrangement_id']}/withdraw?version={one['version_id']}"
    for path, forms in (
        ("/consents", 1),
        (own, 1),
        ("/prohibitions", 2),
        ("/proxies", 2),
        ("/consents/withdraw", 1),
    ):
        page = browser.get(path).text
        named = [part.partition('"')[0] for part in page.split(' for="')[1:]]
        fields = [part.partition('"')[0] for part in page.split('type="text" id="')[1:]]
        helped = [name for name in fields if "helped_by" in name]
        assert len(helped) == len(set(helped)) == forms, path
        assert set(helped) <= set(named), path


def test_a_guardians_helper_stays_beside_the_minors(portal: Portal) -> None:
    client, other = Client.registered(portal), "清瀬市 市民課 鈴木次郎"
    agreeing(portal, client).send(HELPER)
    child = logged_in(portal, HIKARI)
    [waiting] = listed(child, "/consents", "consents")
    path = f"/requests/{UUID(str(waiting['version_id']))}"
    form: Form = {"decision": "allow", "category": ["checkup"]}
    Answer(child, path, path, form, "consent.assented", HIKARI).send(other)
    assert helpers_by_entry(portal, HIKARI) == {
        "consent.agreed": [HELPER],
        "consent.granted": [HELPER],
        "consent.assented": [other],
    }
    [given] = listed(child, "/consents", "consents")
    receipt = child.get(f"/consents/{given['arrangement_id']}/{given['version_id']}").text
    assert (HELPER in receipt, other in receipt) == (True, False)
