"""Whatever the agent or the portal answers, the login page has words for it, and what to do."""

import re

import pytest

from card_reader.agent.operation import Failure, State
from card_reader.agent.refusal import Code as Refused
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.web.agent_words import TABLE
from mynaportal_sim.web.language import messages
from tests.mynaportal_sim.web.kit import Browser

# What a login by an agent cannot meet at the portal: of soft cards, second devices, signing.
ELSEWHERE = frozenset(
    {
        *(code for code in Code if code.startswith("pin_")),
        Code.CARD_UNAVAILABLE,
        Code.CODE_NOT_FOUND,
        Code.CODE_EXPIRED,
        Code.CODE_CLAIMED,
        Code.DEVICE_MISMATCH,
        Code.SECOND_DEVICE_DENIED,
        Code.SECOND_DEVICE_CANCELLED,
        Code.CONFIRM_CODE_WRONG,
        Code.LOGIN_EXPIRED,
        Code.LOGIN_ENDED,
        Code.SIGNING_CERT_MISSING,
        Code.CERT_OTHER_PERSON,
    }
)
NO_STEP = frozenset({State.FAILED, State.CANCELLED})  # which are told by their reasons


@pytest.mark.parametrize(
    ("who", "names"),
    [
        pytest.param("agent", {*Failure, *Refused}, id="the agent's errors"),
        pytest.param("portal", {*Code} - ELSEWHERE, id="the portal's refusals"),
        pytest.param("page", {*State} - NO_STEP, id="the steps of an operation"),
    ],
)
def test_each_has_words_in_both_languages(who: str, names: set[str]) -> None:
    assert {f"{who}.{name}" for name in names} <= TABLE.keys()


def test_words_say_what_is_and_what_to_do_in_both_languages() -> None:
    english, japanese = messages("en"), messages("ja")
    for name, words in TABLE.items():
        for said in words:
            assert english.gettext(said) == said, name
            assert re.search("[ぁ-ん]", japanese.gettext(said)), name


def test_only_the_login_page_may_ask_the_agent_and_it_says_how_one_is_started(
    browser: Browser,
) -> None:
    login, start = browser.get("/login"), browser.get("/")
    policies = [page.headers["Content-Security-Policy"] for page in (login, start)]
    asked = [re.findall(r"connect-src ([^;]*)", policy) for policy in policies]
    assert asked == [["'self' http://127.0.0.1:28735"], ["'self'"]]
    assert re.search(r"\./mynasim agent run --portal https?://[\w.:]+<", login.text)


def test_the_page_carries_each_wording_once(browser: Browser) -> None:
    page = browser.get("/login").text
    assert sorted(re.findall(r'data-word="([^"]+)"', page)) == sorted(TABLE)
