"""The OCSP responder: what it says of certificates, judged by openssl and by cryptography."""

import asyncio
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

from card_reader.spec import Kind
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.pki import authority, service, store
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.model import Family, RevocationReason
from mynaportal_sim.pki.ocsp.messages import NONCE_MAX, QUESTIONS_MAX, REQUEST_MAX
from mynaportal_sim.pki.ocsp.responder import GOOD_FOR, Responder
from mynaportal_sim.pki.ocsp.server import OcspServer
from mynaportal_sim.pki.store import Issued
from tests.mynaportal_sim.pki.conftest import NOW

GOOD, HELD, LOST, NEVER = 0x01000001, 0x01000002, 0x01000003, 0x01000004
STATES = {GOOD: "good", HELD: "revoked", LOST: "revoked", NEVER: "unknown"}
"""What `openssl ocsp` calls the state of each."""
NONCE = bytes(range(32))
BY_SHA1 = SHA1()  # noqa: S303  how most clients name an issuer
MALFORMED = OCSPResponseStatus.MALFORMED_REQUEST
AUTH = Kind.USER_AUTHENTICATION


class SetClock(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.time = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  openssl's own

    def now(self) -> datetime:
        return self.time


@dataclass
class Office:
    """A responder on a register with a certificate in each state."""

    database: Database
    clock: SetClock
    directory: Path
    authorities: Authorities
    server: OcspServer
    runner: asyncio.Runner

    def of(self, family: Family = Family.CARD) -> Authority:
        return self.authorities.of(family, AUTH)

    def ask(self, der: bytes) -> bytes:
        return self.runner.run(self.server.answer(der))

    def request(
        self, serial: int, digest: HashAlgorithm | None = None, nonce: bytes | None = NONCE
    ) -> bytes:
        return request(self.of(), serial, digest, nonce)

    def http(self, method: str, path: str, content: bytes = b"") -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.server)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost:8600"
            ) as client:
                return await client.request(method, path, content=content)

        return self.runner.run(send())


def request(
    issuer: Authority, serial: int, digest: HashAlgorithm | None, nonce: bytes | None
) -> bytes:
    name = x509.CertificateBuilder().subject_name(issuer.certificate.subject)
    leaf = (
        name.issuer_name(issuer.certificate.subject)
        .serial_number(serial)
        .public_key(issuer.certificate.public_key())
        .not_valid_before(issuer.certificate.not_valid_before_utc)
        .not_valid_after(issuer.certificate.not_valid_after_utc)
        .sign(issuer.key, issuer.suite.digest)
    )
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        leaf, issuer.certificate, digest or BY_SHA1
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def office(
    tmp_path_factory: pytest.TempPathFactory, authorities: Authorities
) -> Iterator[Office]:
    directory, clock = tmp_path_factory.mktemp("ca"), SetClock()
    for one in authorities.every:
        authority.save(directory, one)
    loaded = authority.load_all(directory)
    database = Database(f"sqlite:///{directory / 'register.sqlite3'}")
    tables = [store.certificates, store.revocation_lists]
    SQLModel.metadata.create_all(database.engine, tables=tables)
    for one in loaded.every:
        for serial in (GOOD, HELD, LOST):
            ends = clock.time + timedelta(days=1700)
            database.run(store.register, Issued(one.key_hash, serial, uuid4(), one.kind, ends))
        database.run(service.hold, one, HELD, clock.time)
        reason = RevocationReason.KEY_COMPROMISE
        database.run(service.revoke, one, LOST, reason, clock.time - timedelta(hours=3))
    with asyncio.Runner() as runner:
        server = OcspServer(database, clock, directory)
        yield Office(database, clock, directory, loaded, server, runner)
    database.close()


def parsed(der: bytes) -> Any:
    return ocsp.load_der_ocsp_response(der)


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("digest", [BY_SHA1, SHA256()], ids=["SHA-1", "SHA-256"])
@pytest.mark.parametrize(
    ("serial", "status", "reason"),
    [
        pytest.param(GOOD, OCSPCertStatus.GOOD, None, id="good"),
        pytest.param(
            HELD, OCSPCertStatus.REVOKED, x509.ReasonFlags.certificate_hold, id="held"
        ),
        pytest.param(
            LOST, OCSPCertStatus.REVOKED, x509.ReasonFlags.key_compromise, id="revoked"
        ),
        pytest.param(NEVER, OCSPCertStatus.UNKNOWN, None, id="unknown"),
        pytest.param(2**63, OCSPCertStatus.UNKNOWN, None, id="more than a register counts"),
    ],
)
def test_it_says_what_the_register_says(
    serial: int,
    status: OCSPCertStatus,
    reason: x509.ReasonFlags | None,
    digest: HashAlgorithm,
    family: Family,
    office: Office,
) -> None:
    issuer = office.of(family)
    answer = parsed(office.ask(request(issuer, serial, digest, NONCE)))
    assert answer.response_status is OCSPResponseStatus.SUCCESSFUL
    assert (answer.certificate_status, answer.revocation_reason) == (status, reason)
    assert answer.serial_number == serial
    assert answer.hash_algorithm.name == digest.name
    since = office.clock.time - timedelta(hours=3 if serial == LOST else 0)
    assert answer.revocation_time_utc == (None if reason is None else since)
    assert answer.this_update_utc == answer.produced_at_utc == office.clock.time
    assert answer.next_update_utc == office.clock.time + GOOD_FOR
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE


def test_the_authority_lets_a_key_answer_for_a_month(office: Office) -> None:
    answer = parsed(office.ask(office.request(GOOD)))
    [certificate] = answer.certificates
    issuer = office.of().certificate
    certificate.verify_directly_issued_by(issuer)
    found = certificate.extensions
    usage = found.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert found.get_extension_for_class(x509.OCSPNoCheck)
    key_id = found.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert answer.responder_key_hash == key_id
    lasting = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lasting == timedelta(days=30)
    office.clock.time += lasting
    try:
        [later] = parsed(office.ask(office.request(GOOD))).certificates
        assert later.not_valid_before_utc == office.clock.time
    finally:
        office.clock.time -= lasting


@pytest.mark.parametrize(
    ("make", "status"),
    [
        pytest.param(lambda _: b"", MALFORMED, id="nothing"),
        pytest.param(
            lambda office: office.request(GOOD) + b"\0",
            MALFORMED,
            id="trailing byte",
        ),
        pytest.param(
            lambda office: office.of().der,
            MALFORMED,
            id="a certificate",
        ),
        pytest.param(
            lambda _: bytes(REQUEST_MAX + 1),
            MALFORMED,
            id="too long",
        ),
        pytest.param(
            lambda office: office.request(GOOD, nonce=b""),
            MALFORMED,
            id="an empty nonce",
        ),
        pytest.param(
            lambda office: office.request(GOOD, nonce=bytes(NONCE_MAX + 1)),
            MALFORMED,
            id="a nonce of 129 bytes",
        ),
        pytest.param(
            lambda office: office.request(GOOD, SHA512()),
            OCSPResponseStatus.UNAUTHORIZED,
            id="an issuer named by SHA-512",
        ),
        pytest.param(
            lambda _: request(authority.create(AUTH, NOW, urandom), GOOD, None, None),
            OCSPResponseStatus.UNAUTHORIZED,
            id="another authority of the same name",
        ),
    ],
)
def test_what_it_cannot_answer_is_said_unsigned(
    make: Any, status: OCSPResponseStatus, office: Office
) -> None:
    assert parsed(office.ask(make(office))).response_status is status


@pytest.mark.parametrize("length", [1, 16, 32, NONCE_MAX])
def test_a_nonce_comes_back_as_it_was(length: int, office: Office) -> None:
    """RFC 9654, 2.1."""
    nonce = urandom(length)
    answer = parsed(office.ask(office.request(GOOD, nonce=nonce)))
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_without_a_nonce_the_answer_has_none(office: Office) -> None:
    assert not list(parsed(office.ask(office.request(GOOD, nonce=None))).extensions)


def test_without_a_database_one_shall_try_later(office: Office, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'no-tables.sqlite3'}")
    server = OcspServer(empty, office.clock, office.directory)
    answer = parsed(office.runner.run(server.answer(office.request(GOOD))))
    assert answer.response_status is OCSPResponseStatus.TRY_LATER
    empty.close()


@given(der=st.binary(max_size=200))
def test_any_bytes_get_an_answer(der: bytes, office: Office) -> None:
    answer = parsed(office.ask(der))
    assert answer.response_status is MALFORMED


@given(at=st.integers(0, 200), bits=st.integers(1, 255))
def test_a_request_with_a_byte_changed_gets_an_answer(
    at: int, bits: int, office: Office
) -> None:
    der = bytearray(office.request(GOOD))
    der[at % len(der)] ^= bits
    assert parsed(office.ask(bytes(der))).response_status in OCSPResponseStatus


def test_it_is_asked_by_post_and_by_get(office: Office) -> None:
    der = office.request(GOOD)
    text = b64encode(der).decode()
    for answer in (
        office.http("POST", "/ocsp", der),
        office.http("GET", f"/ocsp/{quote(text, safe='')}"),
        office.http("GET", f"/ocsp/{text}"),
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/ocsp-response"
        assert answer.headers["cache-control"] == "no-store"
        assert parsed(answer.content).certificate_status is OCSPCertStatus.GOOD


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/ocsp/x", 404),
        ("GET", "/ocsp", 405),
        ("PUT", "/ocsp", 405),
        ("GET", "/ocsp/not*base64", 200),
    ],
)
def test_other_requests_of_http_are_not_for_it(
    method: str, path: str, status: int, office: Office
) -> None:
    answer = office.http(method, path)
    assert answer.status_code == status
    if status == 200:
        malformed = parsed(answer.content).response_status
        assert malformed is MALFORMED


def test_a_new_generation_is_answered_for_at_once(office: Office) -> None:
    given = (office.directory, Family.PHONE, AUTH, office.clock.time, urandom)
    new = authority.successor(*given)
    assert authority.save(office.directory, new)
    answer = parsed(office.ask(request(new, GOOD, None, None)))
    assert answer.certificate_status is OCSPCertStatus.UNKNOWN
    old = parsed(office.ask(request(office.of(Family.PHONE), GOOD, None, None)))
    assert old.certificate_status is OCSPCertStatus.GOOD


def openssl(office: Office, tmp_path: Path, *options: str) -> str:
    """What `openssl ocsp` says of several serials that it asks for in one request."""
    issuer, asked, answered = (tmp_path / name for name in ("ca.pem", "req.der", "resp.der"))
    issuer.write_bytes(office.of().certificate.public_bytes(Encoding.PEM))
    serials = [one for serial in STATES for one in ("-serial", hex(serial))]
    tool = ("openssl", "ocsp", "-issuer", str(issuer))
    done(*tool, *options, *serials, "-reqout", str(asked))
    answered.write_bytes(office.ask(asked.read_bytes()))
    judged = (*tool, "-respin", str(answered), "-CAfile", str(issuer))
    # What it printed of states, and then whether the nonce is the one that was asked with.
    return done(*judged, *options, *serials, "-no_nonce") + done(*judged, "-reqin", str(asked))


def done(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


@pytest.mark.parametrize("options", [(), ("-sha256",)], ids=["SHA-1", "SHA-256"])
def test_openssl_takes_its_answer(
    options: Sequence[str], office: Office, tmp_path: Path
) -> None:
    said = openssl(office, tmp_path, *options)
    assert "Response verify OK" in said
    assert "WARNING" not in said  # of a nonce
    for serial, state in STATES.items():
        assert f"{serial:#x}: {state}" in said
    assert "Reason: keyCompromise" in said
    assert "Reason: certificateHold" in said


def test_more_questions_than_it_answers_at_once_are_malformed(
    office: Office, tmp_path: Path
) -> None:
    issuer, asked = tmp_path / "ca.pem", tmp_path / "req.der"
    issuer.write_bytes(office.of().certificate.public_bytes(Encoding.PEM))
    for count, status in (
        (QUESTIONS_MAX, OCSPResponseStatus.SUCCESSFUL),
        (QUESTIONS_MAX + 1, MALFORMED),
    ):
        serials = [one for at in range(count) for one in ("-serial", str(at + 1))]
        done("openssl", "ocsp", "-issuer", str(issuer), *serials, "-reqout", str(asked))
        assert parsed(office.ask(asked.read_bytes())).response_status is status


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(Family.CARD, Family.PHONE, id="a phone's after a card's"),
        pytest.param(Family.NEXT, Family.CARD, id="a card's after a next card's"),
    ],
)
def test_an_authority_speaks_of_no_certificate_of_another(
    office: Office, tmp_path: Path, first: Family, second: Family
) -> None:
    asked, named = tmp_path / "req.der", []
    for at, family in enumerate((first, second)):
        issuer = tmp_path / f"{at}.pem"
        issuer.write_bytes(office.of(family).certificate.public_bytes(Encoding.PEM))
        named += ["-issuer", str(issuer), "-serial", hex(LOST)]
    done("openssl", "ocsp", *named, "-reqout", str(asked))
    answers = parsed(office.ask(asked.read_bytes())).responses
    said = [one.certificate_status for one in answers]
    assert said == [OCSPCertStatus.REVOKED, OCSPCertStatus.UNKNOWN]


def test_a_responder_of_no_authority_answers_for_nobody(office: Office) -> None:
    nobody = Responder(urandom)
    nobody.serve(Authorities(()))
    answer = nobody.read(office.request(GOOD))
    assert isinstance(answer, bytes)
    assert parsed(answer).response_status is OCSPResponseStatus.UNAUTHORIZED
