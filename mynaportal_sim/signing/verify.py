"""Judging a receipt years later, with no server: CHECKS, in their order.

The time at which it was signed is the one that the ledger's entry says, which commits to the
hashes of the text and of the signature. So the certificate and the list of those revoked are
held against that instant, whatever became of them since.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography import x509

from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from consent.ledger import entry, evidence
from consent.ledger.cosignature import Witness
from consent.ledger.entry import canonical
from consent.ledger.errors import LedgerError
from consent.ledger.evidence import Evidence, Proven
from consent.ledger.note import Verifier
from consent.receipt import answer_sha256_of
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.crl import revocation
from mynaportal_sim.pki.refusal import Refusal
from mynaportal_sim.pki.validation import ValidCertificate, validate
from mynaportal_sim.signing.document import claims
from mynaportal_sim.signing.receipt import Receipt, Signed

ANSWER = "answer_sha256"


@unique
class Check(StrEnum):
    """What is looked at."""

    AGREEMENT = "agreement"
    RECEIPT = "receipt"
    ENTRY = "entry"
    SAME_CONSENT = "same consent"
    WITNESS = "witness"
    CERTIFICATE = "certificate"
    SIGNATURE = "signature"
    REVOCATION = "revocation"


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whom the one who verifies trusts: authorities, the log, and its witnesses."""

    anchors: Sequence[Anchor]
    log: Verifier
    witnesses: Sequence[Witness] = ()


class Finding(NamedTuple):
    """What one check found; `fault` is empty where all is well."""

    check: Check
    fault: str


@dataclass(frozen=True, slots=True)
class Case:
    """A receipt, and what its proofs prove; `at` is when the log says that it happened.

    `proven` and `valid` are, where they fail, the reason. `meant` is what a receipt of this
    text says, None where the text is no answer's or the time is unknown.
    """

    receipt: Receipt
    trusted: Trusted
    proven: Proven | str
    at: datetime | None
    valid: ValidCertificate | str
    meant: Mapping[str, Any] | None

    @classmethod
    def of(cls, receipt: Receipt, trusted: Trusted) -> "Case":
        """Prove what can be proven."""
        proven = _proven(receipt, trusted)
        at = _at(proven)
        valid, meant = _valid(receipt, trusted, at), _meant(receipt, at)
        return cls(receipt, trusted, proven, at, valid, meant)

    def said(self, name: str) -> object:
        """What the proven entry says under a name; None where it says nothing."""
        opening = self.proven.shown.get(name) if isinstance(self.proven, Proven) else None
        return None if opening is None else opening.value


class Verdict(NamedTuple):
    """What the checks found, in their order."""

    case: Case
    findings: list[Finding]

    @property
    def faults(self) -> dict[Check, str]:
        """What is wrong; empty where all of the receipt holds."""
        return {check: fault for check, fault in self.findings if fault}


def judge(receipt: Receipt, trusted: Trusted) -> Verdict:
    """What each check finds; those of a signature only where the receipt has one."""
    case = Case.of(receipt, trusted)
    findings = [Finding(check, fault(case)) for check, fault in CHECKS]
    if receipt.signed is not None:
        signed = receipt.signed
        findings += [Finding(check, fault(case, signed)) for check, fault in OF_SIGNATURE]
    return Verdict(case, findings)


def _proven(receipt: Receipt, trusted: Trusted) -> Proven | str:
    if receipt.proof is None:
        return "it has no proof: its entry had no place in the log yet when it was saved"
    try:
        verdict = evidence.judge(Evidence.parse(receipt.proof), trusted.log, trusted.witnesses)
    except LedgerError as error:
        return str(error)
    return verdict if isinstance(verdict, Proven) else verdict.reason


def _at(proven: Proven | str) -> datetime | None:
    try:
        return entry.instant(proven.shown) if isinstance(proven, Proven) else None
    except LedgerError:
        return None


def _valid(receipt: Receipt, trusted: Trusted, at: datetime | None) -> ValidCertificate | str:
    if receipt.signed is None or receipt.kind is None or at is None:
        return "nothing proves when it was used"
    found = validate(receipt.signed.certificate, trusted.anchors, at, receipt.kind)
    return _told(found) if isinstance(found, Refusal) else found


def _meant(receipt: Receipt, at: datetime | None) -> Mapping[str, Any] | None:
    try:
        return None if at is None else claims(receipt.text, receipt.subject, at)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return None


def _agreement(case: Case) -> str:
    receipt = case.receipt
    try:
        if canonical(json.loads(receipt.text)) != receipt.text:
            return "the text is not in its canonical form"
    except (ValueError, RecursionError):
        return "the text is no JSON"
    if receipt.kind is None:
        return ""
    named = ConsentStatement(receipt.text).sha256 == receipt.statement_sha256
    return "" if named else "the text is not the one whose hash was signed"


def _receipt(case: Case) -> str:
    meant, said = case.meant, case.receipt.said
    if meant is None:
        return "the text is no answer's, or nothing proves when it was given"
    differ = sorted(
        name
        for name in meant.keys() | said.keys()
        # As text, since to Python 1 is True.
        if canonical(meant.get(name)) != canonical(said.get(name))
    )
    return f"{', '.join(differ)}: not what the text says" if differ else ""


def _entry(case: Case) -> str:
    return case.proven if isinstance(case.proven, str) else ""


def _same_consent(case: Case) -> str:
    if not isinstance(case.proven, Proven) or case.at is None or case.meant is None:
        return "no entry is proven, or the text is no answer's"
    leaf, meant = case.proven.leaf, _entered(case.receipt, case.meant)
    if ANSWER in leaf.commitments:  # entries of before have none
        meant[ANSWER] = answer_sha256_of(case.receipt.text)
    differ = [name for name, value in meant.items() if case.said(name) != value]
    given = case.meant["dpv:hasPersonalData"]
    if leaf.type != ("consent.granted" if given else "consent.denied"):
        differ.append("type")
    if case.at.replace(second=0) != leaf.minute:
        differ.append("at")
    if case.receipt.kind is None and "signed_with" in leaf.commitments:
        differ.append("signed_with")
    return f"the entry is of something else: {', '.join(differ)}" if differ else ""


def _entered(receipt: Receipt, meant: Mapping[str, Any]) -> dict[str, object]:
    """What the ledger's entry of this answer says, as far as a receipt knows it."""
    [service] = meant["services"]
    entered: dict[str, object] = {
        "consent_version": meant["consentReceiptID"],
        "app_id": service["serviceId"],
        "categories": meant["dpv:hasPersonalData"],
        "valid_until": service["purposes"][0]["termination"],
    }
    if receipt.kind is not None:
        entered["signed_with"] = receipt.kind.value
        entered["statement_sha256"] = receipt.statement_sha256
    if receipt.signed is not None:
        entered["signature_sha256"] = sha256(receipt.signed.value).hexdigest()
    return entered


def _witness(case: Case) -> str:
    if not isinstance(case.proven, Proven) or case.at is None:
        return "no entry is proven"
    seen = {one.by: one.at for one in case.proven.witnessed}
    for witness in case.trusted.witnesses:
        if witness.name not in seen:
            return f"{witness.name} has not seen the log with this entry"
        if seen[witness.name] < case.at:
            return f"{witness.name} saw the log before the entry says that it happened"
    return ""


def _certificate(case: Case, signed: Signed) -> str:
    if isinstance(case.valid, ValidCertificate):
        return ""
    return f"{case.valid} (issued by {_subject(signed.issuer)})"


def _signature(case: Case, signed: Signed) -> str:
    statement = ConsentStatement(case.receipt.text)
    tbs = statement.tbs()
    if case.receipt.kind is Kind.USER_AUTHENTICATION:
        if signed.challenge is None or signed.challenge.purpose != statement.purpose:
            return "what was signed is not for this text"
        tbs = signed.challenge.by(signed.certificate).tbs()
    if not isinstance(case.valid, ValidCertificate):
        return "there is no valid certificate to hold it against"
    if case.valid.has_signed(signed.value, tbs):
        return ""
    return "the certificate's key has not signed this text"


def _revocation(case: Case, signed: Signed) -> str:
    if not isinstance(case.valid, ValidCertificate) or case.at is None:
        return "there is no valid certificate to ask about"
    found = revocation(case.valid, signed.revocation, case.at)
    return "" if found is None else _told(found)


def _told(refusal: Refusal) -> str:
    return f"{refusal.code}: {refusal.detail}"


def _subject(der: bytes) -> str:
    try:
        name = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except ValueError:
        return "nobody that can be read"
    return f"{name}, SHA-256 {sha256(der).hexdigest()}"


CHECKS: tuple[tuple[Check, Callable[[Case], str]], ...] = (
    (Check.AGREEMENT, _agreement),
    (Check.RECEIPT, _receipt),
    (Check.ENTRY, _entry),
    (Check.SAME_CONSENT, _same_consent),
    (Check.WITNESS, _witness),
)
OF_SIGNATURE: tuple[tuple[Check, Callable[[Case, Signed], str]], ...] = (
    (Check.CERTIFICATE, _certificate),
    (Check.SIGNATURE, _signature),
    (Check.REVOCATION, _revocation),
)
