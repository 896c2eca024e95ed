"""Leaving single records out of a consent: what the person sees, and what the app no longer."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest

from mynaportal_sim.disclosure.documents import PERSON
from tests.mynaportal_sim.web.acting import allow, ask, listed, read
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import (
    CALLBACK,
    JSON,
    KENICHI,
    Browser,
    Form,
    Portal,
    decide,
    events_of,
    sent_back,
)
from tests.mynaportal_sim.web.leaving import form_of, leave_out, page_of

VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Reader:
    """An app with an access key, and the person's browser."""

    client: Client
    browser: Browser
    key: str

    @classmethod
    def connected(cls, client: Client, browser: Browser) -> "Reader":
        """An app that asks, and is given check-ups."""
        asked = client.portal.ask(browser, client.client_id, code_challenge=CHALLENGE)
        [code] = sent_back(decide(browser, asked.headers["location"], "allow", "checkup"))[
            "code"
        ]
        wanted: Form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **client.proof,
        }
        token = client.portal.browser().post("/token", wanted, accept="*/*")
        return cls(client, browser, token.json()["access_token"])

    def get(self, path: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}", "accept": "*/*"}
        return self.client.portal.browser().get(f"/fhir/{path}", **headers)

    def found(self, path: str) -> list[str]:
        """The ids of all that a search finds, page after page."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        bundle = answer.json()
        ids = [one["resource"]["id"] for one in bundle.get("entry", ())]
        following = {one["relation"]: one["url"] for one in bundle["link"]}.get("next")
        return ids + (self.found(following.partition("/fhir/")[2]) if following else [])


@pytest.fixture
def reader(portal: Portal) -> Reader:
    browser = portal.browser()
    browser.log_in()
    return Reader.connected(Client.registered(portal), browser)


def app_s_name(reader: Reader, record: str) -> str:
    """How the app knows a record that the person's pages name so."""
    names = reader.client.portal.web.state.pseudonyms
    found = names.logical_id(reader.client.client_id, names.record_id(PERSON, UUID(record).hex))
    assert isinstance(found, str)
    return found


def test_each_record_that_is_given_is_listed_once_the_newest_first(portal: Portal) -> None:
    browser = portal.given("checkup", "medication")
    path, found = page_of(browser)
    records = list(found["records"])
    while found["older"]:
        _, found = page_of(browser, f"?after={found['older']}")
        records += found["records"]
    assert len(records) == found["total"] == len({one["id"] for one in records})
    days = [one["day"] for one in records]
    assert days == sorted(days, reverse=True)
    assert {one["kind"] for one in records} == {"健診結果", "薬剤情報"}
    assert "身長" in {one["title"] for one in records}
    english = browser.get(path, **JSON, accept_language="en").json()["records"]
    assert all(one["title"].isascii() for one in english)


def test_the_page_is_usable_by_its_form_alone(portal: Portal) -> None:
    browser = portal.given("checkup")
    path, found = page_of(browser)
    first = found["records"][0]["id"]
    assert browser.get(path).text.count('name="record"') == len(found["records"])
    assert browser.post(path, form_of(found, first)).status_code == 303
    page = browser.get(path).text
    assert f'value="{first}" checked disabled' in page
    assert "除外済み" in page
    assert "除いた記録は1件" in browser.get("/consents").text
    assert "記録を除きました" in browser.get("/consents?done=left_out").text


FINDS: dict[str, Callable[[Reader, str], bool]] = {
    "a search": lambda app, id_: id_ in app.found("Observation?_count=1000"),
    "a search page by page": lambda app, id_: id_ in app.found("Observation?_count=7"),
    "a search by id": lambda app, id_: app.found(f"Observation?_id={id_}") == [id_],
    "a read": lambda app, id_: app.get(f"Observation/{id_}").status_code == 200,
    "a page after it": lambda app, id_: (
        app.get(f"Observation?_count=1&_after={id_}").status_code == 200
    ),
    "what refers to it": lambda app, id_: id_ in app.get("DiagnosticReport").text,
}


def test_an_app_finds_no_trace_of_what_is_left_out(reader: Reader) -> None:
    before = reader.get("Observation?_count=0").json()["total"]
    [left_out] = leave_out(reader.browser, title="身長")
    name = app_s_name(reader, left_out)
    assert reader.get("Observation").status_code in {401, 403}  # its key has ended
    again = Reader.connected(reader.client, reader.browser)
    assert {way: finds(again, name) for way, finds in FINDS.items()} == dict.fromkeys(
        FINDS, False
    )
    assert again.get("Observation?_count=0").json()["total"] == before - 1
    assert again.get("DiagnosticReport?_include=DiagnosticReport:result").status_code == 400
    unknown = again.get(f"Observation/{'0' * 32}")
    hidden = again.get(f"Observation/{name}")
    assert (hidden.status_code, hidden.json()) == (unknown.status_code, unknown.json())


def test_all_of_these_ways_find_what_is_given(reader: Reader) -> None:
    _, found = page_of(reader.browser)
    [one, *_] = [one["id"] for one in found["records"] if one["title"] == "身長"]
    name = app_s_name(reader, one)
    assert {way: finds(reader, name) for way, finds in FINDS.items()} == dict.fromkeys(
        FINDS, True
    )


def test_an_app_is_told_how_many_are_left_out_and_not_which(reader: Reader) -> None:
    ids = [app_s_name(reader, one) for one in leave_out(reader.browser, 2)]
    [standing] = reader.client.ask("consents").json()["consents"]
    assert standing["records_left_out"] == 2
    again = Reader.connected(reader.client, reader.browser)
    told = str(standing) + again.get("Consent").text
    assert [id_ for id_ in ids if id_ in told.replace("-", "")] == []


def _receipt(client: Client) -> str:
    """The app's copy of the receipt of the one answer to it that stands."""
    [known] = client.ask("consents").json()["consents"]
    ids = {"sub": known["sub"], "consent_version": known["consent_version"]}
    return client.ask("receipt", **ids).text


def test_receipts_of_two_apps_have_nothing_in_common_of_what_was_left_out(
    portal: Portal,
) -> None:
    items, browser = [], portal.browser()
    browser.log_in()
    for _ in range(2):
        client = Client.registered(portal)
        Reader.connected(client, browser)
        path, found = page_of(browser)
        record = found["records"][0]["id"]
        assert browser.post(path, form_of(found, record)).is_redirect
        [kept] = [rule for rule in _given(client) if rule["items"]]
        items.append(kept["items"])
        named = portal.web.state.pseudonyms.record_id(PERSON, record.replace("-", ""))
        assert str(named) not in _receipt(client)
        assert record not in _receipt(client)
        where = path.removesuffix("/records")
        stop = {"csrf": browser.csrf("/consents"), "version": page_of(browser)[1]["version_id"]}
        assert browser.post(f"{where}/withdraw", stop).is_redirect
    assert not set(items[0]) & set(items[1])


def _given(client: Client) -> list[dict[str, Any]]:
    said = json.loads(json.loads(_receipt(client))["agreement"])
    given: list[dict[str, Any]] = said["given"]["rules"]
    return given


def test_what_is_left_out_stays_so_until_the_person_restores_it(reader: Reader) -> None:
    [left_out] = leave_out(reader.browser)
    client, browser = reader.client, reader.browser
    path = client.portal.ask(browser, client.client_id, prompt="consent").headers["location"]
    assert read(browser, path)["left_out"] == 1
    assert "以前に除いた記録（1件）も提供する" in browser.get(path).text
    decide(browser, path, "allow", "checkup", "medication")
    _, found = page_of(browser)
    assert [one["id"] for one in found["records"] if one["left_out"]] == [left_out]
    silent = client.portal.ask(browser, client.client_id)
    assert "code" in sent_back(browser.get(silent.headers["location"]))  # asks nothing again
    path = client.portal.ask(browser, client.client_id, prompt="consent").headers["location"]
    form: Form = {"csrf": browser.csrf(path), "decision": "allow", "restore": "true"}
    browser.post(path, form | {"category": ["checkup", "medication"]})
    assert page_of(browser)[1]["left_out"] == 0


def test_two_who_leave_out_at_once_do_not_undo_each_other(portal: Portal) -> None:
    browser = portal.given("checkup")
    path, found = page_of(browser)
    first, second, *_ = (one["id"] for one in found["records"])
    wish = form_of(found, first)
    for _ in range(2):  # a double click
        assert browser.post(path, wish).status_code == 303
    assert browser.post(path, form_of(found, second), **JSON).status_code == 409
    assert browser.post(path, wish | {"record": [second]}, **JSON).status_code == 409
    newer = page_of(browser)[1]
    assert newer["left_out"] == 1
    assert browser.post(path, form_of(newer, first), **JSON).status_code == 400
    assert browser.post(path, form_of(newer), **JSON).status_code == 400
    assert browser.post(path, form_of(newer, second)).status_code == 303
    assert page_of(browser)[1]["left_out"] == 2


def test_a_record_of_somebody_else_is_as_one_that_is_not(portal: Portal) -> None:
    other = portal.browser()
    other.log_in(KENICHI)
    allow(other, ask(portal, other))
    stranger = page_of(other)[1]["records"][0]["id"]
    browser = portal.given("checkup")
    path, found = page_of(browser)
    answers = [
        browser.post(path, form_of(found, name), **JSON)
        for name in (stranger, str(UUID(int=1)), "x")
    ]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {
        (404, "no_such_record")
    }
    assert {one.json()["title"] for one in answers} == {answers[0].json()["title"]}
    assert browser.get(f"{path}?after={stranger}", **JSON).status_code == 404
    assert other.get(path, **JSON).status_code == 404
    assert other.post(path, form_of(found, stranger), **JSON).status_code in {403, 404}
    assert page_of(browser)[1]["left_out"] == 0


def test_the_history_says_how_many_records_are_kept_back(portal: Portal) -> None:
    browser = portal.given("checkup")
    leave_out(browser, 3)
    assert events_of(browser)[0] == "consent.granted"
    [live] = [one for one in listed(browser, "/consents", "consents") if one["active"]]
    assert live["kinds"][0]["conditions"] == ["除いた記録は3件"]


def test_of_a_consent_that_rests_nothing_is_left_out(portal: Portal) -> None:
    browser = portal.given("checkup")
    path, found = page_of(browser)
    form: Form = {"csrf": found["csrf"], "version": found["version_id"]}
    browser.post(f"{path.removesuffix('/records')}/suspend", form)
    assert "この同意は有効ではありません" in browser.get(path).text
    wish = form_of(found, found["records"][0]["id"])
    assert browser.post(path, wish, **JSON).status_code == 409
