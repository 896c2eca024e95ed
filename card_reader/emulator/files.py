"""The kinds of elementary file that an application holds."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    NoDigestInfo,
    Prehashed,
    decode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA384

from card_reader.emulator.keys import CardKey
from card_reader.emulator.pin import Pin
from card_reader.spec import COORDINATE_LENGTH


@dataclass(frozen=True, slots=True)
class Transparent:
    """A file that can be read, once `guard` (if any) is verified."""

    content: bytes = field(repr=False)
    guard: Pin | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A private key that signs once `guard` is verified."""

    private_key: CardKey = field(repr=False)
    guard: Pin

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1) over a DigestInfo of 1 to 245 bytes, as given.

        A key on P-384 is given a SHA-384 digest, and answers r and s (96 bytes).
        """
        if isinstance(self.private_key, RSAPrivateKey):
            return self.private_key.sign(data, PKCS1v15(), NoDigestInfo())
        pair = decode_dss_signature(self.private_key.sign(data, ECDSA(Prehashed(SHA384()))))
        return b"".join(number.to_bytes(COORDINATE_LENGTH, "big") for number in pair)


@dataclass(frozen=True, slots=True)
class Reserved:
    """An internal file that answers to its name and serves commands that are not simulated."""


File = Transparent | Key | Pin | Reserved
