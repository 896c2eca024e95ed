"""What a card's key is given to sign, and the name of what it makes of it."""

from enum import StrEnum, unique
from hashlib import sha384
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader.client.jpki import Jpki
from card_reader.errors import MalformedDataError
from card_reader.spec import UNREADABLE, Kind
from card_reader.statement import digest_info


@unique
class Algorithm(StrEnum):
    """Signature algorithms by their names in JOSE (RFC 7518, 3.1)."""

    RS256 = "RS256"
    """Today's cards and phones: RSASSA-PKCS1-v1_5 over a DigestInfo of SHA-256."""
    ES384 = "ES384"
    """The hypothetical next card: P-384 over a SHA-384 digest; the signature is r and s."""


class Signed(NamedTuple):
    """What the card gives for a message: its certificate (DER) and its signature."""

    certificate: bytes
    signature: bytes
    algorithm: Algorithm


def signed(jpki: Jpki, kind: Kind, certificate: bytes, message: bytes) -> Signed:
    """Sign `message` with the key of `kind`, whose `certificate` tells the algorithm.

    Raises NotVerifiedError if the PIN was not verified just before, MalformedDataError for a
    certificate whose key no card has.
    """
    algorithm = _algorithm(certificate)
    given = digest_info(message) if algorithm is Algorithm.RS256 else sha384(message).digest()
    return Signed(certificate, jpki.sign(kind, given), algorithm)


def _algorithm(certificate: bytes) -> Algorithm:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except UNREADABLE:
        key = None
    if isinstance(key, RSAPublicKey):
        return Algorithm.RS256
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1):
        return Algorithm.ES384
    raise MalformedDataError("The certificate has no key that a card signs with.")
