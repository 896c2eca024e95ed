"""What people do in a browser, and what they do wrong."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import WIDE
from tests.browser.kit import NewTab, Tab
from tests.journeys.kit import Portal

# As the history tells them, the newest first.
STEPS = (
    "アプリが情報の消去を証明しました",
    "同意を撤回しました",
    "一時停止中の同意を再開しました",
    "同意を一時停止しました",
    "同意しました",
)


def test_the_road_of_a_consent_from_asking_to_erasing(
    new_tab: NewTab, portal: Portal, tmp_path: Path
) -> None:
    tab = new_tab()
    _ask(tab)
    _narrow(tab)
    _amend(tab)
    _suspend_and_resume(tab)
    portal.until_indexed()
    _save_a_proof(tab, portal, tmp_path)
    _withdraw_and_have_it_erased(tab)
    portal.until_indexed()
    tab.go("/history")
    told = tab.page.locator(".timeline").inner_text()
    steps = [told.index(step) for step in STEPS]
    assert steps == sorted(steps)


def _ask(tab: Tab) -> None:
    tab.connect("checkup", "medication")
    tab.log_in("watanabe-chiyo", "9999")
    assert tab.page.locator("#pin").get_attribute("aria-invalid") == "true"
    tab.see("暗証番号が違います")
    tab.log_in("watanabe-chiyo")


def _narrow(tab: Tab) -> None:
    tab.decide("checkup")  # of the two that were asked for
    tab.page.wait_for_url(f"{tab.app}/")
    tab.page.goto(f"{tab.app}/checkups")
    assert tab.page.locator("svg").count() > 0
    tab.page.goto(f"{tab.app}/medication")
    tab.see("この記録は共有されていません")
    tab.go("/consents")
    _shows(tab, "有効", "健診結果", but_not="薬剤情報")


def _amend(tab: Tab) -> None:
    tab.connect("checkup", "medication", page="/connect")
    tab.see("変わること")
    assert "薬剤情報" in tab.page.locator("section[aria-labelledby=replaces]").inner_text()
    tab.decide("checkup", "medication")
    tab.page.wait_for_url(f"{tab.app}/")
    tab.page.goto(f"{tab.app}/medication")
    assert tab.page.locator("table").count() > 0
    tab.go("/consents")
    _shows(tab, "有効", "健診結果、薬剤情報")
    tab.see("新しい同意に置き換え")


def _suspend_and_resume(tab: Tab) -> None:
    tab.press("form[action$='/suspend'] button")
    tab.see("一時停止中")
    tab.page.goto(f"{tab.app}/checkups")
    tab.see("連携は一時停止中です")
    tab.go("/consents")
    tab.press("form[action$='/resume'] button")
    tab.page.goto(f"{tab.app}/checkups")
    assert tab.page.locator("svg").count() > 0


def _save_a_proof(tab: Tab, portal: Portal, directory: Path) -> None:
    tab.go("/history?kind=access")
    assert "健診結果" in tab.page.locator(".timeline").inner_text()
    with tab.page.expect_download() as download:
        tab.page.get_by_text("証明ファイルを保存").first.click()
    proof = directory / download.value.suggested_filename
    download.value.save_as(proof)
    portal.run("ledger", "verify", str(proof))


def _withdraw_and_have_it_erased(tab: Tab) -> None:
    tab.go("/consents")
    tab.press("a.danger")
    tab.press("button.danger")
    tab.see("今後は次のようになります")
    tab.page.goto(f"{tab.app}/checkups")
    tab.see("連携が終了しました")
    tab.see("消去の証明書")
    tab.go("/consents")
    tab.see("アプリが消去を証明しました")


def _shows(tab: Tab, status: str, given: str, but_not: str = "") -> None:
    """See that the first consent of the page stands so, and is about this data."""
    card = tab.page.locator("section.card").first.inner_text()
    assert status in card
    assert given in card
    assert not but_not or but_not not in card


WAYS = {
    "this consent": ("nav a[href='/consents']", "a.danger", "main .even button.danger"),
    "one item of it": (
        "nav a[href='/consents']",
        "a.danger",
        "input[name=category][value=medication]",
        "form[action$='/reduce'] button",
    ),
    "everything": (
        "nav a[href='/consents']",
        "a[href='/consents/withdraw']",
        "button.danger",
    ),
}


def test_to_take_back_takes_no_more_acts_than_to_give(new_tab: NewTab) -> None:
    """Each act is a press on what the page has; what a page demands beyond that fails."""
    tab = new_tab()
    tab.go("/login")
    tab.log_in("takahashi-hinata")
    for way in WAYS.values():
        given = _give(tab)
        tab.go("/")
        for what in way:
            _press(tab, what)
        tab.see("今後は次のようになります")
        assert len(way) <= given
    _give(tab)
    _press(tab, "nav a[href='/sharing']")
    _press(tab, ".leave button")
    tab.see("消去")


def _give(tab: Tab) -> int:
    """Give both kinds of data, by as few acts as the pages let one; how many."""
    tab.page.goto(f"{tab.app}/connect")
    for box in tab.page.locator("input[name=category]").all():
        box.set_checked(True)  # as the app's page has them at first
    acts = (
        "form.connect button",
        "input[name=category][value=checkup]",
        "input[name=category][value=medication]",
        "button[value=allow]",
    )
    for what in acts:
        _press(tab, what)
    tab.page.wait_for_url(f"{tab.app}/")
    return len(acts)


def _press(tab: Tab, what: str) -> None:
    tab.page.locator(what).first.click()
    tab.page.wait_for_load_state()


def test_a_person_who_refuses_is_taken_back_and_has_given_nothing(new_tab: NewTab) -> None:
    tab = new_tab()
    tab.connect("checkup")
    tab.log_in("nguyen-van-an")
    tab.decide()
    tab.page.wait_for_url(f"{tab.app}/**")
    tab.see("何も共有されていません")
    tab.go("/consents")
    tab.see("情報を提供しているアプリはありません")


def test_everything_works_without_scripts(new_tab: NewTab) -> None:
    tab = new_tab(scripts=False)
    tab.connect("checkup")
    tab.log_in("takahashi-haruna")
    tab.decide("checkup")
    tab.page.wait_for_url(f"{tab.app}/")
    tab.go("/history")
    assert tab.page.locator(".timeline li").count() >= 2


def test_a_card_on_a_reader_logs_in_the_browser(new_tab: NewTab, portal: Portal) -> None:
    portal.run("clock", "forward", "61s")
    tab = new_tab()
    tab.connect("checkup")
    tab.press("form[action='/auth/card/qr'] button")
    command = tab.page.locator("pre.command").first.inner_text().split()
    card = portal.data / "cards" / "takahashi-hinata.json"
    arguments = [*command[1:], "--card", str(card), "--pin", "1234", "--yes", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "mynaportal_sim", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=portal.environment,
    ) as device:
        assert device.stdout is not None
        digits = re.findall(r'"confirm_code": "(\d{6})"', device.stdout.readline())
        tab.page.fill("#code", digits[0])  # the page goes on by itself
        tab.press("form[action$='/confirm'] button")
        tab.decide("checkup")
        tab.page.wait_for_url(f"{tab.app}/")
        assert device.wait(10) == 0


@pytest.fixture
def asked(new_tab: NewTab) -> Tab:
    """A tab in which a person who has logged in is asked, and has granted nothing."""
    tab = new_tab()
    tab.connect("checkup")
    tab.log_in("okada-jun")
    tab.page.locator("button[value=allow]").wait_for()
    return tab


GONE = "すでに回答済みか、有効期限が切れています"


def test_the_back_button_after_an_answer_says_that_it_was_given(asked: Tab) -> None:
    asked.decide()
    asked.page.wait_for_url(f"{asked.app}/**")
    asked.page.go_back()
    asked.see(GONE)


def test_a_second_tab_cannot_answer_again(asked: Tab) -> None:
    second = asked.page.context.new_page()
    second.goto(asked.page.url)
    asked.decide()
    asked.page.wait_for_url(f"{asked.app}/**")
    second.locator("button[value=deny]").click()
    second.get_by_text(GONE).wait_for()


def test_a_double_click_answers_once(asked: Tab) -> None:
    where = asked.page.url
    asked.go("/consents")
    before = asked.page.locator("section.card").count()
    asked.page.goto(where)
    asked.page.locator("button[value=deny]").dblclick(no_wait_after=True)
    asked.page.wait_for_url(f"{asked.app}/**")
    asked.go("/consents")
    assert asked.page.locator("section.card").count() == before + 1


def test_a_question_that_is_left_for_too_long_says_so(asked: Tab) -> None:
    asked.portal.run("clock", "forward", "11m")
    asked.decide("checkup")
    asked.see(GONE)


def test_a_session_that_has_ended_asks_for_a_login(new_tab: NewTab, portal: Portal) -> None:
    tab = new_tab("en", WIDE)
    tab.go("/login")
    tab.log_in("kato-osamu")
    portal.run("clock", "forward", "31m")
    tab.go("/consents")
    tab.see("Log in with a card")


def test_an_unknown_persona_is_told(new_tab: NewTab) -> None:
    tab = new_tab("en")
    tab.go("/login")
    tab.page.locator("input[name=persona]").first.evaluate("one => { one.value = 'nobody' }")
    tab.log_in("nobody")
    tab.see("This person has no emulated card here.")
