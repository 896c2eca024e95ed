"""Cases R1 to R8: whether a certificate is revoked is asked of a responder, or read in a list.

The responder is the real one, reached in process, or one that answers otherwise than it should.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from os import urandom
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from card_reader.spec import Kind
from mynaportal_sim.login import responder
from mynaportal_sim.login.responder import OcspClient
from mynaportal_sim.login.trust import _trust
from mynaportal_sim.pki import authority, service
from mynaportal_sim.pki.model import Family, RevocationReason
from mynaportal_sim.pki.ocsp.server import OcspServer
from mynaportal_sim.pki.store import certificates
from tests.mynaportal_sim.login.conftest import Browser, Portal
from tests.mynaportal_sim.pki.answers import RIGHT, TRY_LATER, WRONG, Answer, Change, signer_of

HANAKO = "sato-hanako"
URL = "http://127.0.0.1:8600/ocsp"
SECOND = timedelta(seconds=1)


@dataclass
class Counted(httpx.AsyncBaseTransport):
    """Hands requests on, and knows how many there were."""

    to: Callable[[httpx.Request], Any]
    count: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        answer: httpx.Response = await self.to(request)
        return answer


def ask_at(portal: Portal, to: Callable[[httpx.Request], Any]) -> Counted:
    """Have the portal ask what `to` answers."""
    counted = Counted(to)
    portal.app.state.ocsp = OcspClient(URL, httpx.AsyncClient(transport=counted))
    return counted


@pytest.fixture
def honest(portal: Portal, tmp_path: Path) -> Counted:
    """The portal's own responder, on its register."""
    for one in portal.issuer.authorities.every:
        authority.save(tmp_path / "ca", one)
    server = OcspServer(portal.database, portal.clock, tmp_path / "ca")
    return ask_at(portal, httpx.ASGITransport(server).handle_async_request)


def answering(portal: Portal, change: Change) -> Counted:
    """A responder whose answers are changed."""

    async def answer(request: httpx.Request) -> httpx.Response:
        question = ocsp.load_der_ocsp_request(await request.aread())
        issuer = portal.issuer.authorities[Kind.USER_AUTHENTICATION]
        body = change(Answer(issuer, question, portal.clock.now()))
        return httpx.Response(200, content=body)

    return ask_at(portal, answer)


def presented(portal: Portal, persona: str = HANAKO) -> tuple[Browser, httpx.Response]:
    browser = portal.browser()
    return browser, browser.present(portal.sign(browser.challenge(), persona))


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_answer_that_is_right_decides(portal: Portal) -> None:
    for name, (change, code) in RIGHT.items():
        counted = answering(portal, change)
        browser, answer = presented(portal)
        if code is None:
            assert answer.status_code == 200, name
        else:
            refused(answer, 401, code.value)
        assert ((browser.who() is None), counted.count) == (code is not None, 1)


def test_an_answer_that_is_wrong_lets_nobody_in(portal: Portal) -> None:
    """R4 to R7, though the list has nothing against the certificate."""
    for name in ("R4 nextUpdate past", "R5 no nonce", "R6 signature spoilt", "R7 two answers"):
        answering(portal, WRONG[name])
        browser, answer = presented(portal)
        refused(answer, 503, "revocation_unavailable")
        assert browser.who() is None


def test_the_real_responder_lets_a_card_in(portal: Portal, honest: Counted) -> None:
    browser, answer = presented(portal)
    assert answer.status_code == 200
    assert browser.who() == portal.id_of(HANAKO)
    assert honest.count == 1


def test_r1_what_the_responder_says_is_revoked_is(portal: Portal, honest: Counted) -> None:
    refused(presented(portal, "nakamura-naoki")[1], 401, "cert_revoked")
    assert honest.count == 1


def test_r1_a_card_that_is_held_is_refused_until_it_is_released(
    portal: Portal, honest: Counted
) -> None:
    issuer = portal.issuer.authorities[Kind.USER_AUTHENTICATION]
    card = x509.load_der_x509_certificate(portal.sign(portal.browser().challenge()).certificate)
    held = (issuer, card.serial_number, portal.clock.now())
    assert portal.database.run(service.hold, *held)
    refused(presented(portal)[1], 401, "cert_revoked")
    assert portal.database.run(service.release, *held)
    assert presented(portal)[1].status_code == 200
    assert honest.count == 2


def test_r2_what_the_register_does_not_know_is_unknown(portal: Portal, honest: Counted) -> None:
    def forget(connection: Any) -> None:
        connection.execute(certificates.delete())

    portal.database.run(forget)
    refused(presented(portal)[1], 401, "revocation_unknown")
    assert honest.count == 1


async def _refused_connection(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


async def _broken_off(_request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("server disconnected")


async def _never(_request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def _troubled(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(503)


async def _try_later(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=TRY_LATER)


SILENT = {
    "R3 tryLater": _try_later,
    "R3 timeout": _never,
    "R3 connection refused": _refused_connection,
    "R3 connection broken off": _broken_off,
    "R3 status 503": _troubled,
}


@pytest.mark.parametrize("silent", SILENT.values(), ids=SILENT)
def test_r3_without_an_answer_the_list_decides(
    portal: Portal, silent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responder, "PATIENCE", 0.05)
    counted = ask_at(portal, silent)
    assert presented(portal)[1].status_code == 200
    refused(presented(portal, "nakamura-naoki")[1], 401, "cert_revoked")
    assert counted.count == 2


def test_r3_without_an_answer_and_without_a_list_nobody_is_let_in(portal: Portal) -> None:
    """An anchor whose authority publishes elsewhere: its lists are not here."""
    ask_at(portal, _refused_connection)
    trust = replace(portal.trust, authorities={}, ocsp=portal.app.state.ocsp)
    portal.app.dependency_overrides[_trust] = lambda: trust
    browser, answer = presented(portal)
    refused(answer, 503, "revocation_unavailable")
    assert browser.who() is None


def test_a_status_that_is_no_answer_lets_nobody_in(portal: Portal) -> None:
    async def not_here(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(404)

    ask_at(portal, not_here)
    refused(presented(portal)[1], 503, "revocation_unavailable")


def test_r8_nothing_is_asked_before_the_signature_holds(
    portal: Portal, honest: Counted
) -> None:
    browser = portal.browser()
    token = portal.sign(browser.challenge(), "nakamura-naoki")
    spoilt = replace(token, signature=bytes(256))
    refused(browser.present(spoilt), 401, "signature_invalid")
    refused(browser.present(token), 409, "nonce_replayed")
    refused(portal.browser().present(token), 403, "session_mismatch")
    foreign = replace(token, certificate=b"")
    browser.challenge()
    refused(browser.present(foreign), 409, "nonce_replayed")
    assert honest.count == 0


def test_what_is_newer_in_the_list_counts_too(portal: Portal, honest: Counted) -> None:
    """A certificate that is revoked between the question and the login."""
    issuer = portal.issuer.authorities[Kind.USER_AUTHENTICATION]
    browser = portal.browser()
    token = portal.sign(browser.challenge())
    serial = x509.load_der_x509_certificate(token.certificate).serial_number
    asked = honest.to

    async def then_revoked(request: httpx.Request) -> Any:
        answer = await asked(request)
        reason = RevocationReason.KEY_COMPROMISE
        await portal.database.write(service.revoke, issuer, serial, reason, portal.clock.now())
        return answer

    honest.to = then_revoked
    refused(browser.present(token), 401, "cert_revoked")


def test_a_soft_card_is_asked_about_too(portal: Portal, honest: Counted) -> None:
    assert portal.browser().soft(HANAKO).status_code == 200
    refused_ = portal.browser().soft("nakamura-naoki")
    assert refused_.json()["code"] == "cert_revoked"
    assert honest.count == 2


def test_families_have_responders_of_their_own(portal: Portal) -> None:
    """R6: a phone's authority does not answer for a card's."""
    phone = authority.create(
        Kind.USER_AUTHENTICATION, portal.clock.now(), urandom, Family.PHONE
    )
    answering(portal, lambda answer: replace(answer, signer=signer_of(phone, answer.now)).der())
    refused(presented(portal)[1], 503, "revocation_unavailable")
