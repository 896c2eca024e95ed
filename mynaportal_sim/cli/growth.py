"""Evidence that a log only grew, in one file which needs no server to be checked.

C2SP names no format for it; this one is JSON of `{"old", "new", "hashes"}`: two checkpoints as
they were signed, and the consistency proof between them (RFC 9162 2.1.4, hashes in base64).
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection

from consent.ledger import store
from consent.ledger.checkpoint import Checkpoint, opened
from consent.ledger.errors import MalformedError
from consent.ledger.note import Verifier
from consent.ledger.proof import verify_consistency

_MALFORMED = "this is no proof of growth: it is JSON of old, new and hashes"


@dataclass(frozen=True, slots=True)
class Growth:
    """Two signed checkpoints (notes) and the hashes that lead from one to the other."""

    old: bytes
    new: bytes
    hashes: tuple[bytes, ...]

    def __str__(self) -> str:
        hashes = [b64encode(value).decode() for value in self.hashes]
        document = {"old": self.old.decode(), "new": self.new.decode(), "hashes": hashes}
        return json.dumps(document, ensure_ascii=False, indent=2)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Growth from a file's bytes; nothing of it is verified.

        Raises:
            MalformedError: the bytes are no such file.
        """
        try:
            document = json.loads(data)
            old, new = document["old"].encode(), document["new"].encode()
            hashes = tuple(b64decode(text, validate=True) for text in document["hashes"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise MalformedError(_MALFORMED) from error
        return cls(old, new, hashes)


@dataclass(frozen=True, slots=True)
class Grown:
    """What growth proves: the log signed as `old` is a beginning of the one signed as `new`."""

    old: Checkpoint
    new: Checkpoint


def prove(connection: Connection, since: int) -> Growth | None:
    """The growth from the checkpoint of size `since` to the newest; None if there is none.

    Raises:
        MalformedError: the stored tree is damaged.
    """
    signed = dict(store.all_checkpoints(connection))
    if since not in signed:
        return None
    newest = max(signed)
    hashes = store.prove_growth(connection, since, newest)
    return Growth(signed[since], signed[newest], hashes)


def judge(growth: Growth, verifier: Verifier) -> Grown | None:
    """What the hashes prove of two checkpoints that this key has signed; None for nothing.

    Raises:
        MalformedError: one of the checkpoints is none.
        UntrustedNoteError: one of them is not signed by this key.
    """
    old, new = opened(growth.old, verifier), opened(growth.new, verifier)
    if not verify_consistency(old.size, new.size, old.root, new.root, growth.hashes):
        return None
    return Grown(old, new)
