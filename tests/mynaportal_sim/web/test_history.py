"""The pages on which a person sees what was done with their data, and saves proof of it."""

import json
import re
from html import unescape
from io import BytesIO
from zipfile import ZipFile

import pytest

from consent.ledger import store as ledger
from consent.ledger.evidence import Evidence, Proven, judge
from consent.ledger.note import Verifier
from mynaportal_sim.disclosure.history import SCAN_MAX
from tests.mynaportal_sim.web.kit import KENICHI, Browser, Portal

JSON = {"accept": "application/json"}
PROBLEM = re.compile(r'<p class="problem" id="(\w+)-problem">([^<]+)</p>')
_ALL = ["同意しました", "同意を求められました", "ログインしました"]


def _told(page: str) -> list[str]:
    return re.findall(r'<p class="event"><strong>([^<]+)</strong>', page)


def _filtered(browser: Browser, query: str) -> list[str]:
    return _told(browser.get(f"/history?{query}").text)


def _link(page: str, wanted: str) -> str:
    """Where the first link leads that `wanted` matches."""
    found = re.search(rf'href="({wanted})"', page)
    assert found, wanted
    return unescape(found[1])


_OLDER = r"/history\?[^\"]*before=\d+"
_BUNDLE = r"/history/proofs\.zip[^\"]*"


def test_each_step_is_told_in_words_and_only_ones_own(portal: Portal) -> None:
    browser = portal.given()
    browser.post("/logout", {"csrf": browser.csrf("/")})
    browser.log_in(pin="0000")
    browser.log_in()
    page = browser.get("/history").text
    assert _told(page) == ["ログインしました", "ログインできませんでした", *_ALL]
    reasons = re.findall(r'<p class="reason">([^<]+)</p>', page)
    assert reasons == ["暗証番号が違いました。"]
    other = portal.browser()
    other.log_in(KENICHI)
    [entry] = other.get("/history", **JSON).json()["entries"]
    assert entry["type"] == "login.accepted"


def test_an_entry_says_who_supervises_and_on_which_basis(portal: Portal) -> None:
    browser = portal.given()
    entry = browser.get("/history?kind=consent", **JSON).json()["entries"][0]
    assert entry["supervisor"] == "個人情報保護責任者 田中一郎"
    assert entry["legal_basis"] == "本人の同意 (APPI-27-1)"
    assert not entry["unsupervised"]
    portal.enter("access.permitted", app_id="a", app_name="a", supervisor=" ")
    entry = browser.get("/history?kind=access", **JSON).json()["entries"][0]
    assert entry["unsupervised"]
    assert "示されていません" in browser.get("/history?kind=access").text


@pytest.mark.parametrize(
    ("type_", "office", "event", "by"),
    [
        pytest.param("withdrawn", "", "同意を撤回しました", "", id="the person"),
        pytest.param("withdrawn", "app", "同意が撤回されました", "アプリ", id="the app"),
        pytest.param("suspended", "", "同意を一時停止しました", "", id="rests"),
        pytest.param(
            "suspended", "authority", "同意が一時停止されました", "公的機関", id="is held"
        ),
        pytest.param(
            "resumed", "authority", "一時停止中の同意が再開されました", "公的機関", id="on"
        ),
        pytest.param("prohibited", "person", "情報の提供を禁止しました", "", id="prohibits"),
        pytest.param("prohibited", "court", "情報の提供が禁止されました", "裁判所", id="court"),
        pytest.param(
            "prohibition_lifted", "court", "提供の禁止が解除されました", "裁判所", id="lifts"
        ),
        pytest.param("lapsed", "portal", "同意が効力を失いました", "このポータル", id="rules"),
    ],
)
def test_an_entry_says_who_did_it_and_you_only_of_the_person(
    portal: Portal, type_: str, office: str, event: str, by: str
) -> None:
    browser = portal.given()
    portal.enter(f"consent.{type_}", by=office)
    entry = browser.get("/history", **JSON).json()["entries"][0]
    assert (entry["event"], entry["by"]) == (event, by)
    page = browser.get("/history").text
    assert _told(page)[0] == event
    said = re.findall(r'<p class="by">手続きした方\W([^<]+)</p>', page)
    assert said == ([by] if by else [])


@pytest.mark.parametrize("type_", ["token.issued", "access.permitted", "access.refused"])
def test_what_rests_on_the_consent_of_another_names_them(portal: Portal, type_: str) -> None:
    browser = portal.given()
    portal.enter(type_, app_id="a", granter_role="guardian", mandate="m")
    entry = browser.get("/history", **JSON).json()["entries"][0]
    assert (entry["by"], entry["given_by"]) == ("", "親権者・未成年後見人")
    page = browser.get("/history").text
    said = re.findall(r'<p class="by">同意した方\W([^<]+)</p>', page)
    assert said == ["親権者・未成年後見人"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        pytest.param("kind=login", ["ログインしました"], id="kind"),
        pytest.param("kind=consent", _ALL[:2], id="other kind"),
        pytest.param("category=checkup", _ALL[:2], id="category"),
        pytest.param("category=nothing", [], id="unknown category"),
        pytest.param("app=nobody", [], id="unknown app"),
        pytest.param("from=2000-01-01", _ALL, id="from"),
        pytest.param("from=0001-01-01&to=9999-12-31", _ALL, id="all the days there are"),
        pytest.param("from=9999-12-31", [], id="from a day to come"),
        pytest.param("to=2000-01-01", [], id="to"),
    ],
)
def test_what_is_asked_for_is_shown(portal: Portal, query: str, told: list[str]) -> None:
    assert _filtered(portal.given(), query) == told


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("kind=x", ("kind", "「x」という選択肢はありません"), id="unknown kind"),
        pytest.param("from=yesterday", ("from", "「yesterday」は日付として"), id="no day"),
        pytest.param("to=2026-02-30", ("to", "「2026-02-30」は日付として"), id="no such day"),
        pytest.param(
            "from=2026-04-02&to=2026-04-01",
            ("to", "終了日が開始日より前"),
            id="last before first",
        ),
    ],
)
def test_what_cannot_be_read_is_marked_and_nothing_is_shown(
    portal: Portal, query: str, said: tuple[str, str]
) -> None:
    browser = portal.given()
    page = browser.get(f"/history?{query}")
    assert page.status_code == 400
    assert _told(page.text) == []
    [(field, message)] = PROBLEM.findall(page.text)
    assert field == said[0]
    assert said[1] in unescape(message)
    refused = browser.get(f"/history?{query}", **JSON)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "unreadable_filter"
    assert said[0] in refused.json()["title"]
    assert browser.get(f"/history/proofs.zip?{query}").status_code == 400


def test_a_filter_finds_what_lies_far_back_and_pages_go_on(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("token.revoked", times=450, app_id="a", app_name="a")
    assert _filtered(browser, "kind=consent") == _ALL[:2]
    older = _link(browser.get("/history?kind=token").text, _OLDER)
    assert len(_told(browser.get(older).text)) == 50


def test_nothing_found_so_far_is_told_from_nothing_at_all(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("token.revoked", times=SCAN_MAX, app_id="a", app_name="a")
    page = browser.get("/history?kind=consent").text
    assert f"調べた{SCAN_MAX}件の記録に、条件に合うものはありませんでした" in page
    assert "条件に合う出来事はありませんでした" not in page
    further = browser.get(_link(page, _OLDER)).text
    assert _told(further) == _ALL[:2]
    found = browser.get("/history?kind=consent", **JSON).json()
    assert (found["entries"], found["looked"]) == ([], SCAN_MAX)
    assert found["older"]
    last = browser.get(_link(page, _OLDER).replace("kind=consent", "app=nobody")).text
    assert "条件に合う出来事はありませんでした" in last


def test_a_period_ends_the_search_where_it_begins(portal: Portal) -> None:
    browser = portal.given()
    portal.enter("token.revoked", times=SCAN_MAX, app_id="a", app_name="a")
    found = browser.get("/history?from=9999-01-01", **JSON).json()
    assert found == {"entries": [], "older": None, "looked": 0, "witnesses": []}


def test_a_proof_is_for_whose_entry_it_is(portal: Portal) -> None:
    browser = portal.given()
    assert "記録簿に追加中" in browser.get("/history").text
    portal.index()
    path = re.search(r'href="(/history/\d+/proof)"', browser.get("/history").text)
    assert path
    proof = browser.get(path[1])
    assert "attachment" in proof.headers["content-disposition"]
    evidence = Evidence.parse(proof.content)
    assert evidence.shown["app_name"].value == "すこやか手帳"
    assert "holder" not in evidence.shown
    other = portal.browser()
    other.log_in(KENICHI)
    assert other.get(path[1]).status_code == 404
    assert browser.get("/history/999999/proof").status_code == 404


def test_all_proofs_that_a_page_shows_are_saved_in_one(portal: Portal) -> None:
    browser = portal.given()
    portal.index()
    portal.enter("access.permitted", app_id="a", app_name="ア", categories=["checkup"])
    page = browser.get("/history?category=checkup").text
    saved = browser.get(_link(page, _BUNDLE))
    assert saved.headers["content-type"] == "application/zip"
    assert saved.headers["cache-control"] == "no-store"
    with ZipFile(BytesIO(saved.content)) as files:
        assert files.testzip() is None
        index = json.loads(files.read("index.json"))
        named = [entry["file"] for entry in index["entries"]]
        assert sorted(files.namelist()) == sorted(filter(None, [*named, "index.json"]))
        waiting, *indexed = index["entries"]
        assert (waiting["file"], waiting["index"]) == (None, None)
        assert waiting["fields"]["app_name"] == "ア"
        assert [entry["type"] for entry in indexed] == ["consent.granted", "consent.requested"]
        for entry in indexed:
            evidence = Evidence.parse(files.read(entry["file"]))
            proven = judge(evidence, Verifier.parse(index["key"]))
            assert isinstance(proven, Proven)
            assert {name: shown.value for name, shown in proven.shown.items()} == {
                **entry["fields"],
                "at": entry["at"],
            }


def test_a_page_without_proofs_offers_none_to_save(portal: Portal) -> None:
    browser = portal.given()
    assert "proofs.zip" not in browser.get("/history").text
    assert "proofs.zip" not in browser.get("/history?app=nobody").text


def test_an_erased_entry_leaves_the_page_whole(portal: Portal) -> None:
    browser = portal.given()
    portal.index()
    state = portal.web.state
    position = browser.get("/history", **JSON).json()["entries"][0]["position"]
    erased = state.database.run(ledger.erase, [position], "asked for", state.clock.now(), bytes)
    assert erased == [position]
    assert _told(browser.get("/history").text) == _ALL[1:]
    assert browser.get(f"/history/{position}/proof").status_code == 404
    assert browser.get("/history?category=checkup").status_code == 200
