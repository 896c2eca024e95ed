"""Cosignatures: a witness's word that a log only grew (C2SP tlog-cosignature, cosignature/v1).

A witness signs with Ed25519 the lines `cosignature/v1` and `time <Unix time>` and the text of
the checkpoint. Its verifier key has the type 0x04, which tells it from a key that signs notes.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger.checkpoint import Checkpoint, opened
from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.note import NAME, Note, Verifier, VerifierKey, parse

_TIME_LENGTH = 8
_SIGNATURE_LENGTH = 64
_LATEST = 253_402_300_799  # the end of the year 9999, after which datetime has no instants


@dataclass(frozen=True, slots=True)
class Witness(VerifierKey):
    """A witness's public key under its name, as a reader of the log trusts it."""

    TYPE = b"\x04"
    OTHER_TYPE = "the verifier key is not a witness's (type 0x04)"

    def cosigned_at(self, note: bytes | Note) -> datetime | None:
        """When this witness cosigned the checkpoint in a note; None if it did not.

        Raises:
            MalformedError: the bytes are no signed note.
            UntrustedNoteError: a line under its name and key is not its signature.
        """
        read = parse(note) if isinstance(note, bytes) else note
        for line in read.signatures:
            if (line.name, line.key_id) == (self.name, self.key_id):
                return self._time_of(line.signature, read.text)
        return None

    def _time_of(self, signature: bytes, text: str) -> datetime:
        seconds = int.from_bytes(signature[:_TIME_LENGTH], "big")
        if len(signature) != _TIME_LENGTH + _SIGNATURE_LENGTH or seconds > _LATEST:
            raise UntrustedNoteError(f"the cosignature of {self.name} is malformed")
        try:
            self.key.verify(signature[_TIME_LENGTH:], _message(text, seconds))
            return datetime.fromtimestamp(seconds, tz=UTC)
        except InvalidSignature:
            raise UntrustedNoteError(f"{self.name} did not cosign this checkpoint") from None


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's private key under its name."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise MalformedError("a key's name has neither spaces nor a plus sign")

    @property
    def witness(self) -> Witness:
        """What verifies this key's cosignatures."""
        return Witness(self.name, self.key.public_key())

    def cosign(self, text: str, now: datetime) -> str:
        """The signature line, with its newline, for a checkpoint's text."""
        seconds = int(now.timestamp())
        signature = self.key.sign(_message(text, seconds))
        blob = self.witness.key_id + seconds.to_bytes(_TIME_LENGTH, "big") + signature
        return f"— {self.name} {b64encode(blob).decode()}\n"


class Witnessed(NamedTuple):
    """A checkpoint that a witness has cosigned, and when."""

    checkpoint: Checkpoint
    by: str
    at: datetime


def witnessed(note: bytes, log: Verifier, witness: Witness) -> Witnessed:
    """What a witness has cosigned of this log.

    Raises:
        MalformedError: the bytes are no note, or its text no checkpoint.
        UntrustedNoteError: the log has not signed it, or the witness has not.
    """
    at = witness.cosigned_at(note)
    if at is None:
        raise UntrustedNoteError(f"{witness.name} has not cosigned this checkpoint")
    return Witnessed(opened(note, log), witness.name, at)


def with_line(note: bytes, line: str) -> bytes:
    """The note with one more signature line."""
    return note + line.encode()


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
