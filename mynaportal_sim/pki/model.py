"""What the authorities are asked for, and what they keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from card_reader.spec import Kind

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey


@unique
class Family(StrEnum):
    """Authorities that belong together: one for each kind of certificate, for one carrier.

    What the next card's will be is not public, so that those of NEXT are hypothetical.
    """

    CARD = "card"
    PHONE = "phone"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Holder:
    """What certificates may say of a person.

    `prefecture` and `city` are romanised; `sex` is JPKI's digit; each `…_positions` has a 1
    where the text has a stand-in for a character outside JIS level 2.
    """

    municipality_code: str
    prefecture: str
    city: str
    name: str
    name_positions: str
    sex: str
    born: date
    address: str
    address_positions: str


@dataclass(frozen=True, slots=True)
class Order:
    """One certificate to be made.

    `portal` is the issuer URL under which the authority publishes, and `ocsp` the responder's.
    `renews` and `not_beyond` are what `validity.expiry` says of them.
    """

    kind: Kind
    holder: Holder = field(repr=False)
    public_key: PublicKey = field(repr=False)
    issued: datetime
    portal: str
    renews: datetime | None = None
    not_beyond: datetime | None = None
    ocsp: str | None = None


@unique
class RevocationReason(StrEnum):
    """Why a certificate was revoked (RFC 5280, 5.3.1); values are cryptography's names."""

    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"


@unique
class State(StrEnum):
    """What a register says of a certificate; that it has ended is worked out from the clock."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"


@unique
class Change(StrEnum):
    """What an authority does to a certificate."""

    HOLD = "hold"
    RELEASE = "release"
    REVOKE = "revoke"


LIFE: Mapping[tuple[State, Change], State] = {
    (State.GOOD, Change.HOLD): State.HELD,
    (State.HELD, Change.RELEASE): State.GOOD,
    (State.GOOD, Change.REVOKE): State.REVOKED,
    (State.HELD, Change.REVOKE): State.REVOKED,
}
"""Which change is possible in which state, and to what it leads; nothing else is."""


def state_of(reason: RevocationReason | None) -> State:
    """The state of a certificate that is revoked for `reason`, or for none."""
    if reason is None:
        return State.GOOD
    return State.HELD if reason is RevocationReason.CERTIFICATE_HOLD else State.REVOKED


@dataclass(frozen=True, slots=True)
class Revoked:
    """One line of a CRL: since when a certificate is good for nothing, and why.

    What is held and then revoked keeps the moment of the hold: nothing between was good.
    """

    serial: int
    at: datetime
    reason: RevocationReason


def key_hash(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo; an issuer's and a serial name a certificate."""
    spki = certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return sha256(spki).digest()
