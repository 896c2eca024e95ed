"""The exact bytes that a card signs for a login or a consent.

    TBS        = "MYNA-SIM-LOGIN-v1\\0" || for each field: length (4 bytes, big-endian) || UTF-8
    DigestInfo = SHA-256 of TBS in the ASN.1 wrapping of RFC 8017, 9.2, note 1 (51 bytes)

The prefix keeps the signature from being of use in any other protocol, the purpose keeps a
login from being replayed as a consent, and the lengths keep two statements from sharing bytes.
The nonce is signed as its text, not decoded.

What a person agrees to is signed as a whole text, by the key for signatures:

    TBS        = "MYNA-SIM-CONSENT-v1\\0" || length of the text (4 bytes, big-endian) || UTF-8

A card without that key signs a login's statement whose purpose is "consent:" and the SHA-256 of
these bytes in hexadecimal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import sha256

from card_reader.errors import MalformedDataError

_PREFIX = b"MYNA-SIM-LOGIN-v1\0"
_CONSENT_PREFIX = b"MYNA-SIM-CONSENT-v1\0"
_SESSION_PREFIX = b"MYNA-SIM-SESS-v1\0"
_SHA256 = bytes.fromhex("300d06096086480165030402010500")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person signs; fields in the order in which they are signed."""

    origin: str
    nonce: str
    login_id: str
    session_hash: str
    channel: str
    issued_at: str
    purpose: str
    cert_sha256: str

    def tbs(self) -> bytes:
        """The bytes to be signed; different for any two different statements."""
        texts = [getattr(self, name).encode() for name in _SIGNED]
        return _PREFIX + b"".join(len(text).to_bytes(4, "big") + text for text in texts)


# Neither astuple nor asdict, here and below: they copy deeply, at ten times the cost.
_SIGNED = tuple(field.name for field in fields(Statement))


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a portal sends to be signed: a statement that lacks only the card's certificate."""

    origin: str
    nonce: str
    login_id: str
    session_hash: str
    channel: str
    issued_at: str
    purpose: str

    @classmethod
    def from_json(cls, wire: Mapping[str, object]) -> "Challenge":
        """The challenge in a JSON object, which may say more. Raises MalformedDataError."""
        lacking = [name for name in cls.__slots__ if not isinstance(wire.get(name), str)]
        if lacking:
            raise MalformedDataError(f"The challenge lacks {', '.join(lacking)}.")
        return cls(**{name: str(wire[name]) for name in cls.__slots__})

    def by(self, certificate: bytes) -> Statement:
        """The statement that the holder of `certificate` (DER) signs."""
        known = {name: getattr(self, name) for name in Challenge.__slots__}
        return Statement(**known, cert_sha256=sha256(certificate).hexdigest())


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """What a person agrees to, in the one text that stands for all that they were shown."""

    text: str

    def tbs(self) -> bytes:
        """The bytes to be signed."""
        text = self.text.encode()
        return _CONSENT_PREFIX + len(text).to_bytes(4, "big") + text

    @property
    def sha256(self) -> str:
        """The hash that names this statement, in hexadecimal."""
        return sha256(self.tbs()).hexdigest()

    @property
    def purpose(self) -> str:
        """The purpose of a challenge that is answered to agree to exactly this."""
        return f"consent:{self.sha256}"


def session_hash(pre_login_session_id: str) -> str:
    """Hex SHA-256 that binds a statement to a browser session without revealing its id."""
    return sha256(_SESSION_PREFIX + pre_login_session_id.encode()).hexdigest()


def digest_info(message: bytes) -> bytes:
    """DigestInfo of the SHA-256 of `message` (RFC 8017, 9.2), 51 bytes."""
    return digest_info_of(sha256(message).digest())


def digest_info_of(digest: bytes) -> bytes:
    """DigestInfo that says SHA-256 and holds `digest` (of up to 110 bytes, whatever it is)."""
    octets = bytes((0x04, len(digest))) + digest
    return bytes((0x30, len(_SHA256) + len(octets))) + _SHA256 + octets
