"""Private keys of a card, and how its file keeps them."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP384R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card_reader.errors import CardDataError
from card_reader.spec import RSA_BITS, CardKind

CardKey = RSAPrivateKey | EllipticCurvePrivateKey
"""RSA-2048 on every card but those of CardKind.NEXT, which have P-384."""


def check_key(name: str, kind: CardKind, key: CardKey) -> None:
    """Raises CardDataError if a card of `kind` has no such key for its certificates."""
    if kind is CardKind.NEXT:
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP384R1):
            raise CardDataError(f"The {name} key of a next card is on P-384.")
    elif not isinstance(key, RSAPrivateKey):
        raise CardDataError(f"The {name} key is no RSA key.")
    elif key.key_size != RSA_BITS:
        raise CardDataError(f"The {name} key has {key.key_size} bits instead of {RSA_BITS}.")


def to_pem(key: CardKey) -> str:
    """PKCS #8, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def from_pem(pem: str) -> CardKey:
    """The key in `pem`. Raises CardDataError if there is none that a card can have."""
    try:
        key = serialization.load_pem_private_key(
            pem.encode(), None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise CardDataError("A private key is no unencrypted RSA or EC key in PEM.")
    return key
