"""Checkpoints: what the log signs about its tree (C2SP tlog-checkpoint)."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.merkle import HASH_LENGTH
from consent.ledger.note import Signer, Verifier

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ROOT = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin, how many leaves it has, and their root hash."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """A checkpoint from a note's text; extension lines are passed over.

        Raises:
            MalformedError: the text is no checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "" or "" in lines:
            raise MalformedError("a checkpoint is three lines or more, none of them empty")
        origin, size, root = lines[:3]
        if not _SIZE.fullmatch(size):
            raise MalformedError("a checkpoint's second line is the size of the tree")
        if not _ROOT.fullmatch(root) or b64encode(b64decode(root)).decode() != root:
            raise MalformedError(f"a checkpoint's third line is a hash of {HASH_LENGTH} bytes")
        return cls(origin, int(size), b64decode(root))

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The checkpoint as a signed note."""
    return signer.sign(str(checkpoint))


def opened(note: bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that this key has signed for a log of the same name.

    Raises:
        MalformedError: the bytes are no note, or its text no checkpoint.
        UntrustedNoteError: the key has not signed it, or the checkpoint is another log's.
    """
    checkpoint = Checkpoint.parse(verifier.open(note))
    if checkpoint.origin != verifier.name:
        raise UntrustedNoteError(f"the checkpoint is of another log, {checkpoint.origin}")
    return checkpoint
