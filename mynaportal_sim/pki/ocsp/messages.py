"""Requests and answers in DER (RFC 6960, 4), with any number of questions in one.

cryptography's own classes hold one question and one answer each; the shapes here are those of
the RFC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509.oid import OCSPExtensionOID

from mynaportal_sim.pki.model import PrivateKey, RevocationReason, Revoked
from mynaportal_sim.pki.suites import RSA_2048, Suite, sign

REQUEST_MAX = 16 * 1024
QUESTIONS_MAX = 32
NONCE_MAX = 128
"""Bytes of a nonce, at least 1 (RFC 9654, 2.1)."""

HASHES: dict[x509.ObjectIdentifier, HashAlgorithm] = {
    x509.ObjectIdentifier("1.3.14.3.2.26"): SHA1(),  # noqa: S303  RFC 6960 names by it
    x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1"): SHA256(),
}
"""By which a question may name its issuer."""


class MalformedOcspError(ValueError):
    """The bytes are no request that RFC 6960 knows, or ask more than is answered at once."""


@asn1.sequence
class _Algorithm:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class CertId:
    """Which certificate is asked about: hashes of its issuer's name and key, and its serial."""

    hash_algorithm: _Algorithm
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


@asn1.sequence
class _Extension:
    oid: x509.ObjectIdentifier
    critical: Annotated[bool, asn1.Default(False)]
    value: bytes


@asn1.sequence
class _Question:
    cert_id: CertId
    extensions: Annotated[list[_Extension] | None, asn1.Explicit(0)]


@asn1.sequence
class _DirectoryName:
    name: asn1.TLV


# Who asks may be named so (GeneralName): by a directory name or an address of mail.
_GeneralName = (
    Annotated[_DirectoryName, asn1.Implicit(4)] | Annotated[asn1.IA5String, asn1.Implicit(1)]
)


@asn1.sequence
class _ToBeSigned:
    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    requestor: Annotated[_GeneralName | None, asn1.Explicit(1)]
    questions: list[_Question]
    extensions: Annotated[list[_Extension] | None, asn1.Explicit(2)]


@asn1.sequence
class _Signature:
    algorithm: asn1.TLV
    value: asn1.BitString
    certificates: Annotated[list[asn1.TLV] | None, asn1.Explicit(0)]


@asn1.sequence
class _Request:
    tbs: _ToBeSigned
    signature: Annotated[_Signature | None, asn1.Explicit(0)]


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """What a request asks: at least one question, and a nonce for the answer if it has one."""

    questions: Sequence[CertId]
    nonce: bytes | None


def read(der: bytes) -> OcspRequest:
    """The request in `der`; a signature under it is not looked at.

    Raises:
        MalformedOcspError: it is none.
    """
    if len(der) > REQUEST_MAX:
        raise MalformedOcspError(f"longer than {REQUEST_MAX} bytes")
    try:
        tbs = asn1.decode_der(_Request, der).tbs
    except ValueError as error:
        raise MalformedOcspError(str(error)) from None
    if tbs.version != 0 or not 0 < len(tbs.questions) <= QUESTIONS_MAX:
        raise MalformedOcspError("not version 1, or asks nothing or too much")
    every = [*(tbs.extensions or ()), *(e for q in tbs.questions for e in q.extensions or ())]
    if any(one.critical and one.oid != OCSPExtensionOID.NONCE for one in every):
        raise MalformedOcspError("a critical extension is not understood")
    return OcspRequest([one.cert_id for one in tbs.questions], _nonce(tbs.extensions or ()))


def _nonce(extensions: Sequence[_Extension]) -> bytes | None:
    found = [one.value for one in extensions if one.oid == OCSPExtensionOID.NONCE]
    if not found:
        return None
    try:
        [value] = found
        nonce = asn1.decode_der(bytes, value)
    except ValueError:
        raise MalformedOcspError("not one nonce") from None
    if not 0 < len(nonce) <= NONCE_MAX:
        raise MalformedOcspError(f"a nonce has 1 to {NONCE_MAX} bytes")
    return nonce


@asn1.sequence
class _Revoked:
    at: asn1.GeneralizedTime
    reason: Annotated[asn1.TLV, asn1.Explicit(0)]


_Status = (
    Annotated[asn1.Variant[asn1.Null, Literal["good"]], asn1.Implicit(0)]
    | Annotated[asn1.Variant[_Revoked, Literal["revoked"]], asn1.Implicit(1)]
    | Annotated[asn1.Variant[asn1.Null, Literal["unknown"]], asn1.Implicit(2)]
)


@asn1.sequence
class Said:
    """What is said of one certificate, from when until when."""

    cert_id: CertId
    status: _Status
    this_update: asn1.GeneralizedTime
    next_update: Annotated[asn1.GeneralizedTime | None, asn1.Explicit(0)]


@asn1.sequence
class _ResponseData:
    responder: Annotated[bytes, asn1.Explicit(2)]  # byKey
    produced: asn1.GeneralizedTime
    answers: list[Said]
    extensions: Annotated[list[_Extension] | None, asn1.Explicit(1)]


@asn1.sequence
class _BasicResponse:
    tbs: asn1.TLV
    algorithm: _Algorithm
    signature: asn1.BitString
    certificates: Annotated[list[x509.Certificate], asn1.Explicit(0)]


@asn1.sequence
class _ResponseBytes:
    type: x509.ObjectIdentifier
    response: bytes


@asn1.sequence
class _Response:
    status: asn1.TLV  # ENUMERATED
    content: Annotated[_ResponseBytes, asn1.Explicit(0)]


_BASIC = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.1")
_SUCCESSFUL = asn1.decode_der(asn1.TLV, b"\x0a\x01\x00")
_REASONS = {
    reason: asn1.decode_der(asn1.TLV, bytes((0x0A, 1, code)))
    for reason, code in (
        (RevocationReason.KEY_COMPROMISE, 1),
        (RevocationReason.AFFILIATION_CHANGED, 3),
        (RevocationReason.SUPERSEDED, 4),
        (RevocationReason.CESSATION_OF_OPERATION, 5),
        (RevocationReason.CERTIFICATE_HOLD, 6),
    )
}
"""CRLReason (RFC 5280, 5.3.1) as ENUMERATED."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs an answer: the key, and its certificate, whose key hash names it."""

    certificate: x509.Certificate
    key: PrivateKey
    suite: Suite


def good(cert_id: CertId, now: datetime, until: datetime) -> Said:
    """It is known and not revoked."""
    return _said(cert_id, asn1.Variant(asn1.Null(), "good"), now, until)


def revoked(cert_id: CertId, line: Revoked, now: datetime, until: datetime) -> Said:
    """It is revoked, or held, since when and why."""
    told = _Revoked(at=_time(line.at), reason=_REASONS[line.reason])
    return _said(cert_id, asn1.Variant(told, "revoked"), now, until)


def unknown(cert_id: CertId, now: datetime, until: datetime) -> Said:
    """No register that is asked here has it."""
    return _said(cert_id, asn1.Variant(asn1.Null(), "unknown"), now, until)


def write(answers: Sequence[Said], nonce: bytes | None, signer: Signer, now: datetime) -> bytes:
    """The response with these answers, signed."""
    key_id = signer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    data = asn1.encode_der(
        _ResponseData(
            responder=key_id.value.digest,
            produced=_time(now),
            answers=list(answers),
            extensions=None if nonce is None else [_nonce_extension(nonce)],
        )
    )
    basic = _BasicResponse(
        tbs=asn1.decode_der(asn1.TLV, data),
        algorithm=_Algorithm(
            algorithm=signer.suite.signature,
            parameters=asn1.Null() if signer.suite is RSA_2048 else None,
        ),
        signature=asn1.BitString(sign(signer.key, data), 0),
        certificates=[signer.certificate],
    )
    content = _ResponseBytes(type=_BASIC, response=asn1.encode_der(basic))
    return asn1.encode_der(_Response(status=_SUCCESSFUL, content=content))


def _said(cert_id: CertId, status: _Status, now: datetime, until: datetime) -> Said:
    return Said(
        cert_id=cert_id, status=status, this_update=_time(now), next_update=_time(until)
    )


def _nonce_extension(nonce: bytes) -> _Extension:
    return _Extension(oid=OCSPExtensionOID.NONCE, critical=False, value=asn1.encode_der(nonce))


def _time(instant: datetime) -> asn1.GeneralizedTime:
    return asn1.GeneralizedTime(instant.replace(microsecond=0))
