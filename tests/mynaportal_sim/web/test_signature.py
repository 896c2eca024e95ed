"""Signing with a card what is handed over, on the page and by a program."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from consent.ledger.entry import read_leaf
from consent.ledger.store import newest
from consent.store import signatures
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.pki import service as authorities
from mynaportal_sim.pki.certificate import Leaf
from mynaportal_sim.pki.model import RevocationReason
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.signing.kit import (
    JSON,
    PASSWORD,
    SECRETS,
    consents,
    form_of,
    to_sign,
    token_of,
)
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, Browser, Form, Portal


def _way_to_sign(browser: Browser, path: str, *categories: str) -> str:
    """The address of the page on which these categories are signed for."""
    chosen: Form = {
        "csrf": browser.csrf(path),
        "decision": "sign",
        "category": list(categories),
    }
    answer = browser.post(path, chosen)
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


def test_where_the_card_is_damaged_only_another_can_sign(portal: Portal) -> None:
    browser, path = portal.asked()
    address = _way_to_sign(browser, path, "checkup")
    form = form_of(to_sign(browser, path), Kind.SIGNING, pin=PASSWORD)
    portal.card(HANAKO).write_bytes(b"")
    assert 'name="pin"' not in browser.get(address).text
    told = browser.post(f"{path}/signature", form, **JSON)
    assert (told.status_code, told.json()["code"]) == (503, "card_unavailable")


def _signed_with_token(browser: Browser, path: str, form: Form) -> httpx.Response:
    return browser.post(f"{path}/signature", form, **JSON)


def _entries(browser: Browser) -> list[str]:
    return [entry["type"] for entry in browser.get("/history", **JSON).json()["entries"]]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_person_signs_on_the_page_what_the_page_shows(portal: Portal, kind: Kind) -> None:
    browser, path = portal.asked()
    address = _way_to_sign(browser, path, "checkup")
    page = browser.get(address).text
    told = to_sign(browser, path)
    shown = json.loads(told["statement"]["text"])["shown"]
    assert ["提供する情報", "健診結果 (要配慮個人情報)"] in shown
    assert any(heading == "提供しない情報" for heading, _ in shown)
    for heading, said in shown:
        assert f"<dt>{heading}</dt><dd>{said}</dd>" in page
    answer = browser.post(f"{path}/signature", form_of(told, kind, pin=SECRETS[kind]))
    assert answer.status_code == 303, answer.text
    assert "code" in parse_qs(urlsplit(answer.headers["location"]).query)
    [consent] = consents(browser)
    assert (consent["signed_with"], consent["categories"]) == (kind.value, ["健診結果"])
    receipt = browser.get(f"/consents/{consent['arrangement_id']}/{consent['version_id']}").text
    assert told["statement"]["sha256"] in receipt
    resident = portal.web.state.database.run(residents.by_persona, HANAKO)
    kept = portal.web.state.database.run(
        signatures.find, resident.id, UUID(consent["version_id"])
    )
    assert kept.text == told["statement"]["text"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_card_elsewhere_signs_by_a_program(portal: Portal, kind: Kind) -> None:
    browser, path = portal.asked()
    told = to_sign(browser, path)
    token = token_of(portal, told, kind).to_json().decode()
    answer = _signed_with_token(browser, path, form_of(told, kind, token=token))
    assert "code" in parse_qs(urlsplit(answer.headers["location"]).query)
    assert [one["signed_with"] for one in consents(browser)] == [kind.value]


def test_what_is_shown_and_signed_is_in_the_language_of_the_reader(portal: Portal) -> None:
    browser, path = portal.asked()
    told = to_sign(browser, path)
    browser.language = "en"
    english = to_sign(browser, path)
    assert told["statement"]["sha256"] != english["statement"]["sha256"]
    again = browser.post(f"{path}/signature", form_of(told, Kind.SIGNING, pin=PASSWORD))
    assert again.status_code == 422
    assert "has changed" in again.text
    assert not consents(browser)


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        pytest.param("9-8-7", "英大文字と数字6〜16文字です", id="no password"),
        pytest.param("WRONG99", "残り4回", id="wrong password"),
    ],
)
def test_a_refused_password_is_said_entered_and_changes_nothing(
    portal: Portal, caplog: pytest.LogCaptureFixture, pin: str, said: str
) -> None:
    browser, path = portal.asked()
    told = to_sign(browser, path)
    again = browser.post(f"{path}/signature", form_of(told, Kind.SIGNING, pin=pin))
    assert again.status_code == 422
    assert said in again.text
    assert pin not in again.text + caplog.text
    stored = list(portal.web.state.settings.data.glob("portal.sqlite3*"))
    assert stored
    assert not [file for file in stored if pin.encode() in file.read_bytes()]
    assert not consents(browser)
    assert _entries(browser)[0] == "consent.signature_refused"
    done = browser.post(f"{path}/signature", form_of(told, Kind.SIGNING, pin=PASSWORD))
    assert done.status_code == 303


def _of_another(portal: Portal, told: dict[str, Any], kind: Kind) -> LoginToken:
    return token_of(portal, told, kind, KENICHI)


def _flipped(portal: Portal, told: dict[str, Any], kind: Kind) -> LoginToken:
    token = token_of(portal, told, kind)
    return replace(token, signature=token.signature[:-1] + bytes([token.signature[-1] ^ 1]))


def _other_text(portal: Portal, told: dict[str, Any], kind: Kind) -> LoginToken:
    text = told["statement"]["text"].replace("checkup", "medication")
    purpose = ConsentStatement(text).purpose
    other = {
        "statement": {"text": text},
        "challenge": told["challenge"] | {"purpose": purpose},
    }
    return token_of(portal, other, kind)


def _other_key(portal: Portal, told: dict[str, Any], kind: Kind) -> LoginToken:
    return token_of(portal, told, next(one for one in Kind if one is not kind))


def _revoked(portal: Portal, told: dict[str, Any], kind: Kind) -> LoginToken:
    token = token_of(portal, told, kind)
    state = portal.web.state
    serial = Leaf.parse(token.certificate).certificate.serial_number
    revoked = (state.authority[kind], serial, RevocationReason.KEY_COMPROMISE)
    assert state.database.run(authorities.revoke, *revoked, state.clock.now())
    return token


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("make", "code", "status"),
    [
        pytest.param(_of_another, "cert_other_person", 403, id="somebody else's card"),
        pytest.param(_flipped, "signature_invalid", 401, id="a flipped bit"),
        pytest.param(_other_text, "signature_invalid", 401, id="another text"),
        pytest.param(_other_key, "", 401, id="the card's other key"),
        pytest.param(_revoked, "cert_revoked", 401, id="R9 a revoked certificate"),
    ],
)
def test_a_signature_that_is_not_the_persons_under_this_is_refused(
    portal: Portal, kind: Kind, make: Any, code: str, status: int
) -> None:
    browser, path = portal.asked()
    told = to_sign(browser, path)
    token = make(portal, told, kind).to_json().decode()
    refused = _signed_with_token(browser, path, form_of(told, kind, token=token))
    assert refused.status_code == status
    assert refused.json()["code"] == (code or refused.json()["code"])
    assert not consents(browser)
    [entry, *_] = browser.get("/history", **JSON).json()["entries"]
    assert (entry["type"], entry["app"], entry["who"]) == (
        "consent.signature_refused",
        "",
        "すこやか手帳",
    )
    again = _signed_with_token(browser, path, form_of(told, kind, token=token))
    assert again.json()["code"] == "nonce_replayed"


def test_a_signature_serves_the_session_it_was_made_in(portal: Portal) -> None:
    kind = Kind.USER_AUTHENTICATION
    first, other = portal.asked(), portal.asked()
    token = token_of(portal, to_sign(*first), kind).to_json().decode()
    refused = _signed_with_token(*other, form_of(to_sign(*other), kind, token=token))
    assert (refused.status_code, refused.json()["code"]) == (403, "session_mismatch")


def test_a_signature_serves_the_question_it_was_made_for(portal: Portal) -> None:
    browser, path = portal.asked()
    told = to_sign(browser, path)
    both = to_sign(browser, path, "checkup", "medication")
    token = token_of(portal, told, Kind.SIGNING).to_json().decode()
    form = form_of(both, Kind.SIGNING, token=token) | {"category": ["checkup", "medication"]}
    refused = _signed_with_token(browser, path, form)
    assert (refused.status_code, refused.json()["code"]) == (409, "purpose_mismatch")


def test_neither_password_nor_certificate_is_in_the_ledger_or_in_public(portal: Portal) -> None:
    browser, path = portal.asked()
    told = to_sign(browser, path)
    token = token_of(portal, told, Kind.SIGNING)
    form = form_of(told, Kind.SIGNING, token=token.to_json().decode())
    assert _signed_with_token(browser, path, form).status_code == 303
    certificate = Leaf.parse(token.certificate).certificate
    tells = {
        PASSWORD.encode(),
        token.certificate.hex().encode(),
        sha256(token.certificate).hexdigest().encode(),
        f"{certificate.serial_number}".encode(),
        f"{certificate.serial_number:x}".encode(),
    }
    for logged in portal.web.state.database.run(newest, 100):
        assert read_leaf(logged.leaf).type != "consent.signature_refused"
        assert not [tell for tell in tells if tell in logged.leaf + (logged.body or b"")]
