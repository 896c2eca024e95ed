"""What the keys of a card can sign, by P1 of COMPUTE DIGITAL SIGNATURE."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import (
    MGF1,
    PSS,
    AsymmetricPadding,
    PKCS1v15,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    NoDigestInfo,
    Prehashed,
    decode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from card_reader.apdu import SHORT_DATA_MAX
from card_reader.emulator.keys import CardKey
from card_reader.spec import COORDINATE_LENGTH, SIGNATURE_INPUT_MAX, SIGNATURE_LENGTH

GIVEN = 0x00
HASHED = 0x03


@dataclass(frozen=True, slots=True)
class Scheme:
    """How long the data may be, how long the signature is, and what makes it."""

    lengths: range
    answer: int
    sign: Callable[[bytes], bytes] = field(repr=False)


Schemes = Mapping[int, Scheme]


def schemes_of(key: CardKey) -> Schemes:
    """What `key` can do.

    RSA as myna-card measured it: 00 pads what it is given by PKCS #1 v1.5, 01 pads a bare
    SHA-256, 02 and 03 pad a DigestInfo of it, 04 and 05 are PSS; 02 and 04 are given the hash,
    where the others make it. A salt of PSS as long as the hash is ours. P-384 (hypothetical)
    signs a SHA-384 digest and answers r and s.
    """
    if isinstance(key, RSAPrivateKey):
        return {p1: _by_rsa(key, row) for p1, row in _ROWS.items()}
    return {GIVEN: _by_curve(key)}


@dataclass(frozen=True, slots=True)
class _Row:
    lengths: range
    padding: AsymmetricPadding
    algorithm: NoDigestInfo | Prehashed
    hashes: bool


_SHORT, _DIGEST = (
    range(1, SHORT_DATA_MAX + 1),
    range(SHA256.digest_size, SHA256.digest_size + 1),
)
_PKCS1, _PSS = PKCS1v15(), PSS(MGF1(SHA256()), SHA256.digest_size)
_BARE, _SHA256 = NoDigestInfo(), Prehashed(SHA256())
_ROWS = {
    GIVEN: _Row(range(1, SIGNATURE_INPUT_MAX + 1), _PKCS1, _BARE, hashes=False),
    0x01: _Row(_SHORT, _PKCS1, _BARE, hashes=True),
    0x02: _Row(_DIGEST, _PKCS1, _SHA256, hashes=False),
    HASHED: _Row(_SHORT, _PKCS1, _SHA256, hashes=True),
    0x04: _Row(_DIGEST, _PSS, _SHA256, hashes=False),
    0x05: _Row(_SHORT, _PSS, _SHA256, hashes=True),
}


def _by_rsa(key: RSAPrivateKey, row: _Row) -> Scheme:
    def sign(data: bytes) -> bytes:
        return key.sign(
            sha256(data).digest() if row.hashes else data, row.padding, row.algorithm
        )

    return Scheme(row.lengths, SIGNATURE_LENGTH, sign)


def _by_curve(key: EllipticCurvePrivateKey) -> Scheme:
    def sign(digest: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(digest, ECDSA(Prehashed(SHA384()))))
        return r.to_bytes(COORDINATE_LENGTH, "big") + s.to_bytes(COORDINATE_LENGTH, "big")

    return Scheme(
        range(SHA384.digest_size, SHA384.digest_size + 1), 2 * COORDINATE_LENGTH, sign
    )
