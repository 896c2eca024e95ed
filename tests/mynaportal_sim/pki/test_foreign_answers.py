"""Cases R1 to R7 by another hand: what a login makes of the answers that certomancer gives.

They come by HTTP, as at a login, and certomancer reads the portal's own question.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from os import urandom
from typing import Any, Literal

import pytest
from asn1crypto import ocsp

from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.pki.ocsp.client import OLDEST, RESPONSE_MAX, SKEW, Question, Told
from mynaportal_sim.pki.refusal import Code
from tests.mynaportal_sim.pki.foreign import Foreign, Ignorant, changed, indefinite, odd
from tests.mynaportal_sim.pki.foreign_plan import AUTHORITY, RESPONDER

NO_TIME, SECOND = timedelta(0), timedelta(seconds=1)
UNREAD = "no answer that can be read"
Answering = Callable[[Foreign, bytes], bytes]


@dataclass(frozen=True)
class Row:
    """How a question is answered, and what that says against the certificate.

    "silence" says nothing, and leaves it to the list.
    """

    answer: Answering
    verdict: Code | Literal["good", "silence"]
    because: str = ""
    about: str = "good"


def _good(answer: Answering) -> Row:
    return Row(answer, "good")


def _refused(answer: Answering, because: str) -> Row:
    return Row(answer, Code.REVOCATION_UNAVAILABLE, because)


def _by(label: str) -> Answering:
    return lambda foreign, request: foreign.answer(request, label)


def _around(**changes: Any) -> Answering:
    return lambda foreign, request: foreign.signed(foreign.data(request).dump(), **changes)


def _bytes(change: Callable[[bytes], bytes]) -> Answering:
    return lambda foreign, request: change(foreign.answer(request))


def _signed_bytes(change: Callable[[bytes], bytes]) -> Answering:
    return lambda foreign, request: foreign.signed(change(foreign.data(request).dump()))


def _algorithm(role: str, digest: str) -> Answering:
    def make(foreign: Foreign, request: bytes) -> bytes:
        data = foreign.data(request).dump()
        return foreign.signed(data, **{role: foreign.algorithm(digest)})

    return make


def _by_name(foreign: Foreign, request: bytes) -> bytes:
    name = foreign.certificate(RESPONDER).subject
    named = ocsp.ResponderId(name="by_name", value=name)
    return changed(_sets("responder_id", named))(foreign, request)


def _unknown(foreign: Foreign, request: bytes) -> bytes:
    responder = foreign.responder()
    responder.revinfo_interface = Ignorant(foreign.certificate(AUTHORITY))
    return bytes(responder.build_ocsp_response(ocsp.OCSPRequest.load(request)).dump())


def _says(status: str) -> Answering:
    return lambda foreign, _: bytes(foreign.responder().build_error_response(status).dump())


def _single(change: Callable[[Any], None]) -> Answering:
    return changed(lambda data: change(data["responses"][0]))


def _about(field: str, value: Any) -> Answering:
    return _single(lambda single: _sets(field, value)(single["cert_id"]))


def _times(this: timedelta, following: timedelta | None) -> Answering:
    def change(single: Any) -> None:
        now = single["this_update"].native
        single["this_update"] = now + this
        single["next_update"] = None if following is None else now + following

    return _single(change)


def _extended(extension: dict[str, Any]) -> Answering:
    def change(data: Any) -> None:
        data["response_extensions"] = [*data["response_extensions"], extension]

    return changed(change)


def _critical_nonce(foreign: Foreign, request: bytes) -> bytes:
    def change(data: Any) -> None:
        data["response_extensions"][0]["critical"] = True

    return changed(change)(foreign, request)


def _nonces(*nonces: bytes) -> Answering:
    found = [{"extn_id": "nonce", "extn_value": one} for one in nonces]
    return changed(_sets("response_extensions", found or None))


def _times_over(count: int) -> Answering:
    return changed(lambda data: _sets("responses", [data["responses"][0]] * count)(data))


def _sets(field: str, value: Any) -> Callable[[Any], None]:
    def change(structure: Any) -> None:
        structure[field] = value

    return change


RIGHT: dict[str, Row] = {
    "good": _good(_by(RESPONDER)),
    "good, put together by hand": _good(_around()),
    "good, of the authority itself": _good(_by(AUTHORITY)),
    "good, of a responder told by its name": _good(_by_name),
    "good, without nextUpdate": _good(_times(NO_TIME, None)),
    "good, as old as may be": _good(_times(-OLDEST, SECOND)),
    "good, with an extension that nobody knows": _good(_extended(odd())),
    "good, with a critical nonce": _good(_critical_nonce),
    "good, with an extension of what is said of the certificate": _good(
        _single(_sets("single_extensions", [odd()]))
    ),
    "good, with much in it": _good(_extended(odd(RESPONSE_MAX // 2))),
    "R1 revoked": Row(_by(RESPONDER), Code.CERT_REVOKED, "revoked at", "lost"),
    "R1 held": Row(_by(RESPONDER), Code.CERT_REVOKED, "revoked at", "held"),
    "R2 unknown": Row(_unknown, Code.REVOCATION_UNKNOWN, "its issuer does not know it"),
    "R3 tryLater": Row(_says("try_later"), "silence"),
    "R3 internalError": Row(_says("internal_error"), "silence"),
}
WRONG: dict[str, Row] = {
    "unauthorized": _refused(_says("unauthorized"), "the responder says UNAUTHORIZED"),
    "malformedRequest": _refused(_says("malformed_request"), "says MALFORMED_REQUEST"),
    "R4 stale": _refused(_times(-OLDEST - SECOND, SECOND), "not true just now"),
    "R4 of the future": _refused(_times(SKEW + SECOND, None), "not true just now"),
    "R4 nextUpdate past": _refused(_times(-SECOND, NO_TIME), "true no longer"),
    "R4 a fraction of a second": _refused(_times(timedelta(microseconds=5), None), UNREAD),
    "R5 no nonce": _refused(_nonces(), "no answer to this question"),
    "R5 another nonce": _refused(_nonces(bytes(32)), "no answer to this question"),
    "R6 without OCSPSigning": _refused(_by("may not"), "its responder may not answer"),
    "R6 one would have to ask about its responder": _refused(
        _by("must be asked about"), "one would have to ask about its responder"
    ),
    "R6 responder of last year": _refused(_by("of last year"), "not of today"),
    "R6 responder of another authority of that name": _refused(
        _by("of the other"), "its responder is not of the issuer"
    ),
    "R6 responder with an unknown critical extension": _refused(
        _by("odd"), "is not understood"
    ),
    "R6 no certificate": _refused(_around(certificates=()), "has not signed it"),
    "R6 two certificates": _refused(
        _around(certificates=(RESPONDER, AUTHORITY)), "more than one responder's certificate"
    ),
    "R6 the authority's certificate, another's key": _refused(
        _around(certificates=(AUTHORITY,)), "has not signed it"
    ),
    "R6 a person's certificate": _refused(
        _around(certificates=("good",)), "its responder may not answer"
    ),
    "R6 signature spoilt": _refused(_around(spoilt=True), "has not signed it"),
    "R6 SHA-1": _refused(_algorithm("by", "sha1"), "has not signed it"),
    "R6 SHA-512": _refused(_algorithm("by", "sha512"), "has not signed it"),
    "R6 names another algorithm than that which signed": _refused(
        _algorithm("said", "sha512"), "has not signed it"
    ),
    "R7 another serial": _refused(_about("serial_number", 7), "about another certificate"),
    "R7 another issuer's name": _refused(
        _about("issuer_name_hash", bytes(32)), "about another certificate"
    ),
    "R7 another issuer's key": _refused(
        _about("issuer_key_hash", bytes(32)), "about another certificate"
    ),
    "R7 hashes that are said to be of SHA-1": _refused(
        _about("hash_algorithm", {"algorithm": "sha1"}), "about another certificate"
    ),
    "R7 two answers": _refused(_times_over(2), "not one answer"),
    "R7 none": _refused(_times_over(0), "not one answer"),
    "critical extension that nobody knows": _refused(
        _extended(odd(critical=True)), "is not understood"
    ),
    "critical extension of what is said of the certificate": _refused(
        _single(_sets("single_extensions", [odd(critical=True)])), "is not understood"
    ),
}
MALFORMED: dict[str, Row] = {
    "truncated": _refused(_bytes(lambda der: der[:-1]), UNREAD),
    "truncated within": _refused(_signed_bytes(lambda data: data[:-1]), UNREAD),
    "trailing byte": _refused(_bytes(lambda der: der + b"\0"), UNREAD),
    "trailing byte within": _refused(_around(behind=b"\0"), UNREAD),
    "indefinite length": _refused(_bytes(indefinite), UNREAD),
    "indefinite length of what is signed": _refused(_signed_bytes(indefinite), UNREAD),
    "a length of 4 GiB": _refused(
        _bytes(lambda der: b"\x30\x84\xff\xff\xff\xff" + der[4:]), UNREAD
    ),
    "two nonces": _refused(_nonces(bytes(32), bytes(32)), UNREAD),
    "responder's certificate with an extension twice": _refused(_by("twice"), UNREAD),
    "responder's certificate with a name that nobody reads": _refused(
        _by("oddly named"), UNREAD
    ),
    "another kind of answer": _refused(_around(kind="1.3.6.1.5.5.7.48.1.2"), UNREAD),
    "successful, and nothing in it": _refused(_says("successful"), UNREAD),
    "the question": _refused(lambda _, request: request, UNREAD),
    "huge": _refused(_extended(odd(RESPONSE_MAX)), "too long"),
}
ANSWERS = RIGHT | WRONG | MALFORMED


async def asked(foreign: Foreign, row: Row) -> Told | None:
    """What a client is told by a responder that answers so."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        body = row.answer(foreign, await reader.readexactly(length))
        said = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(said.encode() + body)
        writer.close()

    question = Question.of(foreign.valid(row.about), urandom)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        told = await OcspClient(f"http://127.0.0.1:{port}/ocsp").ask(question, foreign.now)
    assert told is None or told.sha256 == question.about.sha256
    return told


@pytest.mark.parametrize("row", ANSWERS.values(), ids=ANSWERS)
def test_another_hands_answer_is_judged(row: Row, foreign: Foreign) -> None:
    told = asyncio.run(asked(foreign, row))
    if told is None or told.refusal is None:
        assert row.verdict == ("silence" if told is None else "good")
    else:
        assert (told.refusal.code, row.because in told.refusal.detail) == (row.verdict, True)
