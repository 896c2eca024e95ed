"""Receipts as files: the person has the certificate in theirs, and nobody else has."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from uuid import uuid4

import pytest

from card_reader.spec import Kind
from consent.model.signature import certificate_mac
from mynaportal_sim.pki.certificate import Leaf
from mynaportal_sim.residents import store as residents
from mynaportal_sim.signing.receipt import Receipt
from mynaportal_sim.signing.verify import judge
from tests.mynaportal_sim.signing.kit import JSON, Log, consents, receipt, sign
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, Form, Portal


def _sub(portal: Portal, client: Client, persona: str = HANAKO) -> str:
    state = portal.web.state
    resident = state.database.run(residents.by_persona, persona)
    sub: str = state.pseudonyms.subject(client.client_id, resident.id)
    return sub


@pytest.mark.parametrize("kind", list(Kind))
def test_an_app_has_proof_of_the_consent_and_nothing_of_the_certificate(
    portal: Portal, kind: Kind
) -> None:
    app = Client.registered(portal)
    browser = sign(portal, kind, app.client_id)
    log = Log(portal)
    log.witnessed()
    mine = receipt(browser, kind.value)
    ids = {"sub": _sub(portal, app), "consent_version": mine["consentReceiptID"]}
    answer = app.ask("receipt", **ids)
    its = answer.json()
    assert judge(Receipt.parse(answer.content), log.trusted).faults == {}
    assert its["signature"].keys() == {"with", "statementSha256", "certificateMac"}
    certificate = b64decode(mine["signature"]["certificate"])
    told = its["ledger"]["proof"] + answer.text
    told += b64decode(its["ledger"]["proof"].split()[2]).decode()
    for tell in (
        mine["signature"]["signature"],
        mine["signature"]["certificate"],
        sha256(certificate).hexdigest(),
        sha256(b64decode(mine["signature"]["signature"])).hexdigest(),
        f"{Leaf.parse(certificate).certificate.serial_number:x}",
        "佐藤",
    ):
        assert tell not in told
    shown = certificate_mac(b64decode(mine["signature"]["certificateKey"]), certificate)
    assert its["signature"]["certificateMac"] == b64encode(shown).decode()


def test_two_consents_name_one_certificate_differently(portal: Portal) -> None:
    app, other = Client.registered(portal), Client.registered(portal)
    macs = set()
    for client in (app, other):
        browser = sign(portal, Kind.SIGNING, client.client_id)
        [its] = [one for one in consents(browser) if one["app_id"] == client.client_id]
        ids = {"sub": _sub(portal, client), "consent_version": its["version_id"]}
        macs.add(client.ask("receipt", **ids).json()["signature"]["certificateMac"])
    assert len(macs) == 2


def test_an_app_gets_the_receipts_of_its_own_answers_alone(portal: Portal) -> None:
    app, other = Client.registered(portal), Client.registered(portal)
    version = consents(sign(portal, Kind.SIGNING, app.client_id))[0]["version_id"]
    sign(portal, Kind.SIGNING, other.client_id, persona=KENICHI)
    sub = _sub(portal, app)
    for client, ids in (
        (app, {"sub": sub, "consent_version": str(uuid4())}),
        (app, {"sub": sub, "consent_version": "x"}),
        (app, {"sub": "nobody", "consent_version": version}),
        (other, {"sub": sub, "consent_version": version}),
        (other, {"sub": _sub(portal, other, KENICHI), "consent_version": version}),
        (app, {}),
    ):
        refused = client.ask("receipt", **ids)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        pytest.param("allow", "dpv:ConsentGiven", id="given"),
        pytest.param("deny", "dpv:ConsentRefused", id="refused"),
    ],
)
def test_an_answer_that_was_not_signed_has_a_receipt_too(
    portal: Portal, decision: str, status: str
) -> None:
    browser, path = portal.asked()
    form: Form = {"csrf": browser.csrf(path), "decision": decision, "category": ["checkup"]}
    browser.post(path, form)
    log = Log(portal)
    log.witnessed()
    saved = receipt(browser, "")
    assert (saved["dpv:hasConsentStatus"], saved["signature"]) == (status, None)
    assert judge(Receipt.parse(json.dumps(saved).encode()), log.trusted).faults == {}


def test_a_receipt_is_the_persons_own(portal: Portal) -> None:
    [one] = consents(sign(portal, Kind.SIGNING))
    address = f"/consents/{one['arrangement_id']}/{one['version_id']}/receipt.json"
    assert portal.browser().get(address, **JSON).status_code == 401
    other = portal.browser()
    other.log_in(KENICHI)
    assert other.get(address, **JSON).status_code == 404


def test_the_page_says_how_it_was_signed_and_offers_the_receipt(portal: Portal) -> None:
    browser = sign(portal, Kind.SIGNING)
    [one] = consents(browser)
    address = f"/consents/{one['arrangement_id']}/{one['version_id']}"
    page = browser.get(address).text
    assert "カードの署名用電子証明書による署名" in page
    assert "<dt>提供する情報</dt>" in page
    assert f'href="{address}/receipt.json"' in page
    assert (
        browser.get(f"{address}/receipt.json")
        .headers["content-disposition"]
        .startswith("attachment")
    )
