"""The login page, as somebody with an emulated card reads it."""

import asyncio
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mynaportal_sim import world
from mynaportal_sim.app import create_app
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Mode, Settings
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, PIN, Browser, Form, Portal

WRONG = "0000"


def test_the_plainest_persona_comes_first_and_none_is_chosen(browser: Browser) -> None:
    page = browser.get("/login").text
    assert 0 < page.index(f'value="{HANAKO}"') < page.index(f'value="{KENICHI}"')
    assert "checked" not in page


def test_a_wrong_pin_is_told_with_the_tries_that_are_left(browser: Browser) -> None:
    answer = browser.log_in(pin=WRONG)
    assert answer.status_code == 422
    assert "暗証番号が違います。入力できるのは、あと2回です。" in answer.text
    assert f'value="{HANAKO}" required checked' in answer.text
    assert WRONG not in answer.text


def test_the_other_language_is_a_link_to_the_login_page_also_after_a_refusal(
    browser: Browser,
) -> None:
    assert 'href="/login?lang=en"' in browser.log_in(pin=WRONG).text


def test_a_program_is_told_of_a_refusal_in_its_own_form(browser: Browser) -> None:
    form: Form = {"csrf": browser.csrf(), "persona": HANAKO, "pin": WRONG}
    answer = browser.post("/login/soft", form, accept="application/json")
    assert answer.status_code == 401
    assert answer.json()["code"] == "pin_incorrect"


def test_a_malformed_pin_costs_no_try(browser: Browser) -> None:
    for _ in range(4):
        assert "カードには送信していません" in browser.log_in(pin="12a4").text
    assert browser.log_in().status_code == 303


def test_the_last_try_is_used_only_when_it_is_wanted(browser: Browser) -> None:
    browser.log_in(pin=WRONG)
    browser.log_in(pin=WRONG)
    warned = browser.log_in(pin=WRONG)
    assert "あと1回です。次に間違えるとカードがロックされます" in warned.text
    assert '<input type="hidden" name="last_try" value="yes">' in warned.text
    assert browser.log_in(last_try="yes").status_code == 303


def test_a_locked_card_says_who_can_unlock_it(browser: Browser) -> None:
    for _ in range(2):
        browser.log_in(pin=WRONG)
    locked = browser.log_in(pin=WRONG, last_try="yes")
    assert "ロックされています" in locked.text
    assert "市区町村の窓口" in locked.text
    assert "ロックされています" in browser.log_in().text


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[: len(whole) // 2], id="cut short"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda whole: whole.replace(b'"version": 2', b'"version": 9'), id="newer"),
    ],
)
def test_a_damaged_card_is_refused_in_words_and_logs_in_once_it_is_whole_again(
    portal: Portal, damage: Callable[[bytes], bytes]
) -> None:
    browser, path = portal.browser(), portal.card(HANAKO)
    assert browser.log_in().status_code == 303
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    refused = browser.log_in()
    assert refused.status_code == 422
    assert "模擬カードを現在使用できません" in refused.text
    assert str(path.parent) not in refused.text
    form: Form = {"csrf": browser.csrf(), "persona": HANAKO, "pin": PIN}
    told = browser.post("/login/soft", form, accept="application/json")
    assert (told.status_code, told.json()["code"]) == (503, "card_unavailable")
    path.write_bytes(whole)
    assert browser.log_in().status_code == 303


def test_a_card_that_another_process_holds_keeps_nobody_else_waiting(portal: Portal) -> None:
    browser, other = portal.browser(), portal.browser()
    form: Form = {"csrf": browser.csrf(), "persona": HANAKO, "pin": PIN}
    card = portal.card(HANAKO)

    async def logged_in() -> httpx.Response:
        with card.with_name(f"{card.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            waiting = asyncio.create_task(browser.sent("POST", "/login/soft", {}, form))
            for _ in range(10):
                assert (await other.sent("GET", "/login", {}, None)).status_code == 200
            assert not waiting.done()
        return await waiting

    assert portal.runner.run(logged_in()).status_code == 303


def test_nobody_elses_card_can_be_named(browser: Browser) -> None:
    answer = browser.log_in(persona="../sato-hanako")
    assert answer.status_code == 404
    assert "この人物の模擬カードはありません。" in answer.text


def test_the_login_page_names_the_app_one_is_on_the_way_to(portal: Portal) -> None:
    browser = portal.browser()
    path = portal.ask(browser, portal.register("健康<b>ノート")).headers["location"]
    page = browser.get(browser.get(path).headers["location"]).text
    assert "「健康&lt;b&gt;ノート」が、あなたの情報の提供を求めています" in page


@pytest.fixture
def strict_browser(prepared: Path, tmp_path: Path) -> Iterator[Browser]:
    """A browser at a strict portal with a dev portal's keys and cards in its directory."""
    issuer = "https://portal.example"
    settings = Settings(data=tmp_path, issuer=issuer, mode=Mode.STRICT)
    for part in ("ca", "cards", "keys"):
        (tmp_path / part).symlink_to(prepared / part)
    world.prepare(settings, Clock(), lambda _: None, only=[HANAKO])
    web = create_app(settings)
    with asyncio.Runner() as runner:
        yield Browser(web, runner, origin=issuer)
    web.state.database.close()


def test_a_strict_portal_has_no_emulated_cards(strict_browser: Browser) -> None:
    page = strict_browser.get("/login")
    assert "カードリーダーでログイン" in page.text
    assert "/login/soft" not in page.text
    assert strict_browser.log_in(csrf="0" * 64).status_code == 404


def test_a_strict_portals_cookie_is_bound_to_its_host_and_to_https(
    strict_browser: Browser,
) -> None:
    cookie = strict_browser.get("/login").headers["set-cookie"]
    assert cookie.startswith("__Host-mynasim-session-")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
