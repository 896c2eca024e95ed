"""What people read once an app that they answered has declared something else."""

from secrets import token_bytes
from typing import Any

import pytest

from consent.instants import rfc3339
from mynaportal_sim.apps import service as apps
from tests.mynaportal_sim.web.kit import JSON, SCOPES, Browser, Portal, decide

OLD = "ご自身の健康管理\uff1a推移を見るため"
FAMILY = "健診結果を家族に知らせるため"
NOBODY = "まだ審査されていません"


def declare(
    portal: Portal, client_id: str, text: str = FAMILY, scopes: tuple[str, ...] = SCOPES
) -> str:
    """When, as programs read it."""
    state, now = portal.web.state, portal.web.state.clock.now()
    wish = apps.Declaration(client_id, "self-care", text, frozenset(scopes))
    state.database.run(apps.declare, wish, now, token_bytes)
    return rfc3339(now)


def review(portal: Portal, client_id: str, version: int, by: str) -> None:
    state = portal.web.state
    reviewed = (client_id, version, by, state.clock.now(), token_bytes)
    state.database.run(apps.review, *reviewed)


# Any: what a page says for programs is as deep as it is.
def listed(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.get("/consents", **JSON).json()["consents"]
    return found


def receipt_of(consent: dict[str, Any]) -> str:
    return f"/consents/{consent['arrangement_id']}/{consent['version_id']}"


WHY = ("利用目的", OLD, f"ご自身の健康管理\uff1a{FAMILY}")
LESS = ("依頼できるデータの種類", "健診結果、薬剤情報", "薬剤情報")
FEWER = ("openid", "patient/MedicationDispense.rs")


@pytest.mark.parametrize(
    ("text", "scopes", "reviewers", "changed"),
    [
        pytest.param(FAMILY, SCOPES, ("", ""), [WHY], id="other words"),
        pytest.param("推移を見るため", FEWER, ("", ""), [LESS], id="fewer kinds of data"),
        pytest.param(FAMILY, FEWER, ("", ""), [LESS, WHY], id="both"),
        pytest.param(
            FAMILY,
            SCOPES,
            ("模擬審査会", ""),
            [WHY, ("審査した者", "模擬審査会", NOBODY)],
            id="words that nobody has reviewed any more",
        ),
        pytest.param(
            FAMILY,
            SCOPES,
            ("", "模擬審査会"),
            [WHY, ("審査した者", NOBODY, "模擬審査会")],
            id="words that somebody has reviewed",
        ),
        pytest.param("推移を見るため", SCOPES[1:], ("", ""), [], id="nothing that people read"),
    ],
)
def test_both_declarations_are_told_of_a_consent_whose_app_has_declared_anew(
    portal: Portal,
    text: str,
    scopes: tuple[str, ...],
    reviewers: tuple[str, str],
    changed: list[tuple[str, str, str]],
) -> None:
    client_id = portal.register()
    if reviewers[0]:
        review(portal, client_id, 1, reviewers[0])
    browser = portal.given("checkup", client_id=client_id)
    [before] = listed(browser)
    assert before["declared_since"] is None
    for page in ("/consents", receipt_of(before)):
        assert "再度の同意が必要" not in browser.get(page).text
    at = declare(portal, client_id, text, scopes)
    if reviewers[1]:
        review(portal, client_id, 2, reviewers[1])
    [consent] = listed(browser)
    told = consent["declared_since"]
    assert told["at"] == at
    assert [tuple(one.values()) for one in told["differences"]] == changed
    assert {**consent, "declared_since": None} == before
    for page in ("/consents", receipt_of(consent)):
        read = browser.get(page).text
        assert "再度の同意が必要" in read
        assert ("表示される内容は同じです" in read) is (not changed)
        for said in (part for row in changed for part in row):
            assert said in read


def test_nothing_is_told_of_what_other_apps_declare_or_of_what_has_ended(
    portal: Portal,
) -> None:
    client_id, other = portal.register(), portal.register("歩く手帳")
    browser = portal.given("checkup", client_id=client_id)
    declare(portal, other)
    assert [one["declared_since"] for one in listed(browser)] == [None]
    [consent] = listed(browser)
    form = {"csrf": browser.csrf("/consents"), "version": consent["version_id"]}
    browser.post(f"/consents/{consent['arrangement_id']}/withdraw", form)
    declare(portal, client_id)
    assert [one["declared_since"] for one in listed(browser)] == [None]


def test_the_new_question_shows_both_wordings_and_its_answer_settles_it(
    portal: Portal,
) -> None:
    client_id = portal.register()
    browser = portal.given("checkup", client_id=client_id)
    for words in ("健診結果を保存するため", FAMILY):  # only the newest matters
        declare(portal, client_id, words)
    path = portal.ask(browser, client_id).headers["location"]
    told = browser.get(path, **JSON).json()["replaces"]["differences"]
    assert WHY in [tuple(one.values()) for one in told]
    read = browser.get(path).text
    assert all(said in read for said in WHY)
    decide(browser, path, "allow", "checkup")
    newer, older = sorted(listed(browser), key=lambda one: one["active"], reverse=True)
    assert [newer["purpose"], older["purpose"]] == [WHY[2], WHY[1]]  # each its own words
    assert [newer["declared_since"], older["declared_since"]] == [None, None]


def test_a_question_put_off_says_that_it_can_no_longer_be_answered(portal: Portal) -> None:
    client_id = portal.register()
    browser, path = portal.asked(client_id)
    decide(browser, path, "later")
    [waiting] = listed(browser)
    answer = f'href="/requests/{waiting["version_id"]}"'
    assert answer in browser.get("/consents").text
    declare(portal, client_id)
    read = browser.get("/consents").text
    assert answer not in read
    assert "この依頼には、もう回答できません" in read
    assert all(said in read for said in WHY)
