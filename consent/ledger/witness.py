"""What a witness decides (C2SP tlog-witness, add-checkpoint); it holds nothing and asks nobody.

A request is `old <size>`, the hashes of a consistency proof, an empty line and a checkpoint. A
witness cosigns a checkpoint only if the log that it knows has signed it and it continues the
one it cosigned last.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Self

from consent.ledger.checkpoint import Checkpoint, opened
from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.merkle import EMPTY_ROOT
from consent.ledger.note import Verifier, parse
from consent.ledger.proof import verify_consistency

PROOF_MAX = 63
SIZE_TYPE = "text/x.tlog.size"
"""The media type of an answer that says what size was cosigned last."""
_REQUEST = re.compile(
    rb"old (0|[1-9][0-9]{0,18})\n((?:[A-Za-z0-9+/]{43}=\n){0,%d})\n(.+)" % PROOF_MAX, re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint (a note) and the proof that the log of `old_size` leaves grew into it."""

    old_size: int
    hashes: tuple[bytes, ...]
    note: bytes

    def __bytes__(self) -> bytes:
        lines = [f"old {self.old_size}", *(b64encode(one).decode() for one in self.hashes)]
        return "".join(f"{line}\n" for line in [*lines, ""]).encode() + self.note

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """A request from its bytes; nothing of it is verified.

        Raises:
            MalformedError: the bytes are no such request.
        """
        found = _REQUEST.fullmatch(body)
        if found is None:
            raise MalformedError("this is no request to add a checkpoint")
        hashes = tuple(b64decode(line) for line in found[2].split())
        return cls(int(found[1]), hashes, found[3])


@unique
class Refused(Enum):
    """Why a checkpoint is not cosigned: the HTTP status, and what to say."""

    MALFORMED = 400, "this is no request to add a checkpoint"
    OLD_TOO_LARGE = 400, "the old size is larger than the checkpoint's"
    UNTRUSTED = 403, "no key that is trusted for this log has signed the checkpoint"
    UNKNOWN_LOG = 404, "this witness does not know a log of this origin"
    STALE = 409, "the old size is not the one that was cosigned last"
    FORKED = 409, "another log of this size was cosigned before"
    INCONSISTENT = 422, "the proof does not show that the log only grew"

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def text(self) -> str:
        return self.value[1]


def judge(
    request: Request, logs: Mapping[str, Sequence[Verifier]], last: Mapping[str, Checkpoint]
) -> Checkpoint | Refused:
    """The checkpoint that may be cosigned, by the checks in the specification's order.

    `logs` are the keys that are trusted, and `last` what was cosigned last, both by origin.
    """
    try:
        signed = _signed(request.note, logs)
    except MalformedError:
        return Refused.MALFORMED
    if isinstance(signed, Refused):
        return signed
    known = last.get(signed.origin, Checkpoint(signed.origin, 0, EMPTY_ROOT))
    return _objection(request, signed, known) or signed


def _signed(note: bytes, logs: Mapping[str, Sequence[Verifier]]) -> Checkpoint | Refused:
    keys = logs.get(Checkpoint.parse(parse(note).text).origin)
    if not keys:
        return Refused.UNKNOWN_LOG
    for key in keys:
        try:
            return opened(note, key)
        except UntrustedNoteError:
            continue
    return Refused.UNTRUSTED


def _objection(request: Request, signed: Checkpoint, known: Checkpoint) -> Refused | None:
    if request.old_size > signed.size:
        return Refused.OLD_TOO_LARGE
    if request.old_size != known.size:
        return Refused.STALE
    if known.size == signed.size and known.root != signed.root:
        return Refused.FORKED if known.size else Refused.INCONSISTENT
    sizes = (known.size, signed.size)
    if not verify_consistency(*sizes, known.root, signed.root, request.hashes):
        return Refused.INCONSISTENT
    return None
