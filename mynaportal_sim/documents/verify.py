"""Judging a signature beside a document: CHECKS, in their order.

A signature is only as old as its signer says: no time stamp is looked at. So the certificate is
held against the time that is claimed, and, as a finding of its own, against the present.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import NamedTuple

from card_reader.spec import Kind
from mynaportal_sim.documents.cms import read_cms
from mynaportal_sim.documents.errors import Fault, SignatureFileError
from mynaportal_sim.documents.jws import read_jws
from mynaportal_sim.documents.reading import SIGNATURE_MAX, SignatureFile
from mynaportal_sim.pki.certificate import Anchor, Leaf
from mynaportal_sim.pki.crl import revocation
from mynaportal_sim.pki.errors import MalformedCertificateError
from mynaportal_sim.pki.model import PublicKey
from mynaportal_sim.pki.refusal import Code, Refusal
from mynaportal_sim.pki.validation import ValidCertificate, validate

CLOCKS_DIFFER = timedelta(minutes=2)
"""How far ahead a signer's clock may be."""
_SEQUENCE = b"\x30"

ListOf = Callable[[ValidCertificate], bytes | None]
"""The revocation list of a certificate's issuer in DER; None where there is none."""


@unique
class Check(StrEnum):
    """What is looked at."""

    STRUCTURE = "structure"
    DOCUMENT = "document"
    SIGNATURE = "signature"
    CERTIFICATE = "certificate"
    VALIDITY = "validity"
    REVOCATION = "revocation"


class Finding(NamedTuple):
    """What one check found; `code` is None where all is well, `text` is for developers."""

    check: Check
    code: Fault | Code | None
    text: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whom the one who verifies trusts, where lists of those revoked are, and the time."""

    anchors: Sequence[Anchor]
    list_of: ListOf = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A file that was read, and its certificate as it was held against the time claimed."""

    read: SignatureFile
    trusted: Trusted
    valid: ValidCertificate | Refusal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found, in their order; `case` is None where nothing could be read."""

    case: Case | None
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return all(one.code is None for one in self.findings)


def judge(document: bytes, signature: bytes, trusted: Trusted) -> Verdict:
    """What each check finds; of a file that is no signature, that alone. Pure and total."""
    try:
        read = _read(document, signature)
    except SignatureFileError as error:
        return Verdict(None, (Finding(Check.STRUCTURE, error.fault, str(error)),))
    at = read.signed_at or trusted.now
    valid = validate(read.certificate, trusted.anchors, at, Kind.SIGNING)
    case = Case(read, trusted, valid)
    return Verdict(case, tuple(Finding(check, *found(case)) for check, found in CHECKS))


Found = tuple[Fault | Code | None, str]


def _read(document: bytes, signature: bytes) -> SignatureFile:
    if len(signature) > SIGNATURE_MAX:
        detail = f"a signature has at most {SIGNATURE_MAX} bytes"
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, detail)
    form = read_cms if signature.startswith(_SEQUENCE) else read_jws
    return form(signature, document)


def _structure(case: Case) -> Found:
    if case.read.of_certificate is False:
        return Fault.OTHER_CERTIFICATE, "what was signed names another certificate"
    named = "names its certificate" if case.read.of_certificate else "names no certificate"
    return None, f"{case.read.form}, {case.read.algorithm}, one signer; {named}"


def _document(case: Case) -> Found:
    if not case.read.of_document:
        return Fault.DOCUMENT_DIFFERS, "what was signed names another document"
    return None, "the one that was signed, if the signature is good"


def _signature(case: Case) -> Found:
    try:
        key = Leaf.parse(case.read.certificate).key
    except MalformedCertificateError as error:
        return Code.CERT_MALFORMED, str(error)
    if isinstance(key, PublicKey) and _made_by(key, case.read):
        return None, "the certificate's key has signed this"
    return Fault.SIGNATURE_INVALID, "the certificate's key has not signed this"


def _made_by(key: PublicKey, read: SignatureFile) -> bool:
    try:
        return read.is_by(key)
    except ValueError:  # an ECDSA signature of zeros
        return False


def _certificate(case: Case) -> Found:
    if isinstance(case.valid, Refusal):
        return case.valid.code, case.valid.detail
    issuer = case.valid.issuer.certificate.subject.rfc4514_string()
    return None, f"for signatures (nonRepudiation), issued by {issuer}"


def _validity(case: Case) -> Found:
    read, now = case.read, case.trusted.now
    if read.signed_at is not None and read.signed_at > now + CLOCKS_DIFFER:
        return Fault.TIME_AHEAD, "it says that it will be signed in the future"
    today = validate(read.certificate, case.trusted.anchors, now, Kind.SIGNING)
    if isinstance(today, Refusal):
        return today.code, f"today: {today.detail}"
    said = "it says no time" if read.signed_at is None else "then, by its signer's word"
    return None, f"good today; {said}"


def _revocation(case: Case) -> Found:
    if isinstance(case.valid, Refusal):
        return Code.REVOCATION_UNAVAILABLE, "there is no valid certificate to ask about"
    listed = case.trusted.list_of(case.valid)
    refusal = revocation(case.valid, listed, case.trusted.now)
    if refusal is not None:
        return refusal.code, refusal.detail
    return None, "not in its issuer's list of those revoked"


CHECKS: tuple[tuple[Check, Callable[[Case], Found]], ...] = (
    (Check.STRUCTURE, _structure),
    (Check.DOCUMENT, _document),
    (Check.SIGNATURE, _signature),
    (Check.CERTIFICATE, _certificate),
    (Check.VALIDITY, _validity),
    (Check.REVOCATION, _revocation),
)
