"""A PKI that another hand made (certomancer, on asn1crypto): its certificates, answers, lists.

Nothing here is written by the classes that the portal reads with, so that what it takes or
refuses was not made by the one that judges.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core, crl, ocsp
from certomancer.crypto_utils import generic_sign
from certomancer.registry import (
    ArchLabel,
    CertLabel,
    CertomancerConfig,
    KeyLabel,
    PKIArchitecture,
    ServiceLabel,
)
from certomancer.services import CRLBuilder, RevocationInfoInterface, choose_signed_digest
from cryptography import x509 as pyca
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from card_reader import tlv
from card_reader.spec import Kind
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.suites import Suite
from mynaportal_sim.pki.validation import ValidCertificate, validate
from tests.mynaportal_sim.pki.foreign_plan import AUTHORITY, KEYS, ODD, RESPONDER, plan

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Foreign:
    """An authority of another hand, and the time by which it answers."""

    arch: PKIArchitecture
    digest: str
    now: datetime

    @classmethod
    def of(cls, suite: Suite, now: datetime, directory: Path) -> "Foreign":
        """A new one, with keys of the suite in files in `directory`."""
        for name in KEYS:
            pem = suite.new_key().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            )
            (directory / name).write_bytes(pem)
        digest = suite.digest.name
        config: Any = CertomancerConfig(plan(digest, now), str(directory))
        return cls(config.get_pki_arch(ArchLabel("foreign")), digest, now)

    def certificate(self, label: str) -> Any:
        """The certificate of that label, as asn1crypto has it."""
        return self.arch.get_cert(CertLabel(label))

    def valid(self, label: str) -> ValidCertificate:
        """A person's certificate, by the portal's own checks under this authority."""
        issuer = pyca.load_der_x509_certificate(self.certificate(AUTHORITY).dump())
        der = self.certificate(label).dump()
        verdict = validate(der, [Anchor.of(issuer)], self.now, Kind.USER_AUTHENTICATION)
        assert isinstance(verdict, ValidCertificate), verdict
        return verdict

    def responder(self, label: str = RESPONDER) -> Any:
        """Who answers, with the certificate of that label."""
        services: Any = self.arch.service_registry
        return services.summon_responder(ServiceLabel(label), self.now)

    def answer(self, request: bytes, label: str = RESPONDER) -> bytes:
        """What certomancer answers by itself."""
        return bytes(
            self.responder(label).build_ocsp_response(ocsp.OCSPRequest.load(request)).dump()
        )

    def data(self, request: bytes) -> Any:
        """What it would sign of that answer, to be changed."""
        asked, responder = ocsp.OCSPRequest.load(request), self.responder()
        [question] = asked["tbs_request"]["request_list"]
        single = responder.format_single_ocsp_response(
            question["req_cert"], self.certificate(AUTHORITY)
        )
        key_hash = responder.responder_cert.public_key.sha1
        nonce = {"extn_id": "nonce", "extn_value": asked.nonce_value.native}
        return ocsp.ResponseData(
            {
                "responder_id": ocsp.ResponderId(name="by_key", value=key_hash),
                "produced_at": self.now,
                "responses": [single],
                "response_extensions": [nonce],
            }
        )

    def signed(self, data: bytes, **changes: Any) -> bytes:
        """An answer around `data`, which is signed whatever it is; see Around."""
        return replace(Around(self), **changes).der(data)

    def key(self, name: str) -> Any:
        """A private key."""
        return self.arch.key_set.get_private_key(KeyLabel(name))

    def algorithm(self, digest: str | None = None, name: str | None = None) -> Any:
        """An algorithm of signatures for the authority's key."""
        public = self.certificate(AUTHORITY).public_key
        return choose_signed_digest(digest or self.digest, public, name)

    def revoked(self) -> list[Any]:
        """The lines of what it has revoked."""
        services: Any = self.arch.service_registry
        repo = services.get_crl_repo_info(ServiceLabel("list"))
        return list(self.arch.get_revoked_certs_at_time(self.now, repo))

    def crl(self, lines: Iterable[Any] | None = None, **changes: Any) -> bytes:
        """Its list; see Listed."""
        found = self.revoked() if lines is None else list(lines)
        return replace(Listed(self), **changes).der(found)


@dataclass(frozen=True)
class Around:
    """What stands around the signed part of an answer, right unless it is changed."""

    foreign: Foreign
    kind: str = "basic_ocsp_response"
    said: Any = None
    """The algorithm that it names, where that is not the one that signed."""
    by: Any = None
    """The algorithm that signs."""
    certificates: tuple[str, ...] = (RESPONDER,)
    behind: bytes = b""
    """What follows the basic answer within its OCTET STRING."""
    spoilt: bool = False

    def der(self, data: bytes) -> bytes:
        """The answer."""
        foreign, by = self.foreign, self.by or self.foreign.algorithm()
        value = generic_sign(foreign.key(RESPONDER), data, by)
        if self.spoilt:
            value = value[:-1] + bytes([value[-1] ^ 1])
        sent = b"".join(foreign.certificate(one).dump() for one in self.certificates)
        parts = [data, (self.said or by).dump(), core.OctetBitString(value).dump()]
        if sent:
            parts.append(tlv.encode(0xA0, tlv.encode(0x30, sent)))
        basic = tlv.encode(0x30, b"".join(parts)) + self.behind
        inner = {"response_type": self.kind, "response": core.ParsableOctetString(basic)}
        whole = {"response_status": "successful", "response_bytes": inner}
        return bytes(ocsp.OCSPResponse(whole).dump())


@dataclass(frozen=True)
class Listed:
    """How a list is made, right unless it is changed."""

    foreign: Foreign
    key: str = AUTHORITY
    name: str = AUTHORITY
    """Whose certificate names the issuer."""
    algorithm: Any = None
    since: timedelta = timedelta(0)
    until: timedelta = DAY
    extensions: tuple[Mapping[str, Any], ...] = ()
    point: dict[str, Any] | None = None

    def der(self, lines: list[Any]) -> bytes:
        """The list."""
        foreign = self.foreign
        issuer = foreign.certificate(self.name)
        builder = CRLBuilder(
            issuer.subject,
            foreign.key(self.key),
            self.algorithm or foreign.algorithm(),
            issuer.key_identifier_value,
            [crl.TBSCertListExtension(one) for one in self.extensions],
        )
        first, last = foreign.now + self.since, foreign.now + self.until
        made: Any = builder.build_crl(7, first, last, lines, self.point)
        return bytes(made.dump())


class Ignorant(RevocationInfoInterface):
    """Knows no certificate, and says so; certomancer's own would not answer."""

    def __init__(self, issuer: Any) -> None:
        self._issuer = issuer

    def get_issuer_cert(self) -> Any:
        """The authority's."""
        return self._issuer

    def check_revocation_status(self, cid: Any, at_time: datetime) -> Any:
        """Of any."""
        del cid, at_time
        return ocsp.CertStatus("unknown"), []


def line(serial: int, since: datetime, extension: Mapping[str, Any]) -> Any:
    """A line of a list, with an extension of its own."""
    made = crl.CRLEntryExtension(extension)
    return CRLBuilder.format_revoked_cert(serial, None, since, [made])


Data = Callable[[Any], None]


def changed(change: Data) -> Callable[[Foreign, bytes], bytes]:
    """An answer whose signed part is changed before it is signed."""

    def make(foreign: Foreign, request: bytes) -> bytes:
        data = foreign.data(request)
        change(data)
        return foreign.signed(data.dump(force=True))

    return make


def indefinite(der: bytes) -> bytes:
    """The outermost element in BER's form of a length that is told by its end."""
    header = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return der[:1] + b"\x80" + der[header:] + b"\0\0"


def odd(length: int = 2, *, critical: bool = False) -> dict[str, Any]:
    """An extension that nobody knows."""
    value = core.ParsableOctetString(bytes(length))
    return {"extn_id": ODD, "critical": critical, "extn_value": value}
