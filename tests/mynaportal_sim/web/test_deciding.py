"""Prohibitions, questions put off, and the ways to take back: all, by app, a part."""

import re
from secrets import token_bytes
from uuid import UUID

import httpx
import pytest

from consent.ledger.evidence import Evidence
from mynaportal_sim.apps import service as apps
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import (
    JSON,
    KENICHI,
    Browser,
    Form,
    Portal,
    decide,
    events_of,
    sent_back,
)

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SCRIPT = '<script>alert("x")</script>'


def test_what_is_prohibited_cannot_be_given_nor_had_until_it_is_lifted(portal: Portal) -> None:
    browser = portal.given("checkup")
    form: Form = {"csrf": browser.csrf("/prohibitions"), "category": "checkup", "app": ""}
    for _ in range(2):  # a double click
        done = browser.post("/prohibitions", {**form, "key": str(UUID(int=7))})
        assert done.headers["location"] == "/prohibitions?done=prohibited"
    page = browser.get("/prohibitions?done=prohibited").text
    assert page.count("この禁止を解除する") == 1
    [arranged] = browser.get("/access", **JSON).json()["arrangements"]
    assert not arranged["permitted"]
    path = portal.ask(browser, portal.register()).headers["location"]
    asked = browser.get(path, **JSON).json()
    assert {one["code"]: one["prohibited"] for one in asked["categories"]} == {
        "checkup": True,
        "medication": False,
    }
    assert "禁止されているため、提供できません" in browser.get(path).text
    assert decide(browser, path, "allow", "checkup").status_code == 422
    assert "code" in sent_back(decide(browser, path, "allow", "checkup", "medication"))
    consents = browser.get("/consents", **JSON).json()["consents"]
    assert sorted(one["categories"] for one in consents) == [["健診結果"], ["薬剤情報"]]
    lifted = browser.post(f"/prohibitions/{UUID(int=7)}/lift", {"csrf": form["csrf"]})
    assert lifted.headers["location"] == "/prohibitions?done=lifted"
    assert browser.get("/prohibitions", **JSON).json()["prohibitions"] == []
    arranged = browser.get("/access", **JSON).json()["arrangements"]
    assert [one["permitted"] for one in arranged] == [True, True]
    assert events_of(browser)[0] == "consent.prohibition_lifted"


def test_what_is_prohibited_to_one_app_names_it_when_placed_and_when_lifted(
    portal: Portal,
) -> None:
    browser = portal.given("checkup")
    app, key = portal.register("あるく"), str(UUID(int=8))
    form: Form = {"csrf": browser.csrf("/prohibitions"), "app": app, "key": key}
    assert browser.post("/prohibitions", form).status_code == 303
    lift: Form = {"csrf": form["csrf"]}
    assert browser.post(f"/prohibitions/{key}/lift", lift).status_code == 303
    lifted, placed, *_ = browser.get("/history", **JSON).json()["entries"]
    assert (placed["type"], placed["who"]) == ("consent.prohibited", "あるく")
    assert (lifted["type"], lifted["who"]) == ("consent.prohibition_lifted", "あるく")


@pytest.mark.parametrize(
    ("path", "form", "status", "said"),
    [
        pytest.param("", {"app": "app-9"}, 400, "そのようなアプリ", id="no such app"),
        pytest.param("", {"category": "shoes"}, 400, "そのようなアプリ", id="no such data"),
        pytest.param(f"/{UUID(int=9)}/lift", {}, 404, "そのような禁止", id="none such"),
    ],
)
def test_what_cannot_be_prohibited_or_lifted_is_said(
    portal: Portal, path: str, form: Form, status: int, said: str
) -> None:
    browser = portal.browser()
    browser.log_in()
    sent = {"csrf": browser.csrf("/prohibitions"), **form}
    answer = browser.post(f"/prohibitions{path}", sent)
    assert answer.status_code == status
    assert said in answer.text


def _put_off(portal: Portal, client_id: str) -> tuple[Browser, str]:
    """A person who will decide later; their browser and the waiting question's path."""
    browser, path = portal.asked(client_id)
    assert sent_back(decide(browser, path, "later"))["error"] == ["consent_required"]
    [waiting] = [
        one for one in browser.get("/consents", **JSON).json()["consents"] if one["waiting"]
    ]
    return browser, f"/requests/{waiting['version_id']}"


def test_a_question_put_off_is_answered_without_the_app_which_then_need_not_ask(
    portal: Portal,
) -> None:
    client_id = portal.register()
    browser, waiting = _put_off(portal, client_id)
    assert waiting in browser.get("/consents").text
    asked = browser.get(waiting, **JSON).json()
    assert [one["code"] for one in asked["categories"]] == ["checkup", "medication"]
    assert decide(browser, waiting, "allow").status_code == 422
    done = decide(browser, waiting, "allow", "checkup", "medication")
    assert done.headers["location"] == "/consents?done=answered"
    assert events_of(browser)[:2] == ["consent.granted", "consent.deferred"]
    assert _answer_again(browser, waiting).status_code == 404
    path = portal.ask(browser, client_id).headers["location"]
    assert "code" in sent_back(browser.get(path))


def test_a_question_put_off_offers_no_signature_and_takes_the_wish_for_one_for_no_answer(
    portal: Portal,
) -> None:
    browser, waiting = _put_off(portal, portal.register())
    assert 'value="sign"' not in browser.get(waiting).text
    wish = decide(browser, waiting, "sign", "checkup")
    assert (wish.status_code, "アプリが回答を待っている間だけ" in wish.text) == (400, True)
    form: Form = {"csrf": browser.csrf(waiting), "decision": "sign", "category": ["checkup"]}
    assert browser.post(waiting, form, **JSON).json()["code"] == "not_signed_later"
    assert decide(browser, waiting, "allow", "checkup").status_code == 303


def test_people_read_who_reviewed_what_an_app_declares(portal: Portal) -> None:
    client_id = portal.register()
    browser, path = portal.asked(client_id)
    assert "まだ審査されていません" in browser.get(path).text
    state = portal.web.state
    review = (client_id, 1, "模擬審査会", state.clock.now(), token_bytes)
    state.database.run(apps.review, *review)
    path = portal.ask(browser, client_id).headers["location"]
    assert "模擬審査会" in browser.get(path).text
    decide(browser, path, "allow", "checkup")
    [given] = browser.get("/consents", **JSON).json()["consents"]
    receipt = f"/consents/{given['arrangement_id']}/{given['version_id']}"
    assert "模擬審査会" in browser.get(receipt).text
    portal.index()
    entries = browser.get("/history?kind=consent", **JSON).json()["entries"]
    proofs = [Evidence.parse(browser.get(one["proof"]).content) for one in entries]
    named = [one.shown["reviewer"].value for one in proofs if "reviewer" in one.shown]
    assert named == ["模擬審査会"] * 2  # that it was asked, and that it was granted


def _answer_again(browser: Browser, waiting: str) -> httpx.Response:
    form: Form = {"csrf": browser.csrf("/prohibitions"), "decision": "deny"}
    return browser.post(waiting, form)


def test_a_question_put_off_waits_for_nobody_else_and_not_for_words_since_changed(
    portal: Portal,
) -> None:
    client_id = portal.register()
    browser, waiting = _put_off(portal, client_id)
    other = portal.browser()
    other.log_in(KENICHI)
    assert other.get(waiting).status_code == 404
    state = portal.web.state
    words = apps.Declaration(client_id, "self-care", "健診結果を家族に知らせるため")
    state.database.run(apps.declare, words, state.clock.now(), token_bytes)
    gone = browser.get(waiting)
    assert gone.status_code == 404
    assert "もう回答を待っていません" in gone.text


def test_a_new_question_names_the_consent_it_would_replace_and_what_would_change(
    portal: Portal,
) -> None:
    client_id = portal.register()
    browser = portal.given("checkup", client_id=client_id)
    path = portal.ask(browser, client_id, scope="openid").headers["location"]
    asked = browser.get(path, **JSON).json()["replaces"]
    [before] = browser.get("/consents", **JSON).json()["consents"]
    assert asked["version_id"] == before["version_id"]
    assert [(one["about"], one["before"]) for one in asked["differences"]] == [("薬剤情報", "")]
    assert "同意に置き換わります" in browser.get(path).text
    assert "code" in sent_back(decide(browser, path, "allow", "medication"))
    consents = browser.get("/consents", **JSON).json()["consents"]
    [now] = [one for one in consents if one["active"]]
    receipt = browser.get(f"/consents/{now['arrangement_id']}/{now['version_id']}").text
    assert "前回の回答からの変更点" in receipt


@pytest.mark.parametrize(
    ("since", "until", "period"),
    [
        pytest.param("2025-01-01", "", ("2025-01-01", "2026-12-31"), id="since"),
        pytest.param("", "2022-03-31", ("2021-04-01", "2022-03-31"), id="until"),
        pytest.param("1990-01-01", "2099-01-01", ("2021-04-01", "2026-12-31"), id="no more"),
        pytest.param("2027-01-01", "", None, id="nothing of it"),
    ],
)
def test_a_person_gives_less_than_all_days(
    portal: Portal, since: str, until: str, period: tuple[str, str] | None
) -> None:
    browser, path = portal.asked()
    form: Form = {"csrf": browser.csrf(path), "decision": "allow", "category": ["checkup"]}
    answer = browser.post(path, {**form, "since": since, "until": until})
    if period is None:
        assert answer.status_code == 422
        assert "その期間にはありません" in answer.text
        return
    assert "code" in sent_back(answer)
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert consent["period"] == {"from": period[0], "to": period[1]}


def test_everything_ends_at_once_or_everything_with_one_app(portal: Portal) -> None:
    browser = portal.given("checkup")
    [first] = browser.get("/consents", **JSON).json()["consents"]
    for _ in range(2):
        path = portal.ask(browser, portal.register()).headers["location"]
        assert "code" in sent_back(decide(browser, path, "allow", "medication"))
    page = browser.get(f"/consents/withdraw?app={first['app_id']}").text
    assert page.count("健診結果") == 1
    assert "薬剤情報" not in page
    form: Form = {"csrf": browser.csrf("/consents"), "key": str(UUID(int=8))}
    one = browser.post("/consents/withdraw", {**form, "app": first["app_id"]})
    assert one.headers["location"] == "/consents?done=withdrawn"
    consents = browser.get("/consents", **JSON).json()["consents"]
    assert sorted(consent["state"] for consent in consents) == ["granted"] * 2 + ["withdrawn"]
    for _ in range(2):  # a double click
        assert browser.post("/consents/withdraw", form).status_code == 303
    consents = browser.get("/consents", **JSON).json()["consents"]
    assert {consent["state"] for consent in consents} == {"withdrawn"}
    assert events_of(browser).count("consent.withdrawn") == 3
    assert "撤回の手続きは不要です" in browser.get("/consents/withdraw").text


def test_a_part_is_taken_back_and_the_rest_goes_on_to_the_same_day(portal: Portal) -> None:
    browser = portal.given("checkup", "medication")
    [before] = browser.get("/consents", **JSON).json()["consents"]
    path = f"/consents/{before['arrangement_id']}"
    page = browser.get(f"{path}/withdraw?version={before['version_id']}").text
    assert "一部だけやめる" in page
    form: Form = {"csrf": browser.csrf("/consents"), "version": before["version_id"]}
    form["key"] = str(UUID(int=9))
    for _ in range(2):
        done = browser.post(f"{path}/reduce", {**form, "category": ["medication"]})
        assert done.headers["location"] == "/consents?done=reduced"
    consents = browser.get("/consents", **JSON).json()["consents"]
    [now] = [one for one in consents if one["active"]]
    assert now["categories"] == ["健診結果"]
    assert now["valid_until"] == before["valid_until"]
    assert [one["state"] for one in consents if one != now] == ["superseded"]
    for other in ({"category": ["checkup"]}, {"version": now["version_id"]}):
        same_key = {**form, "category": ["medication"], **other}
        assert browser.post(f"{path}/reduce", same_key).status_code == 409
    own_key = {**form, "key": now["version_id"], "category": ["checkup"]}
    assert browser.post(f"{path}/reduce", own_key).status_code == 409
    again = {**form, "key": str(UUID(int=10))}
    for stop, status in ((["checkup"], 409), ([], 409)):  # another version stands
        assert browser.post(f"{path}/reduce", {**again, "category": stop}).status_code == status
    newer = {**again, "version": now["version_id"]}
    for stop in (["checkup"], [], ["medication"]):
        assert browser.post(f"{path}/reduce", {**newer, "category": stop}).status_code == 400


def test_who_helps_at_a_counter_is_recorded_for_the_person_and_not_told_the_app(
    portal: Portal,
) -> None:
    client = Client.registered(portal)
    browser, path = portal.asked(client.client_id)
    helper = "清瀬市 市民課 田中一郎"
    form: Form = {"csrf": browser.csrf(path), "decision": "allow", "category": ["checkup"]}
    assert browser.post(path, {**form, "helped_by": "\u202e"}).status_code == 400
    assert "code" in sent_back(browser.post(path, {**form, "helped_by": helper}))
    [given] = browser.get("/consents", **JSON).json()["consents"]
    own = f"/consents/{given['arrangement_id']}"
    assert helper in browser.get(f"{own}/{given['version_id']}").text
    stop: Form = {"csrf": browser.csrf("/consents"), "version": given["version_id"]}
    assert browser.post(f"{own}/withdraw", {**stop, "helped_by": helper}).status_code == 303
    portal.index()
    entries = browser.get("/history?kind=consent", **JSON).json()["entries"]
    proofs = [Evidence.parse(browser.get(one["proof"]).content) for one in entries]
    told = ["assisted_by" in one.shown for one in proofs]
    assert told == [True, True, False]  # that one was asked nobody helped with
    assert {one.shown["assisted_by"].value for one in proofs[:2]} == {helper}
    assert helper not in client.ask("receipts").text
