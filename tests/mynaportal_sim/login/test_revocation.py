"""Cases R1 to R8: whether a certificate is revoked is asked of a responder, or read in a list.

The responder is the real one, reached in process, or one that answers otherwise than it should.
"""

import asyncio
import gzip
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from os import urandom
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from card_reader.spec import Kind
from mynaportal_sim.login import ocsp_client
from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.login.trust import trust_of
from mynaportal_sim.pki import authority, service
from mynaportal_sim.pki.model import Family, RevocationReason
from mynaportal_sim.pki.ocsp.client import RESPONSE_MAX
from mynaportal_sim.pki.ocsp.server import OcspServer
from mynaportal_sim.pki.store import certificates
from tests.mynaportal_sim.login.conftest import Browser, Portal
from tests.mynaportal_sim.pki.answers import RIGHT, TRY_LATER, WRONG, Answer, Change, signer_of

HANAKO = "sato-hanako"
URL = "http://127.0.0.1:8600/ocsp"
SECOND = timedelta(seconds=1)


Handler = Callable[[bytes], Awaitable[bytes | None]]
"""Answers a request's body with what is sent, all of the HTTP; with None it hangs up."""


@dataclass
class Counted:
    """A responder on loopback, which knows how many requests there were."""

    to: Handler
    count: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"POST /ocsp HTTP/1.1\r\n")
                length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                self.count += 1
                answer = await self.to(body)
                if answer is None:
                    break
                writer.write(answer)
        writer.close()


class AskAt(Protocol):
    """Has the portal ask a responder from now on."""

    def __call__(self, to: Handler) -> Counted: ...


@pytest.fixture
def ask_at(portal: Portal) -> Iterator[AskAt]:
    opened: list[tuple[asyncio.Server, OcspClient]] = []

    def at(to: Handler) -> Counted:
        counted = Counted(to)
        server = portal.runner.run(asyncio.start_server(counted.serve, "127.0.0.1", 0))
        port = server.sockets[0].getsockname()[1]
        portal.app.state.ocsp = OcspClient(f"http://127.0.0.1:{port}/ocsp")
        opened.append((server, portal.app.state.ocsp))
        return counted

    async def close() -> None:
        for server, client in opened:
            client.close()
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    yield at
    portal.runner.run(close())


def http(body: bytes, status: int = 200, *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture
def honest(portal: Portal, ask_at: AskAt, tmp_path: Path) -> Counted:
    """The portal's own responder, on its register."""
    for one in portal.issuer.authorities.every:
        authority.save(tmp_path / "ca", one)
    server = OcspServer(portal.database, portal.clock, tmp_path / "ca")

    async def answer(der: bytes) -> bytes:
        return http(await server.answer(der))

    return ask_at(answer)


def answering(portal: Portal, change: Change) -> Handler:
    """Answers that are changed."""

    async def answer(der: bytes) -> bytes:
        question = ocsp.load_der_ocsp_request(der)
        issuer = portal.issuer.authorities[Kind.USER_AUTHENTICATION]
        return http(change(Answer(issuer, question, portal.clock.now())))

    return answer


def presented(portal: Portal, persona: str = HANAKO) -> tuple[Browser, httpx.Response]:
    browser = portal.browser()
    return browser, browser.present(portal.sign(browser.challenge(), persona))


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_answer_that_is_right_decides(portal: Portal, ask_at: AskAt) -> None:
    for name, (change, code) in RIGHT.items():
        counted = ask_at(answering(portal, change))
        browser, answer = presented(portal)
        if code is None:
            assert answer.status_code == 200, name
        else:
            refused(answer, 401, code.value)
        assert ((browser.who() is None), counted.count) == (code is not None, 1)


def test_an_answer_that_is_wrong_lets_nobody_in(portal: Portal, ask_at: AskAt) -> None:
    """R4 to R7, though the list has nothing against the certificate."""
    for name in ("R4 nextUpdate past", "R5 no nonce", "R6 signature spoilt", "R7 two answers"):
        ask_at(answering(portal, WRONG[name]))
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


async def _broken_off(_request: bytes) -> None:
    return None


async def _half(_request: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhal"


async def _never(_request: bytes) -> bytes:
    await asyncio.sleep(60)
    return b""


async def _troubled(_request: bytes) -> bytes:
    return http(b"", 503)


async def _try_later(_request: bytes) -> bytes:
    return http(TRY_LATER)


async def _keeping_no_connection(_der: bytes) -> bytes:
    return http(TRY_LATER, 200, "Connection: close")


SILENT: dict[str, Handler] = {
    "R3 tryLater": _try_later,
    "R3 timeout": _never,
    "R3 connection broken off": _broken_off,
    "R3 half an answer": _half,
    "R3 status 503": _troubled,
    "R3 tryLater, and no connection kept": _keeping_no_connection,
}


def test_r3_without_an_answer_the_list_decides(
    portal: Portal, ask_at: AskAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocsp_client, "PATIENCE", 0.3)
    for name, silent in SILENT.items():
        counted = ask_at(silent)
        assert presented(portal)[1].status_code == 200, name
        refused(presented(portal, "nakamura-naoki")[1], 401, "cert_revoked")
        assert counted.count >= 2, name


def nobody_there() -> OcspClient:
    """A responder's address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return OcspClient(f"http://127.0.0.1:{free.getsockname()[1]}/ocsp")


def test_r3_nor_without_a_responder(portal: Portal) -> None:
    portal.app.state.ocsp = nobody_there()
    assert presented(portal)[1].status_code == 200
    refused(presented(portal, "nakamura-naoki")[1], 401, "cert_revoked")


def test_r3_without_an_answer_and_without_a_list_nobody_is_let_in(portal: Portal) -> None:
    """An anchor whose authority publishes elsewhere: its lists are not here."""
    trust = replace(portal.trust, authorities={}, ocsp=nobody_there())
    portal.app.dependency_overrides[trust_of] = lambda: trust
    browser, answer = presented(portal)
    refused(answer, 503, "revocation_unavailable")
    assert browser.who() is None


NO_ANSWER: dict[str, bytes] = {
    "status 404": http(b"", 404),
    "a redirect": http(b"", 307, "Location: http://127.0.0.1:9/"),
    "another protocol": b"220 smtp.example ESMTP\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "what is no gzip": http(bytes(200), 200, "Content-Encoding: gzip"),
    "what nothing inflates": http(b"x" * 200, 200, "Content-Encoding: deflate"),
    "a gzip bomb": http(gzip.compress(bytes(9_000_000)), 200, "Content-Encoding: gzip"),
    "too long an answer": http(bytes(RESPONSE_MAX + 1)),
    "too long a head": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * RESPONSE_MAX,
}


def test_what_is_no_answer_over_http_lets_nobody_in(portal: Portal, ask_at: AskAt) -> None:
    for name, said in NO_ANSWER.items():

        async def answer(_der: bytes, said: bytes = said) -> bytes:
            return said

        ask_at(answer)
        found = presented(portal)[1].json()["code"]
        assert found == "revocation_unavailable", name


def test_a_connection_that_the_responder_has_closed_is_opened_anew(
    portal: Portal, ask_at: AskAt
) -> None:
    good = answering(portal, Answer.der)
    answers = iter([good, _broken_off, good])

    async def then_closed(der: bytes) -> bytes | None:
        return await next(answers)(der)

    counted = ask_at(then_closed)
    assert [presented(portal)[1].status_code for _ in range(2)] == [200, 200]
    assert counted.count == 3


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

    async def then_revoked(der: bytes) -> bytes | None:
        answer = await asked(der)
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


def test_families_have_responders_of_their_own(portal: Portal, ask_at: AskAt) -> None:
    """R6: a phone's authority does not answer for a card's."""
    phone = authority.create(
        Kind.USER_AUTHENTICATION, portal.clock.now(), urandom, Family.PHONE
    )
    of_phone = signer_of(phone, portal.clock.now())
    ask_at(answering(portal, lambda answer: replace(answer, signer=of_phone).der()))
    refused(presented(portal)[1], 503, "revocation_unavailable")
