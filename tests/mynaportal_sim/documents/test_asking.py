"""An app asks a person to sign a document; they read it and sign, or do not."""

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest

from card_reader.client.document import sign_document
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.document.format import Format
from card_reader.emulator.card import Card
from card_reader.statement import Challenge
from consent.ledger import store as ledger
from mynaportal_sim.documents.model import (
    DOCUMENT_MAX,
    LIFETIME,
    OPEN_MAX,
    TRANSITIONS,
    Event,
    State,
    before,
)
from mynaportal_sim.documents.store import forget_expired
from mynaportal_sim.documents.verify import Trusted, judge
from mynaportal_sim.jose import b64url
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.pki import crl
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.validation import ValidCertificate
from tests.mynaportal_sim.documents.conftest import DOCUMENT, PASSWORD
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.conftest import portal, prepared
from tests.mynaportal_sim.web.kit import (
    HANAKO,
    JSON,
    KENICHI,
    ORIGIN,
    Browser,
    Form,
    Portal,
    events_of,
)

__all__ = ["portal", "prepared"]
PDF = b"%PDF-1.7\n%%EOF\n"
Said = dict[str, Any]


@dataclass(frozen=True)
class Office:
    """An app to which Hanako consented, and her browser."""

    portal: Portal
    client: Client
    browser: Browser
    sub: str

    def post(self, what: str = "", **said: str) -> httpx.Response:
        """What the app sends, as it proves itself."""
        browser = self.portal.browser()
        form: Form = {**self.client.proof, **said}
        return browser.post(f"/apps/self/documents{what}", form)

    def wish(self, **changed: str) -> dict[str, str]:
        """A good request."""
        said = {
            "sub": self.sub,
            "title": "領収書の確認",
            "media_type": "text/plain",
            "format": "cms",
            "document": b64url(DOCUMENT),
        }
        return said | changed

    def ask(self, **changed: str) -> Said:
        answer = self.post(**self.wish(**changed))
        assert answer.status_code == 200, answer.text
        told: Said = answer.json()
        assert told["url"] == f"{ORIGIN}/documents/{told['id']}"
        return told

    def result(self, asked: Said) -> Said:
        told: Said = self.post("/result", id=asked["id"]).json()
        return told

    def sign(
        self,
        asked: Said,
        password: str = PASSWORD,
        by: Browser | None = None,
        accept: str = "text/html",
    ) -> httpx.Response:
        """By the soft card, on the page."""
        browser = by or self.browser
        form: Form = {"csrf": browser.csrf("/"), "pin": password}
        return browser.post(f"{_path(asked)}/signature", form, accept=accept)

    def token(self, told: Said, form: Format, document: bytes, persona: str = HANAKO) -> str:
        """What a card in a reader makes of what a program is told."""
        challenge = Challenge.from_json(told["challenge"])
        jpki = Jpki(Session(Card.load(self.portal.card(persona))))
        at = datetime.fromisoformat(challenge.issued_at)
        signed = sign_document(jpki, form, document, PASSWORD, at)
        return LoginToken.of(challenge.login_id, ORIGIN, signed, "1").to_json().decode()

    def holds(self, document: bytes, result: Said) -> bool:
        """Whether what the app fetched is a signature of the document, by other eyes."""
        state = self.portal.web.state
        now = state.clock.now()

        def list_of(valid: ValidCertificate) -> bytes:
            return crl.build(state.authority.by_key(valid.issuer.key_hash), (), 1, now)

        anchors = [Anchor.of(one.certificate) for one in state.authority.every]
        signature = b64decode(result["signature"])
        return judge(document, signature, Trusted(anchors, list_of, now)).holds


def _path(asked: Said) -> str:
    return f"/documents/{asked['id']}"


@pytest.fixture
def office(portal: Portal) -> Office:
    client = Client.registered(portal)
    browser = portal.given("checkup", client_id=client.client_id)
    answer = portal.browser().post("/apps/self/consents", {**client.proof})
    return Office(portal, client, browser, answer.json()["consents"][0]["sub"])


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    ("media_type", "document"), [("text/plain", DOCUMENT), ("application/pdf", PDF)]
)
def test_the_app_gets_what_the_person_signed_once(
    office: Office, form: Format, media_type: str, document: bytes
) -> None:
    said = {"format": form.value, "media_type": media_type, "document": b64url(document)}
    asked = office.ask(**said)
    assert office.result(asked)["state"] == "asked"
    page = office.browser.get(_path(asked))
    assert asked["document_sha256"] in page.text
    assert "性別" in page.text  # the certificate tells it
    kept = office.browser.get(f"{_path(asked)}/content")
    assert kept.content == document
    assert "sandbox" in kept.headers["content-security-policy"]
    assert kept.headers["content-disposition"].startswith("attachment")
    assert office.sign(asked).headers["location"] == _path(asked)
    assert office.browser.get(f"{_path(asked)}/content").status_code == 404
    result = office.result(asked)
    assert (result["state"], result["format"]) == ("signed", form)
    assert office.holds(document, result)
    again = office.result(asked)
    assert (again["state"], again["signature"]) == ("fetched", None)
    assert office.browser.get(_path(asked)).status_code == 200


@pytest.mark.parametrize("form", Format)
def test_a_program_signs_with_a_card_of_its_own(office: Office, form: Format) -> None:
    asked = office.ask(format=form.value)
    told = office.browser.get(_path(asked), **JSON).json()
    assert told["challenge"]["purpose"] == f"document:{asked['document_sha256']}"
    filled: Form = {"csrf": told["csrf"], "token": office.token(told, form, DOCUMENT)}
    done = office.browser.post(f"{_path(asked)}/signature", filled, **JSON)
    assert done.status_code == 303, done.text
    assert office.holds(DOCUMENT, office.result(asked))


def test_text_is_shown_as_it_is_and_never_as_a_page(office: Office) -> None:
    asked = office.ask(document=b64url(b"<script>alert(1)</script>"))
    page = office.browser.get(_path(asked)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_person_says_no_and_the_app_learns_no_more(office: Office) -> None:
    asked = office.ask()
    form: Form = {"csrf": office.browser.csrf(_path(asked))}
    assert office.browser.post(f"{_path(asked)}/refuse", form).status_code == 303
    assert office.result(asked) == {
        "id": asked["id"],
        "state": "refused",
        "format": "cms",
        "document_sha256": asked["document_sha256"],
        "signed_at": None,
        "signature": None,
    }
    assert office.sign(asked, accept="application/json").json()["code"] == "login_ended"
    office.browser.post(f"{_path(asked)}/refuse", form)
    assert office.result(asked)["state"] == "refused"


def test_each_step_is_in_the_persons_history_by_the_documents_hash(office: Office) -> None:
    signed, refused = office.ask(), office.ask()
    office.sign(signed, "WRONG1")
    office.sign(signed)
    form: Form = {"csrf": office.browser.csrf(_path(refused))}
    office.browser.post(f"{_path(refused)}/refuse", form)
    office.portal.index()
    assert events_of(office.browser)[:5] == [
        "document.sign_refused",
        "document.signed",
        "document.sign_refused",
        "document.sign_asked",
        "document.sign_asked",
    ]
    newest = office.portal.web.state.database.run(ledger.newest, 5)
    bodies = [json.loads(one.body)["fields"] for one in newest if one.body is not None]
    assert {one["document_sha256"]["value"] for one in bodies} == {signed["document_sha256"]}
    reasons = [one["reason"]["value"] for one in bodies if "reason" in one]
    assert sorted(reasons) == ["by_person", "pin_incorrect"]
    assert "領収書" not in str(newest)
    assert "署名" in office.browser.get("/history?kind=document").text


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"sub": "nobody"}, 404, "unknown_subject"),
        ({"title": "x" * 101}, 400, "invalid_request"),
        ({"title": "\u202egnp"}, 400, "invalid_request"),
        ({"media_type": "text/html"}, 400, "invalid_request"),
        ({"media_type": "application/pdf"}, 400, "invalid_request"),
        ({"format": "xml"}, 400, "invalid_request"),
        ({"document": "?"}, 400, "invalid_request"),
        ({"document": ""}, 400, "invalid_request"),
        ({"document": b64url(b"\xff")}, 400, "invalid_request"),
        ({"document": b64url("\u202e".encode())}, 400, "invalid_request"),
        ({"document": b64url(b"x" * (DOCUMENT_MAX + 1))}, 400, "invalid_request"),
        ({"document": b64url(b"x" * 2 * DOCUMENT_MAX)}, 413, "invalid_request"),
        ({"client_assertion": "x"}, 401, "invalid_client"),
    ],
)
def test_what_nobody_could_sign_is_not_asked(
    office: Office, changed: dict[str, str], status: int, code: str
) -> None:
    answer = office.post(**office.wish(**changed))
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_the_longest_document_is_taken(office: Office) -> None:
    asked = office.ask(document=b64url(b"x" * DOCUMENT_MAX))
    assert f"{DOCUMENT_MAX:,}" in office.browser.get(_path(asked)).text


def test_an_app_waits_for_so_many_answers_and_sees_its_own_alone(office: Office) -> None:
    asked = [office.ask() for _ in range(OPEN_MAX)]
    full = office.post(**office.wish())
    assert (full.status_code, full.json()["error"]) == (409, "too_many_documents")
    other = Client.registered(office.portal)
    form: Form = {**other.proof, "id": asked[0]["id"]}
    answer = office.portal.browser().post("/apps/self/documents/result", form)
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_document")


def test_nobody_else_reads_or_signs_it(office: Office) -> None:
    asked = office.ask()
    stranger = office.portal.browser()
    login = stranger.get(_path(asked)).headers["location"]
    assert login == f"/login?interaction={asked['id']}"
    assert stranger.get(_path(asked), **JSON).status_code == 401
    way = stranger.log_in(KENICHI, interaction=asked["id"]).headers["location"]
    assert stranger.get(way).headers["location"] == _path(asked)
    for path in (_path(asked), f"{_path(asked)}/content"):
        assert stranger.get(path).status_code == 404
    assert office.sign(asked, by=stranger).status_code == 404
    assert stranger.get("/documents/00000000-0000-4000-8000-000000000000").status_code == 404


def test_a_signature_that_is_not_this_ones_is_refused_by_name(office: Office) -> None:
    asked, other = office.ask(), office.ask()
    path = f"{_path(asked)}/signature"

    def code(token: str, csrf: str) -> str:
        answer = office.browser.post(path, {"csrf": csrf, "token": token}, **JSON)
        return str(answer.json()["code"])

    def told(at: Said = asked) -> Said:
        found: Said = office.browser.get(_path(at), **JSON).json()
        return found

    first = told()
    csrf = first["csrf"]
    of_another = office.token(first, Format.CMS, DOCUMENT + b"!")
    assert code(of_another, csrf) == "signature_invalid"
    assert code(office.token(first, Format.CMS, DOCUMENT), csrf) == "nonce_replayed"
    assert code(office.token(told(), Format.JWS, DOCUMENT), csrf) == "signature_invalid"
    kenichi = office.token(told(), Format.CMS, DOCUMENT, KENICHI)
    assert code(kenichi, csrf) == "cert_other_person"
    elsewhere = office.token(told(other), Format.CMS, DOCUMENT)
    assert code(elsewhere, csrf) == "purpose_mismatch"
    assert code("{}", csrf) == "token_malformed"
    assert code(office.token(told(), Format.CMS, DOCUMENT), "0" * 64) == "csrf_failed"
    late = office.token(told(), Format.CMS, DOCUMENT)
    office.portal.web.state.clock.forward(timedelta(seconds=121))
    assert code(late, csrf) == "nonce_expired"
    assert office.result(asked)["state"] == "asked"


def test_a_soft_card_is_told_of_a_wrong_password_on_the_page(office: Office) -> None:
    asked = office.ask()
    for password, words in (("1234", "6〜16"), ("WRONG1", "4")):
        answer = office.sign(asked, password)
        assert answer.status_code == 422
        assert words in answer.text
    assert office.sign(asked).status_code == 303


def test_what_runs_out_is_gone(office: Office) -> None:
    waiting, signed = office.ask(), office.ask()
    office.sign(signed)
    state = office.portal.web.state
    state.clock.forward(LIFETIME)
    assert office.result(waiting)["state"] == "expired"
    result = office.result(signed)
    assert (result["state"], result["signature"]) == ("expired", None)
    state.database.run(forget_expired, state.clock.now())
    gone = office.post("/result", id=waiting["id"])
    assert (gone.status_code, gone.json()["error"]) == (404, "unknown_document")


def test_each_event_happens_in_one_state_and_nothing_follows_an_end() -> None:
    allowed = {pair for pair in product(State, Event) if pair in TRANSITIONS}
    assert {event for _, event in allowed} == set(Event)
    assert all((before(event), event) in allowed for event in Event)
    ends = {State.FETCHED, State.REFUSED}
    assert not {state for state, _ in allowed} & ends
