"""Pages that add up, that say who could see a person now, and what they should hear of."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from mynaportal_sim.disclosure.alerts import LOOK_MAX
from tests.mynaportal_sim.web.kit import KENICHI, Browser, Form, Portal

JSON = {"accept": "application/json"}
GIVEN: dict[str, Any] = {
    "app_id": "a",
    "app_name": "<b>ア</b>",
    "consent_version": "v",
    "arrangement": "r",
}
ACCESS: dict[str, Any] = {**GIVEN, "categories": ["checkup"], "supervisor": "s", "count": 3}
PAGES = ("/history", "/history/apps", "/access", "/without-consent", "/alerts")
OF_APPS = ("/history", "/history/apps", "/access", "/alerts")


def _json(browser: Browser, path: str) -> dict[str, Any]:
    answer = browser.get(path, **JSON)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()
    return data


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_log_in_first(browser: Browser, path: str) -> None:
    assert browser.get(path).headers["location"] == "/login"
    assert browser.get(path, **JSON).status_code == 401


@pytest.mark.parametrize("path", PAGES)
def test_each_way_to_look_leads_to_the_others(portal: Portal, path: str) -> None:
    page = portal.given().get(path)
    assert page.status_code == 200
    views = re.search(r'<nav class="views".*?</nav>', page.text, re.DOTALL)
    assert views
    assert re.findall(r'href="([^"]+)"', views[0]) == list(PAGES)
    assert re.findall(r'href="([^"]+)" aria-current="page"', views[0]) == [path]
    menu = re.search(r"<nav aria-label=.*?</nav>", page.text, re.DOTALL)
    assert menu
    assert re.findall(r'href="([^"]+)" aria-current="page"', menu[0]) == ["/history"]
    assert " style=" not in page.text


@pytest.mark.parametrize("path", OF_APPS)
def test_what_an_app_calls_itself_is_text(portal: Portal, path: str) -> None:
    browser = portal.given(client_id=portal.register(name="<b>ア</b>"))
    portal.enter("access.permitted", **ACCESS)
    page = browser.get(path).text
    assert "&lt;b&gt;ア" in page
    assert "<b>" not in page


def test_each_app_and_kind_of_data_is_added_up(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("access.permitted", times=600, **ACCESS)
    portal.enter("access.refused", times=2, **GIVEN, reason="expired")
    portal.enter("access.refused", app_id="b", app_name="b", reason="no_consent")
    summed = _json(browser, "/history/apps")
    apps = {one["app"]: one for one in summed["apps"]}
    assert summed["entries"] == 606
    assert (apps["a"]["accesses"], apps["a"]["records"]) == (600, 1800)
    assert (apps["a"]["refused"], apps["a"]["supervisor"]) == (2, "s")
    assert apps["a"]["consents"] == ["/consents/r/v"]
    assert (apps["b"]["refused"], apps["b"]["accesses"]) == (1, 0)
    [category] = summed["categories"]
    assert category["category"] == "健診結果"
    assert [one["accesses"] for one in category["apps"]] == [600]
    assert summed["over_time"][-1]["permitted"] == 600
    assert len(_json(browser, "/history/apps?by=week")["over_time"]) == 12
    assert browser.get("/history/apps?by=year").status_code == 400


def test_bars_are_drawn_and_told(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("access.permitted", times=3, **ACCESS)
    portal.enter("access.refused", **GIVEN, reason="expired")
    page = browser.get("/history/apps").text
    assert '<rect class="handed" width="75.0" height="10"/>' in page
    assert '<rect class="refused" x="75.0" width="25.0" height="10"/>' in page
    assert '<td class="number">3</td><td class="number">1</td>' in page


def test_who_may_but_holds_no_key_is_told_from_who_could_now(portal: Portal) -> None:
    browser = portal.given()
    [one] = _json(browser, "/access")["arrangements"]
    assert (one["permitted"], one["reachable"], one["keys"]) == (True, False, [])
    assert one["given"] == [{"category": "健診結果", "from": "2021-04-01", "to": "2026-12-31"}]
    page = browser.get("/access").text
    assert "いま、あなたの情報を取得できるアプリはありません" in page
    assert "あなたの操作があれば取得できるアプリ" in page
    withdraw = re.search(r'href="(/consents/[^"]+/withdraw[^"]+)"', page)
    assert withdraw
    assert browser.get(unescape(withdraw[1])).status_code == 200


def test_who_was_withdrawn_from_can_get_nothing_and_it_is_said_why(portal: Portal) -> None:
    browser = portal.given()
    _withdraw(browser)
    [one] = _json(browser, "/access")["arrangements"]
    assert (one["permitted"], one["withdraw"]) == (False, "")
    assert one["reason"] == "この同意は撤回されています。"
    assert "/withdraw" not in browser.get("/access").text
    other = portal.browser()
    other.log_in(KENICHI)
    assert _json(other, "/access")["arrangements"] == []


def _withdraw(browser: Browser) -> None:
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    form: Form = {"csrf": browser.csrf("/"), "version": consent["version_id"]}
    path = f"/consents/{consent['arrangement_id']}/withdraw"
    assert browser.post(path, form).status_code == 303


def _kinds(browser: Browser, *, unseen: bool = True) -> list[str]:
    found = browser.get("/alerts", **JSON).json()["alerts"]
    return [alert["kind"] for alert in found if alert["unseen"] == unseen]


def _see(browser: Browser) -> None:
    shown = browser.get("/alerts", **JSON).json()
    form: Form = {"csrf": shown["csrf"], "position": str(shown["position"])}
    answer = browser.post("/alerts", form)
    assert answer.headers["location"] == "/alerts?done=seen"


def _counted(browser: Browser) -> int:
    found = re.search(
        r'<span class="figure[^"]*">(\d+)</span> <a href="/alerts">', browser.get("/").text
    )
    assert found
    return int(found[1])


def test_alerts_stay_new_until_the_person_says_that_they_saw_them(portal: Portal) -> None:
    browser = portal.given()
    portal.index()
    assert _kinds(browser) == ["new_consent"]
    browser.post("/logout", {"csrf": browser.csrf("/")})
    browser.log_in()
    assert _counted(browser) == 1
    _see(browser)
    assert (_kinds(browser), _counted(browser)) == ([], 0)
    assert _kinds(browser, unseen=False) == ["new_consent"]
    portal.enter("access.refused", times=3, **GIVEN, reason="withdrawn")
    assert (_kinds(browser), _counted(browser)) == (["after_withdrawal"], 1)
    assert "同意の撤回後に、アプリが情報を取得しようとしました" in browser.get("/alerts").text


def test_what_came_while_the_page_was_read_stays_new(portal: Portal) -> None:
    browser = portal.given()
    portal.index()
    shown = browser.get("/alerts", **JSON).json()
    portal.enter("access.refused", **GIVEN, reason="expired")
    portal.index()
    browser.post("/alerts", {"csrf": shown["csrf"], "position": str(shown["position"])})
    assert _kinds(browser) == ["refused"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda form: {**form, "csrf": "0" * 64}, 403, id="another's form"),
        pytest.param(lambda form: {**form, "position": "-1"}, 400, id="before the log"),
        pytest.param(lambda form: {**form, "position": "x"}, 400, id="no index"),
    ],
)
def test_what_is_no_acknowledgement_changes_nothing(
    portal: Portal, change: Callable[[Form], Form], status: int
) -> None:
    browser = portal.given()
    portal.index()
    form = change({"csrf": browser.csrf("/"), "position": "9"})
    assert browser.post("/alerts", form).status_code == status
    assert _kinds(browser) == ["new_consent"]


def test_an_app_that_was_there_before_is_not_new_again(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("access.permitted", times=400, **ACCESS)
    portal.index()
    _see(browser)
    portal.enter("access.permitted", times=2, **ACCESS)
    assert (_kinds(browser), _counted(browser)) == ([], 0)


def test_alerts_are_found_in_the_newest_entries_and_say_so(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("token.issued", times=LOOK_MAX, supervisor="監督", **GIVEN)
    shown = browser.get("/alerts", **JSON).json()
    assert (shown["alerts"], shown["more"]) == ([], True)
    assert f"最近の記録{LOOK_MAX}件から" in browser.get("/alerts").text
