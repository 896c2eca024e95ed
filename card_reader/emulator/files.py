"""The kinds of elementary file that an application holds."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from card_reader.emulator.pin import Pin


@dataclass(frozen=True, slots=True)
class Transparent:
    """A file that can be read, once `guard` (if any) is verified."""

    content: bytes = field(repr=False)
    guard: Pin | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A private key that signs once `guard` is verified."""

    private_key: RSAPrivateKey = field(repr=False)
    guard: Pin

    def sign(self, digest_info: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1) over a DigestInfo of 1 to 245 bytes, as given."""
        return self.private_key.sign(digest_info, PKCS1v15(), NoDigestInfo())


@dataclass(frozen=True, slots=True)
class Reserved:
    """An internal file that answers to its name and serves commands that are not simulated."""


File = Transparent | Key | Pin | Reserved
