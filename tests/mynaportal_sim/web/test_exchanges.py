"""A person reads what agencies exchanged, and of marked records only that there are some."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_bytes

import pytest

from consent.ledger.sequencer import sequence
from mynaportal_sim import keys
from mynaportal_sim.exchange import service
from mynaportal_sim.exchange.model import Exchange, Ground
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, Browser, Portal

ASKED = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)  # 1 April in Japan
EXCHANGE = Exchange(
    inquirer="清瀬市<script>",
    provider="立川市",
    affair="児童手当の認定請求の審査",
    items=("所得の状況", "世帯の構成"),
    requested_at=ASKED,
    provided_at=ASKED + timedelta(minutes=5),
)
JSON = "application/json"


def record(portal: Portal, persona: str, exchange: Exchange) -> None:
    state = portal.web.state
    resident = state.database.run(residents.by_persona, persona)
    holder = state.pseudonyms.holder(resident.id)
    now = state.clock.now()
    state.database.run(service.record, exchange, holder, now, token_bytes)
    signer = keys.ledger_signer(state.settings.keys)
    while state.database.run(sequence, signer, now):
        pass


@pytest.fixture
def reader(portal: Portal) -> Browser:
    """Kenichi's browser, after his login."""
    browser = portal.browser()
    browser.log_in(KENICHI)
    return browser


def test_whoever_is_not_logged_in_is_sent_to_the_login(browser: Browser) -> None:
    assert browser.get("/exchanges").headers["location"] == "/login"
    assert browser.get("/exchanges", accept=JSON).status_code == 401


def test_a_portal_begins_with_a_past_between_agencies(reader: Browser) -> None:
    page = reader.get("/exchanges").text
    assert "豊中市" in page
    assert "地方税関係情報（所得・課税の状況）" in page
    english = reader.get("/exchanges?lang=en").text
    assert "Toyonaka-shi" in english
    assert "Local tax: income and taxation" in english


def test_a_row_has_what_the_law_has_recorded_and_a_proof(
    portal: Portal, reader: Browser
) -> None:
    record(portal, KENICHI, EXCHANGE)
    page = reader.get("/exchanges").text
    row = page[page.index("児童手当") : page.index("</article>", page.index("児童手当"))]
    for said in (
        "清瀬市&lt;script&gt;",
        "立川市",
        "所得の状況、世帯の構成",
        "2026年4月1日 00:30",
        "2026年4月1日 00:35",
    ):
        assert said in row, said
    found = re.search(r'href="(/history/\d+/proof)"', row)
    assert found
    proof = reader.get(found[1])
    assert proof.status_code == 200
    assert proof.text.startswith("c2sp.org/tlog-proof@v1")


def test_a_marked_record_is_shown_to_exist_with_its_ground_alone(
    portal: Portal, reader: Browser
) -> None:
    marked = replace(EXCHANGE, affair="極秘の調査", ground=Ground.OTHER_PERSON)
    record(portal, KENICHI, marked)
    page = reader.get("/exchanges").text
    assert Ground.OTHER_PERSON.label_ja in page
    listed = reader.get("/exchanges", accept=JSON)
    [one] = [
        one for one in listed.json()["exchanges"] if one["ground"] == Ground.OTHER_PERSON.value
    ]
    assert one["disclosed"] is False
    assert one["requested_at"] == "2026-03-31T15:30:00Z"
    assert one["provided_at"] is None
    for secret in ("極秘の調査", "立川市", "所得の状況"):
        assert secret not in page
        assert secret not in listed.text
    proof = reader.get(f"/history/{one['position']}/proof").text
    assert "undisclosed_" not in proof


def test_nobody_sees_anothers(portal: Portal, reader: Browser) -> None:
    record(portal, HANAKO, replace(EXCHANGE, affair="花子さんの手続"))
    assert "花子さん" not in reader.get("/exchanges").text
    assert "花子さん" not in reader.get("/exchanges", accept=JSON).text


@pytest.mark.parametrize(
    ("year", "shown"),
    [
        pytest.param("2026", True, id="its year in Japan"),
        pytest.param("2025", False, id="another year"),
        pytest.param("", True, id="every year"),
        pytest.param("x", False, id="no year"),
    ],
)
def test_a_year_is_chosen(portal: Portal, reader: Browser, year: str, shown: bool) -> None:
    asked = datetime(2025, 12, 31, 15, tzinfo=UTC)  # the first second of 2026 in Japan
    record(portal, KENICHI, replace(EXCHANGE, requested_at=asked))
    assert ("児童手当" in reader.get(f"/exchanges?year={year}").text) is shown


def test_they_do_not_crowd_what_apps_did(reader: Browser) -> None:
    history = reader.get("/history", accept=JSON).json()["entries"]
    assert {entry["type"] for entry in history} == {"login.accepted"}
    assert "豊中市" not in reader.get("/").text
