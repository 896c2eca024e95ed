"""The pages on which a person is asked, answers, sees what they gave, and takes it back."""

import json
import re
from datetime import datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest

from consent.model import DEFAULT_VALIDITY
from mynaportal_sim.disclosure.documents import meaning
from mynaportal_sim.web.dates import DAY, last_day
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


def _given(portal: Portal) -> Browser:
    browser, path = portal.asked()
    assert "code" in sent_back(decide(browser, path, "allow", "checkup"))
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
    decide(browser, path, "allow", "checkup")
    for shown in ("/consents", "/history"):
        page = browser.get(shown).text
        assert "&lt;script&gt;" in page
        assert SCRIPT not in page
    browser, path = portal.asked(portal.register(name=SCRIPT, purpose_text=SCRIPT))
    assert browser.get(path).text.count("&lt;script&gt;") == 3
    assert SCRIPT not in browser.get(path).text


def test_to_allow_without_choosing_is_asked_again(portal: Portal) -> None:
    browser, path = portal.asked()
    again = decide(browser, path, "allow")
    assert again.status_code == 422
    assert "提供する情報を1つ以上選んでください" in again.text
    assert events_of(browser) == ["consent.requested", "login.accepted"]
    assert "code" in sent_back(decide(browser, path, "allow", "medication"))


def test_only_what_was_chosen_is_consented_to(portal: Portal) -> None:
    browser = _given(portal)
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert consent["categories"] == ["健診結果"]
    assert consent["state"] == "granted"


def test_to_deny_sends_back_without_a_code_and_is_remembered(portal: Portal) -> None:
    browser, path = portal.asked()
    assert sent_back(decide(browser, path, "deny"))["error"] == ["access_denied"]
    assert events_of(browser)[0] == "consent.denied"
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
    assert "code" in sent_back(decide(first, path, "allow", "checkup"))


def test_programs_and_people_are_told_one_and_the_same_end(portal: Portal) -> None:
    browser, path = portal.asked()
    asked = browser.get(path, **JSON).json()["valid_until"]
    page = browser.get(path).text
    decide(browser, path, "allow", "checkup")
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
        again = browser.post(path.replace("withdraw", what), form)
        assert again.status_code == 409
        assert f"この同意は現在「{status}」のため" in again.text
    assert events_of(browser)[:2] == ["consent.resumed", "consent.suspended"]


def test_a_double_click_withdraws_once(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    for _ in range(2):
        answer = browser.post(path, form)
        assert answer.headers["location"] == "/consents?done=withdrawn"
    assert events_of(browser).count("consent.withdrawn") == 1
    page = browser.get("/consents").text
    assert "撤回済み" in page
    assert "/withdraw" not in page


def test_a_consent_that_has_ended_cannot_be_withdrawn_anew(portal: Portal) -> None:
    browser = _given(portal)
    form, path = _withdrawal(browser)
    browser.post(path, form)
    again = browser.post(path, {**form, "key": "00000000-0000-4000-8000-000000000000"})
    assert again.status_code == 409
    assert "この同意は現在「撤回済み」のため" in again.text


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
    assert events_of(other) == ["login.accepted"]


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
    for said in ("健診結果", "薬剤情報", "模擬カードでログイン", "本人の同意", "consent-3"):
        assert said in receipt
    other = portal.browser()
    other.log_in(KENICHI)
    assert other.get(path[1]).status_code == 404
    documents = re.findall(rf'href="({path[1]}/\w+)" download', receipt)
    assert [one.rpartition("/")[2] for one in documents] == ["fhir", "abdm", "cdr", "smart"]
    for one in documents:
        saved = browser.get(one)
        assert saved.headers["content-disposition"].startswith("attachment")
        assert other.get(one).status_code == 404
        meaning(saved.json())


def test_a_format_that_would_give_more_is_not_offered(portal: Portal) -> None:
    period = {"from": "2021-04-01", "to": "2026-12-31", "rolling_days": 30}
    detail = {"type": "phr_access", "categories": ["checkup"], "period": period}
    browser = portal.browser()
    asked = portal.ask(
        browser, portal.register(), authorization_details=json.dumps([detail])
    ).headers["location"]
    browser.log_in(interaction=asked.removeprefix("/interactions/"))
    decide(browser, asked, "allow", "checkup")
    [given] = browser.get("/consents", **JSON).json()["consents"]
    receipt = f"/consents/{given['arrangement_id']}/{given['version_id']}"
    shown = browser.get(receipt).text
    for format_, status in (("fhir", 200), ("abdm", 404), ("cdr", 404), ("smart", 404)):
        assert (f"{receipt}/{format_}" in shown) is (status == 200)
        assert browser.get(f"{receipt}/{format_}").status_code == status


@pytest.mark.parametrize(
    ("day", "reminded"),
    [
        pytest.param(30, False, id="a month on"),
        pytest.param(75, False, id="more than two weeks before"),
        pytest.param(77, True, id="within two weeks"),
        pytest.param(91, False, id="over, and not renewed"),
    ],
)
def test_a_person_is_reminded_before_the_end_and_not_by_the_calendar(
    portal: Portal, day: int, *, reminded: bool
) -> None:
    browser = portal.given()
    portal.web.state.clock.forward(timedelta(days=day))
    browser.log_in()
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert (consent["days_left"] is not None) is reminded
    assert ("まもなく終了" in browser.get("/consents").text) is reminded
    assert consent["active"] is (day < 90)
    alerts = browser.get("/alerts", **JSON).json()["alerts"]
    assert [one["kind"] for one in alerts] == ["new_consent"]


def test_a_receipt_says_the_same_in_plain_japanese(portal: Portal) -> None:
    browser = _given(portal)
    page = browser.get("/consents?lang=ja-easy").text
    path = re.search(r'href="(/consents/[0-9a-f-]{36}/[0-9a-f-]{36})"', page)
    assert path
    receipt = browser.get(path[1]).text
    for said in (
        "決めたことの紙",
        "続いています",
        "もらった薬（くすり）",
        "自分の健康（けんこう）のため",
        "本人が「わたす」と答えたとき (APPI-27-1)",
    ):
        assert said in receipt
    for usual in ("同意", "提供", "有効", "薬剤情報"):
        assert usual not in receipt
