"""Whether what a card holds is what its issuer put there, and on this very card.

As eKYC does it: the card signs a challenge of the terminal's with a key that lies in a signed
record; who signed the record has a card-verifiable certificate from the card issuer's root. A
forged card gets a verdict, never an exception.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique
from hmac import compare_digest
from typing import Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader.client.text import Attributes, MyNumber, Text
from card_reader.client.verifiable import SignedRecord, VerifiableCertificate, signs
from card_reader.client.visual import Birth, Face
from card_reader.errors import MalformedDataError, StatusError
from card_reader.statement import digest_info

T = TypeVar("T")


@unique
class Step(StrEnum):
    """What is looked at, in this order."""

    ISSUER = "issuer"
    """The signer's certificate is by the card issuer's root."""
    RECORD = "record"
    """The record with the card's key is the signer's."""
    POSSESSION = "possession"
    """The card has that key: it is no copy."""
    INTEGRITY = "integrity"
    """The digests of the text are the signer's."""
    MY_NUMBER = "my_number"
    """The individual number has its digest."""
    ATTRIBUTES = "attributes"
    """The four attributes have theirs."""
    AGREEMENT = "agreement"
    """The face tells of whom the text does, as far as both say: birth and sex."""


@unique
class Outcome(StrEnum):
    """How a step ended."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step, how it ended, and why unless it holds."""

    step: Step
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all steps say together."""

    findings: tuple[Finding, ...]

    @property
    def genuine(self) -> bool | None:
        """False if any step fails; None if the issuer was not checked; else True."""
        if any(finding.outcome is Outcome.FAILS for finding in self.findings):
            return False
        issuer = next(it for it in self.findings if it.step is Step.ISSUER)
        return True if issuer.outcome is Outcome.HOLDS else None


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was open to the terminal and is of no use, and why."""

    reason: str


class Signer(Protocol):
    """An application that signs with the card's key and shows who signed its records."""

    def certificate(self) -> VerifiableCertificate: ...

    def sign(self, digest_info: bytes) -> bytes: ...


def of_text(
    text: Text,
    root: RSAPublicKey | None,
    challenge: bytes,
    *,
    number: MyNumber | Unread | None,
    attributes: Attributes | Unread | None,
) -> Verdict:
    """Judge what was read of the text, after one of its PINs; None for what was left alone.

    `challenge` is random (32 bytes); without `root` the issuer stays unchecked.
    """
    record = _attempted(text.signed_key)
    common, signer = _of_key(text, record, root, challenge)
    return Verdict((*common, *_of_digests(text, signer, number, attributes)))


def of_record(
    visual: Signer, record: SignedRecord | Unread, root: RSAPublicKey | None, challenge: bytes
) -> Verdict:
    """Judge a record that was read of the face: the face itself, birth, or the number's image.

    `challenge` is random (32 bytes); without `root` the issuer stays unchecked.
    """
    findings, _ = _of_key(visual, record, root, challenge)
    return Verdict(findings)


def agreement(shown: Face | Birth, attributes: Attributes | None) -> Finding:
    """Whether the face, or its record of birth, is of whom the text is.

    Nothing else binds the text to the card: its digests are signed, but apart from its key.
    """
    if attributes is None:
        return Finding(Step.AGREEMENT, Outcome.NOT_CHECKED, "the text was not read")
    same = shown.born == attributes.born
    if isinstance(shown, Face):
        same = same and shown.sex is attributes.sex
    return _judged(Step.AGREEMENT, same, "the text tells of somebody else")


def _of_key(
    application: Signer,
    record: SignedRecord | Unread,
    root: RSAPublicKey | None,
    challenge: bytes,
) -> tuple[tuple[Finding, ...], RSAPublicKey | None]:
    """The steps that both applications share; and the signer's key, whoever certified it."""
    certificate = _attempted(application.certificate)
    signature = _attempted(lambda: application.sign(digest_info(challenge)))
    if isinstance(certificate, Unread):
        issuer = _fails(Step.ISSUER, certificate.reason)
    elif root is None:
        issuer = Finding(Step.ISSUER, Outcome.NOT_CHECKED, "no card issuer's root was given")
    else:
        by_root = certificate.is_issued_by(root)
        issuer = _judged(Step.ISSUER, by_root, "another root issued the signer's certificate")
    signer = None if isinstance(certificate, Unread) else certificate.key
    if isinstance(record, Unread):
        unread = (_fails(step, record.reason) for step in (Step.RECORD, Step.POSSESSION))
        return (issuer, *unread), signer
    signed = signer is not None and signs(signer, record.signature, record.digest_info)
    if isinstance(signature, Unread):
        possession = _fails(Step.POSSESSION, signature.reason)
    else:
        own = signs(record.key, signature, digest_info(challenge))
        possession = _judged(Step.POSSESSION, own, "the card has another key than its record")
    found = _judged(Step.RECORD, signed, "the record is not as its signer signed it")
    return (issuer, found, possession), signer


def _of_digests(
    text: Text,
    signer: RSAPublicKey | None,
    number: MyNumber | Unread | None,
    attributes: Attributes | Unread | None,
) -> Iterator[Finding]:
    integrity = _attempted(text.integrity)
    if isinstance(integrity, Unread):
        for step in (Step.INTEGRITY, Step.MY_NUMBER, Step.ATTRIBUTES):
            yield _fails(step, integrity.reason)
        return
    signed = signer is not None and signs(
        signer, integrity.signature, digest_info(integrity.signed)
    )
    yield _judged(Step.INTEGRITY, signed, "the digests are not as their signer signed them")
    for step, read, digest in (
        (Step.MY_NUMBER, number, integrity.number_digest),
        (Step.ATTRIBUTES, attributes, integrity.attributes_digest),
    ):
        if read is None:
            yield Finding(step, Outcome.NOT_CHECKED, "not read")
        elif isinstance(read, Unread):
            yield _fails(step, read.reason)
        else:
            same = compare_digest(read.digest, digest)
            yield _judged(step, same, "it is not what the issuer digested")


def _attempted(ask: Callable[[], T]) -> T | Unread:
    """What the card gives, or why that is of no use; only a lost card is an error here."""
    try:
        return ask()
    except (StatusError, MalformedDataError) as error:
        return Unread(error.problem)


def _judged(step: Step, holds: bool, otherwise: str) -> Finding:
    return Finding(step, Outcome.HOLDS) if holds else _fails(step, otherwise)


def _fails(step: Step, reason: str) -> Finding:
    return Finding(step, Outcome.FAILS, reason)
