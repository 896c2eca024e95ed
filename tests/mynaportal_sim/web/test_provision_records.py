"""A person has the records of provision disclosed: on a page, as JSON, and as a sheet."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from os import urandom
from uuid import uuid4

import pytest

from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, Browser, Portal

JSON = "application/json"
DOWNLOADS = ("/provision-records.csv", "/provision-records.json")


@pytest.fixture
def client_id(portal: Portal) -> str:
    return portal.register()


def provided(
    portal: Portal, client_id: str, at: datetime, name: str = "歩く手帳", persona: str = KENICHI
) -> None:
    state = portal.web.state
    resident = state.database.run(residents.by_persona, persona)
    fields: dict[str, Value] = {
        "app_id": client_id,
        "app_name": name,
        "arrangement": str(uuid4()),
        "consent_version": str(uuid4()),
        "categories": ["checkup"],
        "count": 2,
        "purpose": "self-care",
        "legal_basis": "APPI-27-1",
        "supervisor": "田中一郎",
    }
    entry = Entry("access.permitted", fields, state.pseudonyms.holder(resident.id))
    state.database.run(ledger.append, entry, at, urandom)


def sheet(browser: Browser, query: str = "") -> list[list[str]]:
    answer = browser.get(f"/provision-records.csv{query}")
    assert answer.status_code == 200
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def reader(portal: Portal) -> Browser:
    browser = portal.browser()
    browser.log_in(KENICHI)
    return browser


@pytest.fixture
def now(portal: Portal) -> datetime:
    time: datetime = portal.web.state.clock.now()
    return time


def test_whoever_is_not_logged_in_has_none(browser: Browser) -> None:
    for path in ("/provision-records", *DOWNLOADS):
        assert browser.get(path).headers["location"] == "/login"
        assert browser.get(path, accept=JSON).status_code == 401


def test_a_record_says_who_gave_whom_what_and_why(
    portal: Portal, reader: Browser, client_id: str, now: datetime
) -> None:
    provided(portal, client_id, now)
    page = reader.get("/provision-records").text
    for said in (
        "鈴木\u3000健一",
        "歩く手帳",
        "すこやか手帳株式会社",
        "健診結果",
        "本人の同意",
        "田中一郎",
        "特定健診",
        "http://localhost:8400",
    ):
        assert said in page, said
    [record] = reader.get("/provision-records", accept=JSON).json()["records"]
    assert record["recipient"]["organisation"] == "すこやか手帳株式会社"
    assert record["categories"] == ["checkup"]
    assert reader.get("/provision-records.json").json() == {"records": [record]}
    heading, row = sheet(reader)
    assert dict(zip(heading, row, strict=True))["本人"] == "鈴木\u3000健一"


def test_nobody_has_anothers(
    portal: Portal, reader: Browser, client_id: str, now: datetime
) -> None:
    provided(portal, client_id, now, name="花子さんのアプリ", persona=HANAKO)
    for path in ("/provision-records", *DOWNLOADS):
        assert "花子さん" not in reader.get(path).text


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("from=abc", id="no day"),
        pytest.param("to=2026-02-30", id="no such day"),
        pytest.param("from=2026-W01-1", id="another way to write one"),
        pytest.param("from=2026-02-02&to=2026-02-01", id="backwards"),
    ],
)
def test_days_that_cannot_be_read_are_refused_and_not_left_out(
    reader: Browser, query: str
) -> None:
    for path in ("/provision-records", *DOWNLOADS):
        assert reader.get(f"{path}?{query}").status_code == 400


def test_only_provisions_are_listed(reader: Browser) -> None:
    assert "提供の記録はありません" in reader.get("/provision-records").text
    assert len(sheet(reader)) == 1
    assert reader.get("/provision-records.json").json() == {"records": []}


def test_a_formula_in_an_apps_name_stays_text(
    portal: Portal, reader: Browser, client_id: str, now: datetime
) -> None:
    provided(portal, client_id, now, name='=HYPERLINK("https://evil.example")')
    heading, row = sheet(reader)
    assert dict(zip(heading, row, strict=True))["提供先"].startswith("'=HYPERLINK")


@pytest.mark.parametrize(
    ("query", "days"),
    [
        pytest.param("?from=2026-02-02&to=2026-02-02", ["02"], id="one day of Japan"),
        pytest.param("?from=2026-02-02&to=2026-02-28", ["03", "02"], id="some days"),
        pytest.param("?from=2026-02-04", [], id="none"),
    ],
)
def test_a_period_is_chosen_by_days_of_japan(
    portal: Portal, reader: Browser, client_id: str, query: str, days: list[str]
) -> None:
    first = datetime(2026, 1, 31, 15, tzinfo=UTC)  # 1 February in Japan
    for day in range(3):
        provided(portal, client_id, first + timedelta(days=day))
    at = [row[0] for row in sheet(reader, query)[1:]]
    assert at == [f"2026-02-{day}T00:00:00+09:00" for day in days]


def test_what_is_older_than_three_years_is_listed_when_asked_for(
    portal: Portal, reader: Browser, client_id: str, now: datetime
) -> None:
    provided(portal, client_id, now - timedelta(days=3 * 366))
    assert len(sheet(reader)) == 1
    assert len(sheet(reader, "?from=2000-01-01")) == 2


def test_many_records_come_in_pages_and_in_one_file(
    portal: Portal, reader: Browser, client_id: str, now: datetime
) -> None:
    for _ in range(620):
        provided(portal, client_id, now)
    assert len(sheet(reader)) == 621
    assert len(reader.get("/provision-records.json").json()["records"]) == 620
    page = reader.get("/provision-records").text
    assert page.count('class="card provision"') == 50
    older = re.search(r'href="(/provision-records\?[^"]*before=\d+)"', page)
    assert older
    following = reader.get(older[1].replace("&amp;", "&")).text
    assert following.count('class="card provision"') == 50
