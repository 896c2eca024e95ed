"""The algorithms of certificates: those of today's card, and those announced for the next one.

An authority, what it issues and what they sign are of one suite: RSA-2048 with SHA-256 as
J-LIS's certificate profile has it, or P-384 with SHA-384 as the final report on the next card
(2024-03-18) names them. How that card will give a signature is not public: that it is r‖s is
our choice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.x509.oid import SignatureAlgorithmOID

from card_reader.spec import COORDINATE_LENGTH, RSA_BITS
from mynaportal_sim.pki.model import Family, PrivateKey, PublicKey
from mynaportal_sim.pki.profiles import PUBLIC_EXPONENT


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite; `jws` is its name in a login token (RFC 7518, 3.1)."""

    jws: str
    name: str
    digest: SHA256 | SHA384
    signature: x509.ObjectIdentifier
    new_key: Callable[[], PrivateKey]
    takes: Callable[[object], bool]
    """Whether a public key is one of this suite's."""


def _is_rsa(key: object) -> bool:
    return (
        isinstance(key, rsa.RSAPublicKey)
        and key.key_size == RSA_BITS
        and key.public_numbers().e == PUBLIC_EXPONENT
    )


def _is_p384(key: object) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1)


RSA_2048 = Suite(
    "RS256",
    "RSA-2048 with 65537 under sha256WithRSAEncryption",
    SHA256(),
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    lambda: rsa.generate_private_key(PUBLIC_EXPONENT, RSA_BITS),
    _is_rsa,
)
P_384 = Suite(
    "ES384",
    "P-384 under ecdsa-with-SHA384",
    SHA384(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    lambda: ec.generate_private_key(ec.SECP384R1()),
    _is_p384,
)
SUITES: Mapping[Family, Suite] = {
    Family.CARD: RSA_2048,
    Family.PHONE: RSA_2048,
    Family.NEXT: P_384,
}
ALGORITHMS = frozenset(suite.jws for suite in SUITES.values())
"""Names of what a card may sign a login by."""


def suite_of(key: object) -> Suite | None:
    """The suite that a public key is of."""
    return next((suite for suite in (RSA_2048, P_384) if suite.takes(key)), None)


def sign(key: PrivateKey, data: bytes) -> bytes:
    """A signature as X.509 has it (RFC 5280, 4.1.1.3): an ECDSA one is in DER."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, PKCS1v15(), SHA256())
    return key.sign(data, ec.ECDSA(SHA384()))


def certifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether a signature as `sign` makes it is that key's."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), SHA256())
        else:
            key.verify(signature, data, ec.ECDSA(SHA384()))
    except InvalidSignature:
        return False
    return True


def has_signed(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether a card with that key gave the signature: RSASSA-PKCS1-v1_5, or ECDSA as r‖s."""
    if isinstance(key, rsa.RSAPublicKey):
        return certifies(key, signature, data)
    if len(signature) != 2 * COORDINATE_LENGTH:
        return False
    r, s = signature[:COORDINATE_LENGTH], signature[COORDINATE_LENGTH:]
    in_der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    return certifies(key, in_der, data)
