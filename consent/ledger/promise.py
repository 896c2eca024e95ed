"""Promises: that an entry which was acknowledged will be in the log, signed before it is.

A promise is a signed note (C2SP signed-note) of three lines: the log's origin followed by
`/promise`, the leaf hash in base64, and the Unix time of the entry. It is signed with the log's
key under the name of its first line, so that no promise can be taken for a checkpoint. It is
kept by a log that has the leaf at the latest MERGE_DELAY after that time, as a certificate log
keeps its SCTs (RFC 6962 3).
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from consent.ledger import tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.errors import MalformedError
from consent.ledger.merkle import HASH_LENGTH
from consent.ledger.note import Signer, Verifier
from consent.ledger.proof import verify_inclusion
from consent.ledger.tiles import WIDTH, ReadTile, TileId

MERGE_DELAY = timedelta(minutes=1)
_SUFFIX = "/promise"
_TIME = re.compile(r"[1-9][0-9]{0,10}")


class Appended(NamedTuple):
    """What can be promised of an entry: the hash of its leaf, and when it happened."""

    leaf_hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Promise:
    """A log's word that this leaf will be in it, given at `at`."""

    origin: str
    leaf_hash: bytes
    at: datetime

    @property
    def due(self) -> datetime:
        """From when on a log without the leaf has broken its word."""
        return self.at + MERGE_DELAY


def sign(appended: Appended, signer: Signer) -> bytes:
    """The promise of an entry as a signed note, by who signs the log's checkpoints."""
    name = signer.name + _SUFFIX
    lines = (name, b64encode(appended.leaf_hash).decode(), str(int(appended.at.timestamp())))
    return Signer(name, signer.key).sign("".join(f"{line}\n" for line in lines))


def opened(note: bytes, verifier: Verifier) -> Promise:
    """The promise in a note; `verifier` is the one of the log's checkpoints.

    Raises:
        MalformedError: the bytes are no note, or its text no promise.
        UntrustedNoteError: the log has not signed it.
    """
    name = verifier.name + _SUFFIX
    lines = Verifier(name, verifier.key).open(note).split("\n")
    if len(lines) != 4 or lines[0] != name or not _TIME.fullmatch(lines[2]):
        raise MalformedError("this is no promise of the log")
    return Promise(
        verifier.name, _hash(lines[1]), datetime.fromtimestamp(int(lines[2]), tz=UTC)
    )


class Kept(NamedTuple):
    """The leaf is in the log, at this index of the tree that was signed."""

    position: int


class Due(NamedTuple):
    """The leaf is not in the log yet, and need not be until then."""

    until: datetime


class Broken(NamedTuple):
    """The leaf is not in the log, and should have been from then on."""

    since: datetime


def judge(
    promise: Promise, index: int | None, head: Checkpoint, read: ReadTile, now: datetime
) -> Kept | Due | Broken:
    """Whether a log keeps a promise, by its signed head and tiles.

    `index` is where `find` has found the leaf; that it lies there is proven, not believed.

    Raises:
        MalformedError: the tiles are damaged.
    """
    if index is not None and index < head.size:
        ranges = tiles.inclusion_ranges(index, head.size)
        proof = [tiles.hash_of(read, leaves) for leaves in ranges]
        if verify_inclusion(promise.leaf_hash, index, head.size, proof, head.root):
            return Kept(index)
    return Broken(promise.due) if now >= promise.due else Due(promise.due)


def find(leaf_hash: bytes, stored: Iterable[tuple[TileId, bytes]]) -> int | None:
    """The index of the first leaf with this hash among the tiles of level 0, in any order."""
    found = [
        number * WIDTH + at
        for (level, number), hashes in stored
        if level == 0 and (at := _place(leaf_hash, hashes)) is not None
    ]
    return min(found, default=None)


def _place(leaf_hash: bytes, hashes: bytes) -> int | None:
    at = hashes.find(leaf_hash)
    while at >= 0 and at % HASH_LENGTH:
        at = hashes.find(leaf_hash, at + 1)
    return at // HASH_LENGTH if at >= 0 else None


def _hash(text: str) -> bytes:
    try:
        value = b64decode(text, validate=True)
    except binascii.Error:
        value = b""
    if len(value) != HASH_LENGTH:
        raise MalformedError("this is no promise of the log")
    return value
