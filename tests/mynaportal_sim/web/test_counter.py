"""Life events by pages and by the API, and where a person and an app meet them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from card_reader.emulator.personalise import read_card
from card_reader.spec import CardKind, Kind
from consent import service
from consent.model import Status
from mynaportal_sim import keys
from mynaportal_sim.issuing import telling
from mynaportal_sim.issuing.cards import certificates_of
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.residents import store as residents
from mynaportal_sim.web.card_out import CARRIERS
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import (
    HANAKO,
    JSON,
    KENICHI,
    Browser,
    Form,
    Portal,
    decide,
    events_of,
    listed,
)
from tests.mynaportal_sim.web.test_login_page import strict_browser

__all__ = ["strict_browser"]

ADDRESS = "東京都清瀬市松風台４丁目５番６号"
HERE = f"/counter/{HANAKO}"


def deal(browser: Browser, event: str, **fields: str) -> httpx.Response:
    """Let an event happen to Hanako by the page."""
    form: Form = {"csrf": browser.csrf(HERE), **fields}
    return browser.post(f"{HERE}/{event}", form)


def test_the_page_shows_what_each_event_would_change_and_lets_it_happen(
    browser: Browser,
) -> None:
    listed = browser.get("/counter").text
    assert "佐藤" in listed
    assert "利用中" in listed
    before = browser.get(HERE).text
    assert "電子証明書の更新は、有効期限の3か月前" in before
    done = deal(browser, "move", address=ADDRESS, municipality="13221")
    assert done.headers["location"] == f"{HERE}?done=move"
    after = browser.get(done.headers["location"]).text
    assert ADDRESS in after
    assert "手続きが完了しました" in after
    assert '<span class="tag bad">失効</span>' in after


def test_what_is_wrong_is_said_beside_the_form_and_nothing_changes(browser: Browser) -> None:
    refused = deal(browser, "move", address="")
    assert refused.status_code == 422
    assert "変更前と同じです" in refused.text
    assert "有効な署名用電子証明書がすでにあります" in deal(browser, "certify").text
    assert "数字4桁にしてください" in deal(browser, "unblock", register_pin="12").text


def test_no_reading_outlives_the_name_that_it_is_of(portal: Portal, browser: Browser) -> None:
    name = {"family": "鈴木", "given": "花子"}
    kana = {"kana_family": "スズキ", "kana_given": "ハナコ"}
    assert "全角カタカナ" in deal(browser, "change-name", **name, kana_family="suzuki").text
    assert deal(browser, "change-name", **name, **kana).status_code == 303
    told = api(portal, "GET", HERE).json()
    assert (told["kana"], told["romaji"]) == ("スズキ\u3000ハナコ", None)
    roman = {"romaji_family": "Suzuki", "romaji_given": "Hanako"}
    assert deal(browser, "change-name", **name, **roman).status_code == 303
    told = api(portal, "GET", HERE).json()
    assert (told["kana"], told["romaji"]) == ("スズキ\u3000ハナコ", "Suzuki Hanako")


def test_a_lost_card_lets_nobody_in_until_it_is_found(portal: Portal, browser: Browser) -> None:
    person = portal.browser()
    assert person.log_in().status_code == 303
    deal(browser, "lose")
    assert person.get("/my-card").headers["location"] == "/login"
    refused = person.log_in()
    assert refused.status_code == 422
    assert "失効" in refused.text
    deal(browser, "find")
    assert person.log_in().status_code == 303


def test_a_renewed_card_logs_in_as_the_same_person(portal: Portal, browser: Browser) -> None:
    person = portal.browser()
    person.log_in()
    name = portal.holder()
    ends = dict(certificates_of(read_card(portal.card(HANAKO))))[
        Kind.USER_AUTHENTICATION
    ].not_after
    clock = portal.web.state.clock
    clock.forward(ends - timedelta(days=30) - clock.now())
    assert deal(browser, "renew").status_code == 303
    assert person.log_in().status_code == 303
    assert portal.holder() == name
    happened = events_of(person)
    assert "card.renewed" in happened
    assert happened.count("login.accepted") == 2


def test_the_published_lists_and_the_card_say_what_happened(
    portal: Portal, browser: Browser
) -> None:
    held = dict(certificates_of(read_card(portal.card(HANAKO))))
    serials = {kind: held[kind].name.serial for kind in Kind}
    assert [listed(browser, kind, serials[kind]) for kind in Kind] == ["good", "good"]
    deal(browser, "move", address=ADDRESS)
    said = [listed(browser, kind, serials[kind]) for kind in Kind]
    assert said == ["good", "affiliation_changed"]
    moved = read_card(portal.card(HANAKO))
    assert moved.contents is not None
    assert ADDRESS.encode() in moved.contents.text.files[2]
    assert moved.contents.text.pin_tries == 3


def test_a_person_sees_their_card_its_events_and_an_alert(
    portal: Portal, browser: Browser
) -> None:
    deal(browser, "move", address=ADDRESS)
    deal(browser, "unblock", pin="4321")
    person = portal.browser("en")
    assert person.log_in(pin="4321").status_code == 303
    page = person.get("/my-card").text
    assert "The change of your address was registered" in page
    assert "Signing certificate" in page
    told = person.get("/my-card", **JSON).json()
    assert [one["event"] for one in told["events"]] == ["unblock", "move"]
    [card] = told["cards"]
    assert [one["state"] for one in card["certificates"]] == ["good", "revoked"]
    alerts = person.get("/alerts", **JSON).json()["alerts"]
    assert {one["title"] for one in alerts if one["kind"] == "card"} == {
        "The change of your address was registered",
        "PINs of your card were set anew",
    }
    assert "The municipal counter" in person.get("/history?kind=card").text


def test_what_a_person_agreed_to_ends_with_their_life(portal: Portal, browser: Browser) -> None:
    person = portal.given()
    deal(browser, "die")
    assert person.get("/consents").headers["location"] == "/login"
    assert "Nothing can happen" in portal.browser("en").get(HERE).text
    database, now = portal.web.state.database, portal.web.state.clock.now()
    hanako = database.run(residents.by_persona, HANAKO)
    assert hanako is not None
    [history] = database.run(service.of_resident, hanako.id)
    assert [version.status(now) for version in history.versions] == [Status.LAPSED]


def test_who_gives_the_card_back_is_logged_out_and_keeps_what_they_agreed_to(
    portal: Portal, browser: Browser
) -> None:
    person = portal.given()
    returned = deal(browser, "return")
    assert "返納済み" in browser.get(returned.headers["location"]).text
    assert person.get("/consents").headers["location"] == "/login"
    database, now = portal.web.state.database, portal.web.state.clock.now()
    hanako = database.run(residents.by_persona, HANAKO)
    assert hanako is not None
    [history] = database.run(service.of_resident, hanako.id)
    assert [version.status(now) for version in history.versions] == [Status.GRANTED]


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        pytest.param({}, {"csrf": "0" * 64}, id="a token that is not the session's"),
        pytest.param({}, {}, id="no token"),
        pytest.param({"origin": "http://evil.test"}, None, id="another site's form"),
        pytest.param({"sec-fetch-site": "cross-site"}, None, id="another site by its fetch"),
    ],
)
def test_only_a_page_of_this_portal_lets_anything_happen(
    browser: Browser, headers: dict[str, str], form: dict[str, str] | None
) -> None:
    sent: Form = {"csrf": browser.csrf(HERE)} if form is None else {**form}
    refused = browser.post(f"{HERE}/lose", sent, **headers)
    assert refused.status_code == 403
    assert "利用中" in browser.get(HERE).text


def test_s3_a_strict_portal_lets_nobody_deal_with_cards(strict_browser: Browser) -> None:
    for path in ("/counter", HERE, f"/dev{HERE}"):
        assert strict_browser.get(path).status_code == 404
    assert strict_browser.post(f"{HERE}/lose", {"csrf": "0" * 64}).status_code == 404
    assert strict_browser.send("POST", f"/dev{HERE}/lose").status_code == 404


def api(portal: Portal, method: str, path: str, **given: object) -> httpx.Response:
    """Ask the API as a program does that can read the data directory."""
    token = keys.dev_token(portal.web.state.settings.keys)
    headers = {"authorization": f"Bearer {token}", **JSON}
    return portal.browser().send(method, f"/dev{path}", headers, **given)


def test_a_program_with_the_token_sees_and_changes_the_same(portal: Portal) -> None:
    before = api(portal, "GET", HERE).json()
    assert {one["event"] for one in before["events"]} == set(map(telling.name_of, LifeEvent))
    moved = api(portal, "POST", f"{HERE}/move", json={"address": ADDRESS, "certify": True})
    assert moved.status_code == 200, moved.text
    assert moved.json()["card"]["certificates"]["signing"]["state"] == "good"
    assert "発行日時" not in portal.browser().get(HERE).text
    added = api(portal, "POST", f"{HERE}/add-phone").json()
    shown = portal.browser().get(HERE).text
    assert (shown.count("交付日時"), shown.count("発行日時")) == (1, 1)
    assert added["phone"]["kind"] == "phone"
    assert api(portal, "POST", f"{HERE}/lose-phone").json()["phone"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        pytest.param(f"{HERE}/find", None, 409, "not_in_this_state", id="not lost"),
        pytest.param(f"{HERE}/win", None, 404, "no_such_life_event", id="no such event"),
        pytest.param("/counter/nobody/lose", None, 404, "persona_not_found", id="nobody"),
        pytest.param(
            f"{HERE}/unblock", {"pin": "abcd"}, 409, "malformed_pin", id="a PIN of letters"
        ),
        pytest.param(
            f"{HERE}/unblock", {"text_pin": "12"}, 409, "malformed_pin", id="a short PIN"
        ),
        pytest.param(
            f"{HERE}/move",
            {"municipality": "13221", "address": "東京都清瀬市", "password": "letters"},
            409,
            "malformed_pin",
            id="a malformed password that nothing asked for",
        ),
        pytest.param(f"{HERE}/move", {"to": "x"}, 400, "request_malformed", id="a wrong field"),
        pytest.param(
            f"{HERE}/move", {"municipality": "99999"}, 409, "no_such_municipality", id="nowhere"
        ),
    ],
)
def test_what_the_api_refuses_has_a_code(
    portal: Portal, path: str, body: dict[str, str] | None, status: int, code: str
) -> None:
    refused = api(portal, "POST", path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_damaged_card_is_told_of_and_set_aside_only_for_another(
    portal: Portal, browser: Browser
) -> None:
    card = portal.card(HANAKO)
    card.write_bytes(damaged := card.read_bytes()[:100])
    told = api(portal, "POST", f"{HERE}/move", json={"address": ADDRESS})
    assert (told.status_code, told.json()["code"]) == (409, "card_unreadable")
    page = deal(browser, "move", address=ADDRESS)
    assert page.status_code == 422
    assert "カードのファイルを読み取れません" in page.text
    assert deal(browser, "lose").status_code == 303
    shown = browser.get(HERE).text
    assert "カードのファイルを読み取れません。" in shown
    assert str(card) not in told.text + page.text + shown
    assert card.read_bytes() == damaged
    after = api(portal, "POST", f"{HERE}/reissue").json()
    [aside] = after["card_file"]["set_aside"]
    assert after["card_file"]["readable"]
    assert card.with_name(aside).read_bytes() == damaged
    assert aside in browser.get(HERE).text


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param({}, "dev_token_wrong", id="no token"),
        pytest.param({"authorization": "Bearer x"}, "dev_token_wrong", id="another"),
        pytest.param({"origin": "http://evil.test"}, "csrf_failed", id="from another site"),
    ],
)
def test_the_api_is_closed_to_who_lacks_the_token(
    portal: Portal, headers: dict[str, str], code: str
) -> None:
    refused = portal.browser().send("GET", f"/dev{HERE}", {**JSON, **headers})
    assert (refused.status_code, refused.json()["code"]) == (403, code)


def test_what_an_app_is_given_of_a_person_follows_the_register(portal: Portal) -> None:
    scope = "patient/Patient.rs"
    client, person = Client.registered(portal, scopes=(scope,)), portal.browser()
    person.log_in()
    portal.asking["categories"] = ["basic"]
    path = portal.ask(person, client.client_id, scope=scope).headers["location"]
    key = client.tokens(decide(person, path, "allow", "basic"))["access_token"]

    def patient() -> Any:
        bundle = person.get("/fhir/Patient", authorization=f"Bearer {key}", accept="*/*").json()
        [entry] = bundle["entry"]
        return entry["resource"]

    seen = [patient()]
    portal.web.state.clock.forward(timedelta(seconds=60))
    name = {"family": "鈴木", "given": "花子"}
    kana = {"family": "スズキ", "given": "ハナコ"}
    for event, body in (
        ("change-name", {"name": name, "kana": kana}),
        ("unblock", {"pin": "4321"}),
        ("move", {"address": ADDRESS}),
    ):
        assert api(portal, "POST", f"{HERE}/{event}", json=body).status_code == 200
        seen.append(patient())
    assert [one["meta"]["versionId"] for one in seen] == ["1", "2", "2", "3"]
    updated = [one["meta"]["lastUpdated"] for one in seen]
    assert updated == sorted(updated)
    assert updated[0] < updated[1]
    assert seen[1] == seen[2]
    assert [one["family"] for one in seen[1]["name"]] == ["鈴木", "スズキ"]
    assert [one["address"][0]["text"] == ADDRESS for one in seen] == [False, False, False, True]
    assert len({one["id"] for one in seen}) == 1


def test_what_happens_to_one_person_leaves_others_alone(
    portal: Portal, browser: Browser
) -> None:
    deal(browser, "lose")
    assert portal.browser().log_in(KENICHI).status_code == 303


def test_each_kind_of_card_has_a_name() -> None:
    assert CARRIERS.keys() == set(CardKind)
