"""By which algorithm a card signs, as its certificate's key tells."""

from enum import StrEnum, unique

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader.errors import MalformedDataError
from card_reader.spec import UNREADABLE


@unique
class Algorithm(StrEnum):
    """Signature algorithms by their names in JOSE (RFC 7518, 3.1)."""

    RS256 = "RS256"
    """Today's cards and phones: RSASSA-PKCS1-v1_5 over a DigestInfo of SHA-256."""
    ES384 = "ES384"
    """The hypothetical next card: P-384 over a SHA-384 digest; the signature is r and s."""


def algorithm_of(certificate: bytes) -> Algorithm:
    """The algorithm of the card that holds the key of `certificate` (DER).

    Raises MalformedDataError for a certificate whose key no card has.
    """
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except UNREADABLE:
        key = None
    if isinstance(key, RSAPublicKey):
        return Algorithm.RS256
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1):
        return Algorithm.ES384
    raise MalformedDataError("The certificate has no key that a card signs with.")
