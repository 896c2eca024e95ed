"""Names that differ for each reader, so that two apps cannot join what they were told."""

import hmac
from base64 import b32encode
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

SECRET_LENGTH = 32


class Pseudonyms:
    """Derives every pseudonym of one portal from one secret of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_LENGTH:
            raise ValueError(f"the pseudonym secret has {SECRET_LENGTH} bytes")
        self._secret = secret
        self._cipher = lru_cache(maxsize=1024)(self._cipher_for)

    def subject(self, app_id: str, resident_id: UUID) -> str:
        """The pairwise `sub` of a person at one app (OpenID Connect Core 8.1)."""
        digest = self._keyed("subject", app_id.encode(), resident_id.bytes)
        return b32encode(digest[:20]).decode().lower()

    def session(self, app_id: str, began_as: bytes) -> str:
        """The `sid` of a person's session at one app (Back-Channel Logout 2.1)."""
        digest = self._keyed("session", app_id.encode(), began_as)
        return b32encode(digest[:20]).decode().lower()

    def holder(self, resident_id: UUID) -> bytes:
        """The name under which the ledger finds a person's own entries; 32 bytes."""
        return self._keyed("holder", resident_id.bytes)

    def serial(self, issuer: bytes, serial: int) -> str:
        """A certificate's serial as the ledger may name it (32 bits are guessed in minutes)."""
        return self._keyed("serial", issuer, serial.to_bytes(20, "big")).hex()

    def card(self, number: str) -> str:
        """A card as the ledger may name it, by its serial number."""
        return self._keyed("card", number.encode()).hex()

    def logical_id(self, app_id: str, record_id: UUID) -> str:
        """The FHIR logical id that one app sees for a record.

        A keyed permutation of the record's id: a read by id stays one primary-key lookup.
        """
        encryptor = self._cipher(app_id).encryptor()
        return (encryptor.update(record_id.bytes) + encryptor.finalize()).hex()

    def record_id(self, app_id: str, logical_id: str) -> UUID | None:
        """The record behind an app's logical id; None when it cannot be one."""
        try:
            block = bytes.fromhex(logical_id)
        except ValueError:
            return None
        if len(block) != 16 or block.hex() != logical_id:
            return None
        decryptor = self._cipher(app_id).decryptor()
        return UUID(bytes=decryptor.update(block) + decryptor.finalize())

    def interval(self, purpose: str, number: int) -> bytes:
        """What stands for one interval of time, the same in each process; 32 bytes."""
        return self._keyed("interval", purpose.encode(), number.to_bytes(8, "big"))

    def typed(self, code: str) -> bytes:
        """As what a code that people type is stored: without the key it is guessed at once."""
        return self._keyed("typed", code.encode())

    def _cipher_for(self, app_id: str) -> Cipher[ECB]:
        # One block under a key of its own is a permutation; ECB's weakness needs two.
        return Cipher(AES(self._keyed("record", app_id.encode())), ECB())  # noqa: S305

    def _keyed(self, use: str, *parts: bytes) -> bytes:
        """HMAC over unambiguous parts: each is preceded by its length."""
        message = b"".join(
            len(part).to_bytes(4, "big") + part for part in (use.encode(), *parts)
        )
        return hmac.digest(self._secret, message, sha256)
