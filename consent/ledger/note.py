"""Signed notes with Ed25519 keys (C2SP signed-note, signature type 0x01).

A note is text that ends in a newline, an empty line, and a line per signature. A verifier key
is `<name>+<key id in hex>+<base64 of 0x01 and the public key>`.
"""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from consent.ledger.errors import MalformedError, UntrustedNoteError

KEY_ID_LENGTH = 4
_SIGNATURES_MAX = 64  # the specification asks to accept 16 at least, and to have a limit
NAME = re.compile(r"[^\s+\ud800-\udfff]+")  # without what UTF-8 cannot hold
_KEY = re.compile(rf"({NAME.pattern})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/=]+)")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)\n")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class Signature(NamedTuple):
    """One signature line: whose it says it is, and the bytes, unverified."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing of it is verified."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name; the type tells what it signs.

    What two types differ in stands in the classes for them.
    """

    TYPE: ClassVar[bytes]
    OTHER_TYPE: ClassVar[str]

    name: str
    key: Ed25519PublicKey

    @classmethod
    def parse(cls, verifier_key: str) -> Self:
        """What a verifier key of this type stands for.

        Raises:
            MalformedError: the text is no verifier key of this type, or its parts do not agree.
        """
        match = _KEY.fullmatch(verifier_key)
        if match is None:
            raise MalformedError("a verifier key looks like name+0123abcd+base64")
        material = _base64(match[3])
        if len(material) != 33 or material[:1] != cls.TYPE:
            raise MalformedError(cls.OTHER_TYPE)
        parsed = cls(match[1], Ed25519PublicKey.from_public_bytes(material[1:]))
        if parsed.key_id.hex() != match[2]:
            raise MalformedError("the verifier key's id does not follow from its name and key")
        return parsed

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, type, public key)."""
        hashed = self.name.encode() + b"\n" + self.TYPE + self.key.public_bytes_raw()
        return sha256(hashed).digest()[:KEY_ID_LENGTH]

    def __str__(self) -> str:
        material = b64encode(self.TYPE + self.key.public_bytes_raw()).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


@dataclass(frozen=True, slots=True)
class Verifier(VerifierKey):
    """A public key under its name, as a reader of the log trusts it."""

    TYPE = b"\x01"
    OTHER_TYPE = "the verifier key is not one of Ed25519 (type 0x01)"

    def open(self, note: bytes) -> str:
        """The text of a note, once this key's signature on it has been verified.

        Raises:
            MalformedError: the bytes are no signed note.
            UntrustedNoteError: this key has not signed it, or one such signature is wrong.
        """
        read = parse(note)
        own = (self.name, self.key_id)
        signatures = [line.signature for line in read.signatures if line[:2] == own]
        if not signatures:
            raise UntrustedNoteError(f"no signature of {self.name}+{self.key_id.hex()}")
        for signature in signatures:
            try:
                self.key.verify(signature, read.text.encode())
            except InvalidSignature:
                raise UntrustedNoteError(f"{self.name} did not sign this text") from None
        return read.text

    def alone(self, note: bytes) -> bytes:
        """The note with one signature of this key, once verified, and no line of others.

        Raises:
            MalformedError: the bytes are no signed note.
            UntrustedNoteError: this key has not signed it, or one such signature is wrong.
        """
        text, own = self.open(note), (self.name, self.key_id)
        line = next(line for line in parse(note).signatures if line[:2] == own)
        signed = b64encode(line.key_id + line.signature).decode()
        return f"{text}\n— {self.name} {signed}\n".encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under its name."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise MalformedError("a key's name has neither spaces nor a plus sign")

    @property
    def verifier(self) -> Verifier:
        """What verifies this signer's notes."""
        return Verifier(self.name, self.key.public_key())

    def sign(self, text: str) -> bytes:
        """The note of `text`, which ends in a newline, with this key's signature."""
        signed = b64encode(self.verifier.key_id + self.key.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signed}\n".encode()


def parse(note: bytes) -> Note:
    """Take a note apart without trusting it.

    Raises:
        MalformedError: the bytes are no signed note.
    """
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise MalformedError("a note is UTF-8") from None
    text, empty_line, lines = whole.rpartition("\n\n")
    if not empty_line or _CONTROL.search(whole):
        raise MalformedError("a note is text, an empty line and signatures")
    found = _SIGNATURE_LINE.findall(lines)
    if not found or len(found) > _SIGNATURES_MAX or "".join(_lines(found)) != lines:
        raise MalformedError("what follows the note's text are not signature lines")
    return Note(text + "\n", tuple(_signature(name, encoded) for name, encoded in found))


def _lines(found: list[tuple[str, str]]) -> list[str]:
    return [f"— {name} {encoded}\n" for name, encoded in found]


def _signature(name: str, encoded: str) -> Signature:
    blob = _base64(encoded)
    if len(blob) <= KEY_ID_LENGTH:
        raise MalformedError("a signature has a key id and more")
    return Signature(name, blob[:KEY_ID_LENGTH], blob[KEY_ID_LENGTH:])


def _base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except binascii.Error:
        raise MalformedError("this is no base64") from None
    if not hmac.compare_digest(b64encode(data), text.encode()):
        raise MalformedError("this is no canonical base64")
    return data
