"""Acting for others: choosing whom, what pages then show, what is refused with a name."""

import json
import re
from base64 import b64decode
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

import pytest

from card_reader.spec import Kind
from consent import service
from consent.mandate import Act, Scope
from mynaportal_sim.signing.receipt import Receipt
from mynaportal_sim.signing.verify import judge
from tests.mynaportal_sim.signing.kit import Log, sign
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
    entrust,
    id_of,
    listed,
    logged_in,
    mandates,
    read,
    refused,
)
from tests.mynaportal_sim.web.kit import Form, Portal

_FLEETING = re.compile(r'"[0-9a-f]{64}"')


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


def test_every_page_is_about_the_one_acted_for_until_the_agent_steps_down(
    portal: Portal,
) -> None:
    browser = acting(portal, KAORU)
    for path in ("/", "/consents", "/history", "/access", "/history/apps", "/exchanges"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert "渡邉　千代" in page.text, path
    told = listed(browser, "/history", "entries")
    assert told[0]["type"] == "mandate.used"
    assert "林　薫" in told[0]["by"]
    assert all(not entry["type"].startswith("login.") for entry in told)
    browser.post("/acting-for", {"csrf": browser.csrf("/acting-for")})
    assert "渡邉　千代" not in browser.get("/consents").text


def test_a_form_shown_about_one_is_never_sent_about_another(portal: Portal) -> None:
    browser = logged_in(portal, KAORU)
    before, cookie = browser.csrf("/prohibitions"), dict(browser.cookies)
    act(browser)
    assert dict(browser.cookies) != cookie
    assert refused(browser, "/prohibitions", {"csrf": before}) == "csrf_failed"


def test_the_choice_ends_with_the_session(portal: Portal) -> None:
    browser = acting(portal, KAORU)
    browser.post("/logout", {"csrf": browser.csrf("/consents")})
    assert browser.log_in(KAORU).status_code == 303
    assert read(browser, "/acting-for")["current"] is None


@pytest.mark.parametrize(
    "path", ["/proxies", "/alerts", "/history/proofs.zip", "/history/0/proof"]
)
def test_what_is_in_person_is_nobody_elses(portal: Portal, path: str) -> None:
    assert refused(acting(portal, KAORU), path) == "only_in_person"


def test_a_mandate_of_others_is_not_acted_under(portal: Portal) -> None:
    browser, theirs = logged_in(portal, KAORU), mandates(logged_in(portal, MAI))
    form: Form = {"csrf": browser.csrf("/acting-for"), "mandate": str(theirs[0]["id"])}
    assert refused(browser, "/acting-for", form) == "not_acting"


def test_a_guardian_is_asked_for_the_child_and_both_are_named(portal: Portal) -> None:
    browser = logged_in(portal, MAI)
    path = ask(portal, browser)
    own = browser.get(path).text
    interaction = path.removeprefix("/interactions/")
    assert f"/acting-for?interaction={interaction}" in own
    act(browser, interaction)
    shown = browser.get(path).text
    assert "田中　結衣" in shown
    assert "田中　舞" in shown
    assert "code=" in allow(browser, path)
    child = logged_in(portal, YUI)
    [given] = listed(child, "/consents", "consents")
    assert given["state"] == "granted"
    assert "田中　舞" in given["by"]
    entries = listed(child, "/history?kind=consent", "entries")
    assert {"consent.granted", "consent.requested"} == {entry["type"] for entry in entries}
    assert all("田中　舞" in entry["by"] for entry in entries)
    assert entries[0]["event"] == "同意の手続きが行われました"
    assert "田中　舞" in child.get("/history").text
    assert read(logged_in(portal, MAI), "/consents")["consents"] == []


def test_one_who_is_kept_away_is_told_what_a_stranger_is_told(portal: Portal) -> None:
    browser = logged_in(portal, TETSUYA)
    assert mandates(browser) == []
    theirs = mandates(logged_in(portal, SHIORI))[0]
    form: Form = {"csrf": browser.csrf("/acting-for"), "mandate": str(theirs["id"])}
    assert refused(browser, "/acting-for", form) == "not_acting"
    stranger = logged_in(portal, HIKARI)
    for path in ("/acting-for", "/proxies", "/consents", "/history"):
        seen, usual = (_FLEETING.sub("", one.get(path).text) for one in (browser, stranger))
        assert "ひかり" not in seen
        if path == "/acting-for":
            assert seen == usual


def test_a_block_takes_effect_on_one_who_acts_already(portal: Portal) -> None:
    browser = acting(portal, SHIORI)
    parties = (id_of(portal, HIKARI), id_of(portal, SHIORI), portal.holder(HIKARI))
    now = portal.web.state.clock.now()
    portal.web.state.database.run(service.block, *parties, now, token_bytes)
    for path in ("/consents", "/history", "/access", "/prohibitions"):
        assert refused(browser, path) == "not_acting", path
        assert "ひかり" not in browser.get(path).text
    assert "ひかり" not in browser.get("/").text


@pytest.mark.parametrize(
    ("scope", "path", "code"),
    [
        pytest.param(
            Scope(frozenset({Act.GRANT})), "/consents", "act_out_of_scope", id="may not see"
        ),
        pytest.param(
            Scope(categories=frozenset({"checkup"})),
            "/history/apps",
            "category_out_of_scope",
            id="all kinds together",
        ),
    ],
)
def test_what_is_out_of_scope_is_refused_with_its_name(
    portal: Portal, scope: Scope, path: str, code: str
) -> None:
    entrust(portal, scope)
    assert refused(acting(portal, TETSUYA), path) == code


def test_within_a_scope_only_its_kinds_of_data_are_shown_and_given(portal: Portal) -> None:
    principal = logged_in(portal, CHIYO)
    path = ask(portal, principal)
    form: Form = {"csrf": principal.csrf(path), "decision": "allow", "category": ["medication"]}
    assert principal.post(path, form).status_code == 303
    entrust(portal, Scope(categories=frozenset({"checkup"})))
    browser = acting(portal, TETSUYA)
    assert listed(browser, "/consents", "consents") == []
    entries = listed(browser, "/history", "entries")
    assert {entry["type"].partition(".")[0] for entry in entries} == {"mandate"}
    path = ask(portal, browser)
    form = {"csrf": browser.csrf(path), "decision": "allow", "category": ["medication"]}
    assert browser.post(path, form).status_code == 422
    assert "code=" in allow(browser, path)


def test_whoever_acts_has_the_receipt_without_the_certificate_it_was_signed_by(
    portal: Portal,
) -> None:
    principal = sign(portal, Kind.SIGNING, persona=CHIYO)
    log = Log(portal)
    log.witnessed()
    [one] = listed(principal, "/consents", "consents")
    address = f"/consents/{one['arrangement_id']}/{one['version_id']}/receipt.json"
    own = read(principal, address)
    entrust(portal, Scope(frozenset({Act.VIEW})))
    agent = acting(portal, TETSUYA)
    assert f'href="{address}"' in agent.get(address.removesuffix("/receipt.json")).text
    saved = agent.get(address, accept="application/json")
    assert judge(Receipt.parse(saved.content), log.trusted).faults == {}
    its, theirs = saved.json()["signature"], own["signature"]
    assert its.keys() == {"with", "statementSha256", "certificateMac"}
    opened = b64decode(saved.json()["ledger"]["proof"].split()[2]).decode()
    for shut in ("signature_sha256", "certificate", "mandate", "channel"):
        assert shut not in json.loads(opened)["fields"]
    assert isinstance(theirs, dict)
    assert theirs["certificate"]
    assert read(principal, address) == own


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        pytest.param(Scope(categories=frozenset({"checkup", "medication"})), 200, id="within"),
        pytest.param(Scope(categories=frozenset({"medication"})), 404, id="of another kind"),
        pytest.param(Scope(frozenset({Act.GRANT})), 403, id="may not see"),
    ],
)
def test_a_receipt_is_within_the_scope_or_there_is_none(
    portal: Portal, scope: Scope, status: int
) -> None:
    given = logged_in(portal, CHIYO)
    allow(given, ask(portal, given))
    [one] = listed(given, "/consents", "consents")
    entrust(portal, scope)
    address = f"/consents/{one['arrangement_id']}/{one['version_id']}/receipt.json"
    answer = acting(portal, TETSUYA).get(address, accept="application/json")
    assert answer.status_code == status


def test_one_who_may_only_see_withdraws_and_grants_nothing(portal: Portal) -> None:
    given = logged_in(portal, CHIYO)
    allow(given, ask(portal, given))
    entrust(portal, Scope(frozenset({Act.VIEW})))
    browser = acting(portal, TETSUYA)
    [one] = listed(browser, "/consents", "consents")
    form: Form = {"csrf": browser.csrf("/consents"), "version": str(one["version_id"])}
    path = f"/consents/{one['arrangement_id']}/withdraw"
    assert refused(browser, path, form) == "act_out_of_scope"
    fewer: Form = form | {"key": str(uuid4()), "category": ["checkup"]}
    reduce = f"/consents/{one['arrangement_id']}/reduce"
    assert refused(browser, reduce, fewer) == "act_out_of_scope"
    assert refused(browser, "/consents/withdraw", form | {"key": str(uuid4())}) == (
        "act_out_of_scope"
    )
    assert refused(browser, ask(portal, browser)) == "act_out_of_scope"


def test_one_who_may_withdraw_reduces_what_the_principal_gave(portal: Portal) -> None:
    given = logged_in(portal, CHIYO)
    path = ask(portal, given)
    both: Form = {"csrf": given.csrf(path), "decision": "allow"}
    given.post(path, both | {"category": ["checkup", "medication"]})
    entrust(portal, Scope(frozenset({Act.VIEW, Act.WITHDRAW})))
    browser = acting(portal, TETSUYA)
    [one] = listed(browser, "/consents", "consents")
    form: Form = {"csrf": browser.csrf("/consents"), "version": str(one["version_id"])}
    reduce = f"/consents/{one['arrangement_id']}/reduce"
    wish: Form = form | {"key": str(uuid4()), "category": ["medication"]}
    assert browser.post(reduce, wish).headers["location"] == "/consents?done=reduced"
    [less] = [one for one in listed(given, "/consents", "consents") if one["active"]]
    assert (less["state"], less["by"]) == ("granted", "")
    told = [one for one in listed(given, "/history", "entries") if "小川" in one["by"]]
    assert "consent.granted" in {entry["type"] for entry in told}


def test_a_person_invites_a_proxy_who_accepts_and_is_ended(portal: Portal) -> None:
    principal, agent = logged_in(portal, CHIYO), logged_in(portal, MAI)
    assert "カード" in principal.get("/proxies").text
    form: Form = {"csrf": principal.csrf("/proxies"), "act": ["view", "grant", "withdraw"]}
    form["days"] = "90"
    code = str(principal.post("/proxies", form, accept="application/json").json()["code"])
    asked: Form = {"csrf": agent.csrf("/proxies"), "code": code.lower()}
    assert "渡邉　千代" in agent.post("/proxies/accept", asked).text
    assert agent.post("/proxies/accept", asked | {"confirmed": "true"}).status_code == 303
    again = agent.post("/proxies/accept", asked, accept="application/json")
    assert (again.status_code, again.json()["code"]) == (404, "no_such_invitation")
    mine = next(one for one in mandates(agent) if "千代" in str(one["name"]))
    chosen: Form = {"csrf": agent.csrf("/acting-for"), "mandate": str(mine["id"])}
    agent.post("/acting-for", chosen)
    allow(agent, ask(portal, agent))
    ended = principal.post(f"/proxies/{mine['id']}/end", {"csrf": principal.csrf("/proxies")})
    assert ended.status_code == 303
    assert refused(agent, "/consents") == "mandate_ended"
    [given] = listed(principal, "/consents", "consents")
    assert (given["state"], given["review"]) == ("granted", True)


def test_a_guardian_is_not_ended_by_a_click(portal: Portal) -> None:
    child = logged_in(portal, YUI)
    [guardian] = listed(child, "/proxies", "for_me")
    form: Form = {"csrf": child.csrf("/proxies")}
    assert refused(child, f"/proxies/{guardian['id']}/end", form) == "not_entitled"
