"""Asking a responder about a valid certificate, and judging what it answers (RFC 6960, 3.2).

An answer counts where it is about this certificate alone, of now, to this question, and signed
by the issuer or by a key that the issuer lets answer. One that is not so refuses the
certificate; that there is none, or none now, leaves it to the list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from cryptography.x509.oid import ExtendedKeyUsageOID

from card_reader.spec import UNREADABLE
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki.certificate import extension, has_spare_bits, not_understood
from mynaportal_sim.pki.model import PublicKey
from mynaportal_sim.pki.refusal import Code, Refusal
from mynaportal_sim.pki.suites import certifies
from mynaportal_sim.pki.validation import ValidCertificate

RESPONSE_MAX = 16 * 1024
OLDEST = timedelta(minutes=2)
"""How long ago an answer may have been true (thisUpdate): we ask for one of now."""
SKEW = timedelta(minutes=15)
"""How far the responder's clock may be ahead."""

_NONCE_LENGTH = 32
_SILENT = (OCSPResponseStatus.TRY_LATER, OCSPResponseStatus.INTERNAL_ERROR)
_UNDERSTOOD = (x509.BasicConstraints, x509.ExtendedKeyUsage, x509.KeyUsage)


@dataclass(frozen=True, slots=True)
class Question:
    """A request about one certificate, as DER; its nonce is good for one answer."""

    about: ValidCertificate
    request: ocsp.OCSPRequest
    nonce: bytes

    @classmethod
    def of(cls, about: ValidCertificate, randomness: Randomness) -> "Question":
        """A new question about a certificate, whose issuer it names by SHA-256."""
        nonce = randomness(_NONCE_LENGTH)
        builder = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(about.certificate, about.issuer.certificate, SHA256())
            .add_extension(x509.OCSPNonce(nonce), critical=False)
        )
        return cls(about, builder.build(), nonce)

    @property
    def der(self) -> bytes:
        """As it travels."""
        return self.request.public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Told:
    """What a responder says of a certificate, by its hash; no `refusal` where it is good."""

    sha256: str
    refusal: Refusal | None


def judge(question: Question, der: bytes, now: datetime) -> Told | None:
    """What the answer `der` says; None where it is that there is no answer now."""
    told = question.about.sha256
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status in _SILENT:
            return None
        fault = _fault(question, answer, now)
    except (*UNREADABLE, NotImplementedError) as error:
        fault = f"no answer that can be read: {error}"
    if fault is not None:
        return Told(told, Refusal(Code.REVOCATION_UNAVAILABLE, fault))
    if answer.certificate_status is OCSPCertStatus.GOOD:
        return Told(told, None)
    if answer.certificate_status is OCSPCertStatus.UNKNOWN:
        return Told(told, Refusal(Code.REVOCATION_UNKNOWN, "its issuer does not know it"))
    return Told(told, Refusal(Code.CERT_REVOKED, f"revoked at {answer.revocation_time_utc}"))


def _fault(question: Question, answer: ocsp.OCSPResponse, now: datetime) -> str | None:
    if answer.response_status is not OCSPResponseStatus.SUCCESSFUL:
        return f"the responder says {answer.response_status.name}"
    if len(list(answer.responses)) != 1:
        return "not one answer"
    faults = (check(question, answer, now) for check in CHECKS)
    return next((fault for fault in faults if fault is not None), None)


def _of_another(question: Question, answer: ocsp.OCSPResponse, _now: datetime) -> str | None:
    asked = question.request
    same = (
        answer.serial_number == asked.serial_number
        and answer.issuer_key_hash == asked.issuer_key_hash
        and answer.issuer_name_hash == asked.issuer_name_hash
        and answer.hash_algorithm.name == asked.hash_algorithm.name
    )
    return None if same else "it is about another certificate"


def _other_nonce(question: Question, answer: ocsp.OCSPResponse, _now: datetime) -> str | None:
    found = extension(answer.extensions, x509.OCSPNonce)
    same = found is not None and found.nonce == question.nonce
    return None if same else "it is no answer to this question"


def _not_of_now(_question: Question, answer: ocsp.OCSPResponse, now: datetime) -> str | None:
    end = answer.next_update_utc
    if not now - OLDEST <= answer.this_update_utc <= now + SKEW:
        return "it was not true just now"
    return "it is true no longer" if end is not None and end <= now else None


def _beyond(_question: Question, answer: ocsp.OCSPResponse, _now: datetime) -> str | None:
    """RFC 6960, 4.4: what is critical and not understood is not ignored."""
    return not_understood((*answer.extensions, *answer.single_extensions), (x509.OCSPNonce,))


def _spare_bits(_question: Question, answer: ocsp.OCSPResponse, _now: datetime) -> str | None:
    whole = b"\0" + answer.signature in answer.public_bytes(Encoding.DER)
    return None if whole else "its signature is not whole bytes"


def _signed_by_nobody(
    question: Question, answer: ocsp.OCSPResponse, now: datetime
) -> str | None:
    issuer = question.about.issuer.certificate
    if len(answer.certificates) > 1:
        return "more than one responder's certificate"
    signer = answer.certificates[0] if answer.certificates else issuer
    fault = None if signer == issuer else _may_not_answer(signer, issuer)
    if fault is not None:
        return fault
    if not signer.not_valid_before_utc <= now <= signer.not_valid_after_utc:
        return "its responder's certificate is not of today"
    key_id = extension(signer.extensions, x509.SubjectKeyIdentifier)
    named = answer.responder_name == signer.subject or (
        key_id is not None and answer.responder_key_hash == key_id.digest
    )
    key = signer.public_key()
    signed = (
        named
        and isinstance(key, PublicKey)
        and answer.signature_algorithm_oid == question.about.suite.signature
        and certifies(key, answer.signature, answer.tbs_response_bytes)
    )
    return None if signed else "its responder has not signed it"


@lru_cache(maxsize=16)
def _may_not_answer(signer: x509.Certificate, issuer: x509.Certificate) -> str | None:
    """Why a responder's certificate lets nobody answer for the issuer (RFC 6960, 4.2.2.2)."""
    try:
        signer.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return "its responder is not of the issuer"
    if has_spare_bits(signer.public_bytes(Encoding.DER), signer):
        return "its responder's certificate is not signed in whole bytes"
    usages = extension(signer.extensions, x509.ExtendedKeyUsage) or ()
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        return "its responder may not answer"
    if extension(signer.extensions, x509.OCSPNoCheck) is None:
        return "one would have to ask about its responder"
    return not_understood(signer.extensions, _UNDERSTOOD)


CHECKS: Sequence[Callable[[Question, ocsp.OCSPResponse, datetime], str | None]] = (
    _of_another,
    _other_nonce,
    _not_of_now,
    _beyond,
    _spare_bits,
    _signed_by_nobody,
)
