"""The pages on which a person is asked, answers, sees what they gave, and takes it back."""

import re
from datetime import datetime, timedelta
from html import unescape
from secrets import token_bytes
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from consent.model import DEFAULT_VALIDITY
from mynaportal_sim.apps import service as apps
from mynaportal_sim.web.dates import DAY, last_day
from tests.mynaportal_sim.web.kit import CALLBACK, KENICHI, Browser, Form, Portal

JSON = {"accept": "application/json"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SCRIPT = '<script>alert("x")</script>'


def _answer(browser: Browser, path: str, decision: str, *categories: str) -> httpx.Response:
    form: Form = {
        "csrf": browser.csrf(path),
        "decision": decision,
        "category": list(categories),
    }
    return browser.post(path, form)


def _sent_back(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith(f"{CALLBACK}?")
    return parse_qs(urlsplit(location).query)


def _events(browser: Browser) -> list[str]:
    return [entry["type"] for entry in browser.get("/history", **JSON).json()["entries"]]


def _given(portal: Portal) -> Browser:
    browser, path = portal.asked()
    assert "code" in _sent_back(_answer(browser, path, "allow", "checkup"))
    return browser


def test_a_person_is_told_all_they_must_know_and_nothing_is_ticked(portal: Portal) -> None:
    browser, path = portal.asked()
    page = browser.get(path).text
    for said in (
        "「すこやか手帳」にあなたの情報を提供しますか",
        "すこやか手帳株式会社",
        "個人情報保護責任者 田中一郎",
        "推移を見るため",
        "2021年4月1日から2026年12月31日まで",
        "本人の同意",
    ):
        assert said in page
    assert re.findall(r'name="category" value="(\w+)"', page) == ["checkup", "medication"]
    assert "checked" not in page


def test_what_an_app_says_of_itself_is_text_and_never_markup(portal: Portal) -> None:
    browser, path = portal.asked(portal.register(name=SCRIPT, purpose_text=SCRIPT))
    _answer(browser, path, "allow", "checkup")
    for shown in ("/consents", "/history"):
        page = browser.get(shown).text
        assert "&lt;script&gt;" in page
        assert SCRIPT not in page
    browser, path = portal.asked(portal.register(name=SCRIPT, purpose_text=SCRIPT))
    assert browser.get(path).text.count("&lt;script&gt;") == 3
    assert SCRIPT not in browser.get(path).text


def test_to_allow_without_choosing_is_asked_again(portal: Portal) -> None:
    browser, path = portal.asked()
    again = _answer(browser, path, "allow")
    assert again.status_code == 422
    assert "提供する情報を1つ以上選んでください" in again.text
    assert _events(browser) == ["consent.requested", "login.accepted"]
    assert "code" in _sent_back(_answer(browser, path, "allow", "medication"))


def test_only_what_was_chosen_is_consented_to(portal: Portal) -> None:
    browser = _given(portal)
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert consent["categories"] == ["健診結果"]
    assert consent["state"] == "granted"


def test_to_deny_sends_back_without_a_code_and_is_remembered(portal: Portal) -> None:
    browser, path = portal.asked()
    assert _sent_back(_answer(browser, path, "deny"))["error"] == ["access_denied"]
    assert _events(browser)[0] == "consent.denied"
    assert "同意しませんでした" in browser.get("/consents").text


def test_an_answered_question_says_so(portal: Portal) -> None:
    browser, path = portal.asked()
    form: Form = {"csrf": browser.csrf(path), "decision": "deny"}
    browser.post(path, form)
    gone = browser.post(path, form)
    assert gone.status_code == 410
    assert "すでに回答済みか、有効期限が切れています" in gone.text
    assert "元のアプリに戻って" in gone.text


def test_a_question_belongs_to_the_browser_in_which_it_was_taken_up(portal: Portal) -> None:
    first, path = portal.asked()
    assert first.get(path).status_code == 200
    other = portal.browser()
    other.log_in(KENICHI)
    assert other.get(path).status_code == 410
    form: Form = {"csrf": other.csrf("/"), "decision": "allow", "category": ["checkup"]}
    assert other.post(path, form).status_code == 410
    assert "code" in _sent_back(_answer(first, path, "allow", "checkup"))


def test_programs_and_people_are_told_one_and_the_same_end(portal: Portal) -> None:
    browser, path = portal.asked()
    asked = browser.get(path, **JSON).json()["valid_until"]
    page = browser.get(path).text
    _answer(browser, path, "allow", "checkup")
    [stored] = browser.get("/consents", **JSON).json()["consents"]
    assert INSTANT.fullmatch(asked)
    assert asked == stored["valid_until"]
    until = datetime.fromisoformat(asked)
    assert f"{DAY['ja'](last_day(until))}まで" in page
    begun = until - DEFAULT_VALIDITY
    assert timedelta() <= portal.web.state.clock.now() - begun < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("until", "day"),
    [
        pytest.param("2027-02-21T15:00:00+00:00", "2027-02-21", id="midnight in Japan"),
        pytest.param("2027-02-21T15:00:01+00:00", "2027-02-22", id="a second later"),
    ],
)
def test_the_last_day_is_one_on_which_the_consent_still_holds(until: str, day: str) -> None:
    assert last_day(datetime.fromisoformat(until)).isoformat() == day


def test_times_for_programs_are_whole_seconds_in_utc(portal: Portal) -> None:
    browser = _given(portal)
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    entries = browser.get("/history", **JSON).json()["entries"]
    for instant in (consent["decided"], *(entry["at"] for entry in entries)):
        assert INSTANT.fullmatch(instant)


def test_a_consent_rests_while_it_is_suspended(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    for what, done, status in (
        ("suspend", "suspended", "一時停止中"),
        ("resume", "resumed", "有効"),
    ):
        form["key"] = str(uuid4())
        answer = browser.post(path.replace("withdraw", what), form)
        assert answer.headers["location"] == f"/consents?done={done}"
        [consent] = browser.get("/consents", **JSON).json()["consents"]
        assert (consent["active"], consent["suspended"]) == (True, what == "suspend")
        assert status in browser.get("/consents").text
        form["key"] = str(uuid4())
        assert browser.post(path.replace("withdraw", what), form).status_code == 409
    assert _events(browser)[:2] == ["consent.resumed", "consent.suspended"]


def test_a_double_click_withdraws_once(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    for _ in range(2):
        answer = browser.post(path, form)
        assert answer.headers["location"] == "/consents?done=withdrawn"
    assert _events(browser).count("consent.withdrawn") == 1
    page = browser.get("/consents").text
    assert "撤回済み" in page
    assert "/withdraw" not in page


def test_a_consent_that_has_ended_cannot_be_withdrawn_anew(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    browser.post(path, form)
    again = browser.post(path, {**form, "key": "00000000-0000-4000-8000-000000000000"})
    assert again.status_code == 409
    assert "すでに終了しているか、撤回されています" in again.text


def test_a_consent_that_has_ended_is_not_asked_about(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    browser.post(path, form)
    page = browser.get(f"{path}?version={form['version']}")
    assert page.status_code == 200
    assert "この同意は有効ではありません" in page.text
    assert "やめますか" not in page.text
    assert f'action="{path}"' not in page.text


def test_nobody_withdraws_another_persons_consent(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    other = portal.browser()
    other.log_in(KENICHI)
    refused = other.post(path, {**form, "csrf": other.csrf("/")})
    assert refused.status_code == 404
    assert "該当する同意が見つかりません" in refused.text
    assert "/withdraw" in browser.get("/consents").text
    assert _events(other) == ["login.accepted"]


def _withdrawal(browser: Browser) -> tuple[Form, str]:
    """The form that confirms the withdrawal of the only consent, and where it is sent."""
    asked = re.search(r'href="(/consents/[^"]+/withdraw[^"]+)"', browser.get("/consents").text)
    assert asked
    page = browser.get(unescape(asked[1])).text
    path = re.search(r'action="(/consents/[^"]+/withdraw)"', page)
    assert path
    fields = re.findall(r'name="(csrf|version|key)" value="([^"]+)"', page)
    return dict(fields), path[1]


def test_a_receipt_says_all_that_was_agreed(portal: Portal) -> None:
    browser = _given(portal)
    path = re.search(
        r'href="(/consents/[0-9a-f-]{36}/[0-9a-f-]{36})"', browser.get("/consents").text
    )
    assert path
    receipt = browser.get(path[1]).text
    for said in ("健診結果", "薬剤情報", "模擬カードでログイン", "本人の同意", "consent-2"):
        assert said in receipt
    other = portal.browser()
    other.log_in(KENICHI)
    assert other.get(path[1]).status_code == 404


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
    assert _answer(browser, path, "allow", "checkup").status_code == 422
    assert "code" in _sent_back(_answer(browser, path, "allow", "checkup", "medication"))
    consents = browser.get("/consents", **JSON).json()["consents"]
    assert sorted(one["categories"] for one in consents) == [["健診結果"], ["薬剤情報"]]
    lifted = browser.post(f"/prohibitions/{UUID(int=7)}/lift", {"csrf": form["csrf"]})
    assert lifted.headers["location"] == "/prohibitions?done=lifted"
    assert browser.get("/prohibitions", **JSON).json()["prohibitions"] == []
    arranged = browser.get("/access", **JSON).json()["arrangements"]
    assert [one["permitted"] for one in arranged] == [True, True]
    assert _events(browser)[0] == "consent.prohibition_lifted"


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
    assert _sent_back(_answer(browser, path, "later"))["error"] == ["consent_required"]
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
    assert _answer(browser, waiting, "allow").status_code == 422
    done = _answer(browser, waiting, "allow", "checkup", "medication")
    assert done.headers["location"] == "/consents?done=answered"
    assert _events(browser)[:2] == ["consent.granted", "consent.deferred"]
    assert _answer_again(browser, waiting).status_code == 404
    path = portal.ask(browser, client_id).headers["location"]
    assert "code" in _sent_back(browser.get(path))


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
    words = ("self-care", "健診結果を家族に知らせるため", state.clock.now(), token_bytes)
    state.database.run(apps.declare, client_id, *words)
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
    assert "code" in _sent_back(_answer(browser, path, "allow", "medication"))
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
    assert "code" in _sent_back(answer)
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert consent["period"] == {"from": period[0], "to": period[1]}


def test_everything_ends_at_once_or_everything_with_one_app(portal: Portal) -> None:
    browser = portal.given("checkup")
    [first] = browser.get("/consents", **JSON).json()["consents"]
    for _ in range(2):
        path = portal.ask(browser, portal.register()).headers["location"]
        assert "code" in _sent_back(_answer(browser, path, "allow", "medication"))
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
    assert _events(browser).count("consent.withdrawn") == 3
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
    again = {**form, "key": str(UUID(int=10))}
    for stop, status in ((["checkup"], 409), ([], 409)):  # another version stands
        assert browser.post(f"{path}/reduce", {**again, "category": stop}).status_code == status
    newer = {**again, "version": now["version_id"]}
    for stop in (["checkup"], [], ["medication"]):
        assert browser.post(f"{path}/reduce", {**newer, "category": stop}).status_code == 400


def test_to_take_back_takes_no_more_steps_than_to_give(portal: Portal) -> None:
    given = [("GET", "interactions"), ("POST", "interactions")]
    browser = portal.given("checkup")
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    page = browser.get("/consents").text
    [link] = re.findall(r'href="(/consents/[^"]+/withdraw[^"]+)"', page)
    confirm = browser.get(unescape(link)).text
    [action] = re.findall(r'action="(/consents/[^"]+/withdraw)"', confirm)
    form: Form = {"csrf": browser.csrf("/consents"), "version": consent["version_id"]}
    assert browser.post(action, form).status_code == 303
    taken_back = [("GET", link), ("POST", action)]
    assert len(taken_back) <= len(given)
    assert len(re.findall(r"<input(?! type=.hidden)", confirm)) == 0
