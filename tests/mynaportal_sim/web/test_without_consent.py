"""What a person reads of access without consent: nothing too early, and then everything."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_bytes
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from consent.catalogue import LegalBasis
from consent.ledger import store
from consent.service import reviewing
from consent.service.reviewing import Finding
from consent.service.without import Opening, Subject
from consent.without import Act, Case, Wish
from mynaportal_sim.disclosure.statistics import MINIMUM_CELL
from mynaportal_sim.records.access import Door
from mynaportal_sim.records.lawful import Handed, policy_of
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.web.kit import HANAKO, JSON, Browser, Portal

REASON = "意識のない状態で搬送中。<b>服用中の薬</b>と禁忌を知りたい"
WISH = Wish(
    LegalBasis.BREAK_GLASS, "東京消防庁<b>", "救急隊員0417", REASON, frozenset({"medication"})
)
HELD_BACK = replace(WISH, told_after=timedelta(days=3))
VIEWS = ("/history", "/history/apps", "/alerts", "/without-consent")


@dataclass(frozen=True, slots=True)
class Agency:
    """Opens cases about Hanako, and moves the portal's clock."""

    portal: Portal

    def open(self, wish: Wish = WISH, persona: str = HANAKO) -> Case:
        state = self.portal.web.state
        resident = state.database.run(residents.by_persona, persona)
        subject = Subject(resident.id, self.portal.holder(persona))
        call = Opening(subject, uuid4(), wish, state.clock.now())
        door = Door(state.database, policy_of(state.settings), token_bytes)
        answer = asyncio.run(door.without_consent(call))
        assert isinstance(answer, Handed)
        return answer.case

    def wait(self, days: float) -> Browser:
        """Hanako's browser, after so many days."""
        self.portal.web.state.clock.forward(timedelta(days=days))
        browser = self.portal.browser()
        browser.log_in()
        return browser

    def review(self, case: Case, act: Act) -> None:
        state = self.portal.web.state
        finding = Finding(case.id, act, "監察官02", "搬送記録と一致しない")
        state.database.run(reviewing.settle, finding, state.clock.now(), token_bytes)


@pytest.fixture
def agency(portal: Portal) -> Agency:
    return Agency(portal)


def read(browser: Browser, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = browser.get(path, **JSON).json()
    return answer


def logins_left_out(browser: Browser, path: str) -> str:
    """What a program reads, but for the login that it took and for the time."""
    answer = read(browser, path)
    for name in ("csrf", "until", "witnesses"):
        answer.pop(name, None)
    if "entries" in answer and isinstance(answer["entries"], list):
        kept = [one for one in answer["entries"] if one["type"] != "login.accepted"]
        answer["entries"] = kept
        answer["looked"] = len(answer["entries"])
    if path == "/history/apps":
        answer.pop("entries")
        # The days that pass may be the last of a month.
        answer["over_time"] = [one for one in answer["over_time"] if _anything(one)]
    return repr(answer)


def _anything(month: dict[str, Any]) -> bool:
    return any(number for name, number in month.items() if name != "from")


def test_nothing_tells_before_the_day_and_everything_does_from_then_on(agency: Agency) -> None:
    browser = agency.wait(0)
    before = [logins_left_out(browser, path) for path in VIEWS]
    case = agency.open(HELD_BACK)
    agency.portal.index()
    position = agency.portal.web.state.database.run(_newest)
    browser = agency.wait(2.9)
    assert [logins_left_out(browser, path) for path in VIEWS] == before
    assert browser.get(f"/history/{position}/proof").status_code == 404
    assert '<span class="figure">0</span> <a href="/alerts">' in browser.get("/").text
    assert read(browser, "/statistics/without-consent")["cells"] == []
    browser = agency.wait(0.2)
    [shown] = read(browser, "/without-consent")["cases"]
    assert (shown["id"], shown["review"]) == (str(case.id), "審査待ち")
    [alert] = read(browser, "/alerts")["alerts"]
    assert (alert["kind"], alert["unseen"]) == ("without_consent", True)
    assert '<span class="figure bad">1</span> <a href="/alerts">' in browser.get("/").text
    [entry] = [one for one in read(browser, "/history")["entries"] if one["case"]]
    assert entry["event"] == "同意によらない提供"
    assert entry["legal_basis"] == "緊急時の例外的な閲覧 (BREAK-GLASS)（条文未確認）"
    assert (entry["who"], entry["officer"]) == (WISH.authority, WISH.officer)
    assert (entry["reason"], entry["review"]) == (REASON, "審査待ち")
    assert entry["consent"] is None
    assert browser.get(entry["proof"]).status_code == 200
    assert len(read(browser, "/statistics/without-consent")["cells"]) == 1


def _newest(connection: Connection) -> int:
    [entry] = store.newest(connection, 1)
    assert entry.position is not None
    return entry.position


def test_an_alert_told_late_is_new_until_it_is_seen(agency: Agency) -> None:
    agency.open(HELD_BACK)
    agency.portal.index()
    browser = agency.wait(1)
    agency.open()
    agency.portal.index()
    _see(browser)
    browser = agency.wait(3)
    [late, soon] = sorted(
        read(browser, "/alerts")["alerts"], key=lambda one: one["entry"]["position"]
    )
    assert (late["unseen"], soon["unseen"]) == (True, False)
    _see(browser)
    assert not any(one["unseen"] for one in read(browser, "/alerts")["alerts"])


def _see(browser: Browser) -> None:
    shown = read(browser, "/alerts")
    form = {"csrf": shown["csrf"], "until": shown["until"]}
    assert browser.post("/alerts", form).headers["location"] == "/alerts?done=seen"


@pytest.mark.parametrize(
    ("days", "act", "review"),
    [
        pytest.param(6.9, None, "審査待ち", id="in time"),
        pytest.param(7.1, None, "審査の期限切れ", id="overdue"),
        pytest.param(7.1, Act.UPHOLD, "適正", id="upheld"),
        pytest.param(1, Act.OBJECT, "不適正", id="objected to"),
    ],
)
def test_a_person_reads_how_the_review_stands(
    agency: Agency, days: float, act: Act | None, review: str
) -> None:
    case = agency.open()
    browser = agency.wait(days)
    if act is not None:
        agency.review(case, act)
    [shown] = read(browser, "/without-consent")["cases"]
    assert shown["review"] == review
    assert {one["review"] for one in read(browser, "/history")["entries"]} == {"", review}
    page = browser.get("/without-consent").text
    assert ("搬送記録と一致しない" in page) == (act is not None)
    for text in (WISH.authority, REASON):
        assert text not in page
    assert "東京消防庁&lt;b&gt;" in page


def test_a_person_objects_to_medical_research_and_no_longer(agency: Agency) -> None:
    browser = agency.wait(0)
    for choice, event in (("out", "research.opted_out"), ("in", "research.opted_in")):
        csrf = read(browser, "/without-consent")["csrf"]
        form = {"csrf": csrf, "choice": choice}
        assert (
            browser.post("/without-consent/research", {**form, "csrf": "0"}).status_code == 403
        )
        answer = browser.post("/without-consent/research", form)
        assert answer.headers["location"] == f"/without-consent?done={choice}"
        known = read(browser, "/without-consent")["research"]
        assert (known["opted_out"] is not None) == (choice == "out")
        assert read(browser, "/history")["entries"][0]["type"] == event
    wrong = {"csrf": read(browser, "/without-consent")["csrf"], "choice": "perhaps"}
    assert browser.post("/without-consent/research", wrong).status_code == 400


def test_statistics_tell_no_small_number_and_no_total(agency: Agency) -> None:
    for _ in range(MINIMUM_CELL):
        agency.open()
    for _ in range(MINIMUM_CELL - 1):
        agency.open(replace(WISH, basis=LegalBasis.LAW))
    for _ in range(2):
        agency.open(replace(HELD_BACK, authority="大阪市消防局"))
    stranger = agency.portal.browser()
    told = read(stranger, "/statistics/without-consent")
    assert told.keys() == {"minimum_cell", "cells"}
    assert {one["legal_basis"]: one["cases"] for one in told["cells"]} == {
        "BREAK-GLASS": MINIMUM_CELL,
        "APPI-27-1-1": None,
    }
    page = stranger.get("/statistics/without-consent").text
    assert f"{MINIMUM_CELL}件未満" in page
    assert "大阪市消防局" not in page
