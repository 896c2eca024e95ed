"""Judges a whole log from what is stored of it, in one pass and with no database.

What shows what: a leaf that was changed does not fit its stored hash; a body that was changed
does not fit its leaf; a hash that was changed does not fit the checkpoints signed over it, and
lies between the last that fits and the first that differs. A body that is gone was erased only
if an entry says so, and an entry dated before those that were logged earlier was slipped in.
Only a witness remembers a tail that was cut off together with its checkpoints, or signed anew.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from operator import itemgetter
from typing import Generic, TypeVar

from consent.ledger import checkpoint
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.cosignature import Witnessed
from consent.ledger.entry import (
    APP,
    ERASED,
    HOLDER,
    Leaf,
    Logged,
    b64url,
    erased_by,
    minute_of,
    misfit,
    read_body,
    read_leaf,
)
from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.merkle import Frontier, leaf_hash
from consent.ledger.note import Verifier
from consent.ledger.tiles import WIDTH, TileId, head_of, split_hashes, tiles_above

DISORDER = timedelta(minutes=2)
"""How far the times of entries may run against their order; no transaction takes as long."""

_END = 1 << 63  # beyond every index and size
_NO_LEVEL = 9  # beyond every level: 256^8 leaves are more than an index can number

T = TypeVar("T")


@unique
class Fault(StrEnum):
    """What can be wrong; `Finding.at` is an index unless a comment says otherwise."""

    LEAF_CHANGED = "the stored leaf does not fit its leaf hash"
    LEAF_MALFORMED = "the leaf was logged but is none of this format"
    BODY_CHANGED = "the stored body does not fit what its leaf commits to"
    BODY_GONE = "the body is gone, and no entry says that it was erased"
    BACK_DATED = "the entry is dated before others that were logged earlier"
    ENTRY_MISSING = "the tree has a leaf hash, but the entry is missing"
    HASH_MISSING = "an entry has this index, but the tree has no leaf hash for it"
    TILE_CHANGED = "a tile does not follow from the tiles below it"  # at: its number
    TREE_DIFFERS = "the tree differs from the signed checkpoint"  # at: the checkpoint's size
    FORKED = "the log differs from what a witness saw of it"  # at: the size it saw
    TAIL_CUT = "the log is shorter than a witness saw it"  # at: the size it saw
    CHECKPOINT_UNTRUSTED = "the checkpoint is not signed by this log's key"  # at: its size
    CHECKPOINT_MALFORMED = "the checkpoint cannot be read, or is another's"  # at: its size
    UNSIGNED = "no signed checkpoint covers the log from here on"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, where it shows first, and in how many places it shows."""

    fault: Fault
    at: int
    detail: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What the log is found to be: whole, or not, and why.

    `size` counts leaf hashes, `bodies` the bodies that were there to be checked; `signed` is
    the largest checkpoint that is signed and fits.
    """

    size: int
    bodies: int
    signed: Checkpoint | None
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(  # noqa: PLR0913  what is held against each other
    entries: Iterable[Logged],
    tiles: Iterable[tuple[TileId, bytes]],
    checkpoints: Iterable[tuple[int, bytes]],
    verifier: Verifier,
    *,
    witnessed: Iterable[Witnessed] = (),
    waiting: Iterable[Logged] = (),
    bodiless: bool = False,
) -> Report:
    """Hold entries, tree and signatures against each other, and against what witnesses saw.

    Args:
        entries: those that have an index, by index.
        tiles: every stored tile, by level, then number.
        checkpoints: the size each is filed under and its note, smallest first.
        verifier: the key that the reader trusts.
        witnessed: checkpoints of this log that witnesses have cosigned, in any order.
        waiting: entries that await their index; what they say was erased was not in secret.
        bodiless: whether entries have no bodies here, as in the log's public files.
    """
    audit = _Audit(entries, checkpoints, verifier, sorted(witnessed, key=_size_seen))
    audit.bodiless = bodiless
    audit.await_index(waiting)
    stored = _Ahead(tiles, lambda tile: tile[0][0])
    for (_, number), hashes in stored.below(1):
        audit.leaf_tile(number * WIDTH, hashes)
    audit.end_of_leaves()
    audit.upper_tiles(dict(stored.below(_NO_LEVEL)))
    return audit.report()


class _Ahead(Generic[T]):
    """A sorted stream that is read up to a bound, then on."""

    def __init__(self, values: Iterable[T], key: Callable[[T], int]) -> None:
        self._rest = iter(values)
        self._key = key
        self._next = next(self._rest, None)

    def below(self, bound: int) -> Iterator[T]:
        while self._next is not None and self._key(self._next) < bound:
            value, self._next = self._next, next(self._rest, None)
            yield value


class _Audit:
    def __init__(
        self,
        entries: Iterable[Logged],
        notes: Iterable[tuple[int, bytes]],
        verifier: Verifier,
        witnessed: Sequence[Witnessed],
    ) -> None:
        self.bodiless = False
        self._seen = _Ahead(witnessed, _size_seen)
        self._floors = deque(witnessed)
        self._entries = _Ahead(entries, lambda entry: entry.position or 0)
        self._notes = _Ahead(notes, lambda note: note[0])
        self._verifier = verifier
        self._frontier = Frontier()
        self._heads: list[bytes] = []
        self._bodies = 0
        self._gone: set[int] = set()
        self._erased: set[int] = set()
        self._latest = b""
        self._signed: Checkpoint | None = None
        self._findings: dict[Fault, Finding] = {}

    def await_index(self, waiting: Iterable[Logged]) -> None:
        for entry in waiting:
            with suppress(MalformedError):  # it is judged once it has an index
                leaf = read_leaf(entry.leaf)
                if entry.body is not None and _wrong_with(leaf, entry.body, entry) is None:
                    self._note_erased(leaf, entry.body)

    def leaf_tile(self, first: int, tile: bytes) -> None:
        """The next tile of leaf hashes; `first` is the index of its first leaf."""
        hashes = split_hashes(tile)
        self._without_hash(first)
        self._compare(first, hashes)
        head = head_of(tile) if len(hashes) == WIDTH else None
        if head is not None:
            self._heads.append(head)
        self._extend(first, hashes, head)

    def end_of_leaves(self) -> None:
        self._without_hash(_END)
        for size, note in self._notes.below(_END):
            self._checkpoint(size, note)
        for seen in self._seen.below(_END):
            self._found(Fault.TAIL_CUT, seen.checkpoint.size, _as_seen(seen))
        for position in sorted(self._gone - self._erased):
            self._found(Fault.BODY_GONE, position)
        covered = self._signed.size if self._signed else 0
        if covered < self._frontier.size:
            self._found(Fault.UNSIGNED, covered)

    def upper_tiles(self, stored: dict[TileId, bytes]) -> None:
        expected = tiles_above(self._heads)
        for level, number in sorted(expected.keys() | stored.keys()):
            if expected.get((level, number)) != stored.get((level, number)):
                self._found(Fault.TILE_CHANGED, number, f"tile {level}/{number}")

    def report(self) -> Report:
        findings = tuple(sorted(self._findings.values(), key=lambda found: found.at))
        return Report(self._frontier.size, self._bodies, self._signed, findings)

    def _without_hash(self, first: int) -> None:
        for entry in self._entries.below(first):
            self._found(Fault.HASH_MISSING, entry.position or 0)

    def _compare(self, first: int, hashes: list[bytes]) -> None:
        expected, end = first, first + len(hashes)
        for entry in self._entries.below(end):
            position = entry.position or 0
            if position != expected:
                self._found(Fault.ENTRY_MISSING, expected)
            expected = position + 1
            if leaf_hash(entry.leaf) != hashes[position - first]:
                self._found(Fault.LEAF_CHANGED, position)
            else:
                self._dated(position, entry)
                self._body(position, entry)
        if expected != end:
            self._found(Fault.ENTRY_MISSING, expected)

    def _dated(self, position: int, entry: Logged) -> None:
        """Entries reach the log in the order of their commits, and after what witnesses saw."""
        minute = minute_of(entry.leaf)
        if minute != self._latest and not _is_minute(minute):
            if entry.body is None:  # else the body's leaf is read, and says so itself
                self._found(Fault.LEAF_MALFORMED, position, "it has no minute")
            return
        while self._floors and self._floors[0].checkpoint.size <= position:
            self._latest = max(self._latest, _minute(self._floors.popleft().at))
        if minute < self._latest:
            late = _instant(self._latest) - _instant(minute)
            if late > DISORDER:
                self._found(Fault.BACK_DATED, position, f"by {late}")
        self._latest = max(self._latest, minute)

    def _body(self, position: int, entry: Logged) -> None:
        body = entry.body
        if body is None:
            if not self.bodiless:
                self._gone.add(position)
            return
        self._bodies += 1
        try:
            leaf = read_leaf(entry.leaf)
        except MalformedError as error:
            self._found(Fault.LEAF_MALFORMED, position, str(error))
            return
        wrong = _wrong_with(leaf, body, entry)
        if wrong is not None:
            self._found(Fault.BODY_CHANGED, position, wrong)
        else:
            self._note_erased(leaf, body)

    def _note_erased(self, leaf: Leaf, body: bytes) -> None:
        if leaf.type == ERASED:
            self._erased |= erased_by(read_body(body))

    def _extend(self, first: int, hashes: list[bytes], head: bytes | None) -> None:
        """Grow the tree and compare it at each checkpoint; after a gap it grows no more."""
        frontier, end = self._frontier, first + len(hashes)
        whole = frontier.size == first
        for size, mark in self._marks(end + 1):
            if whole:
                frontier.extend(hashes[frontier.size - first : size - first])
            if isinstance(mark, bytes):
                self._checkpoint(size, mark)
            elif not _is_head(frontier, mark.checkpoint):
                self._found(Fault.FORKED, size, _as_seen(mark))
        if whole and frontier.size == first and head is not None:
            frontier.extend([head], WIDTH)
        elif whole:
            frontier.extend(hashes[frontier.size - first :])

    def _marks(self, bound: int) -> Iterator[tuple[int, bytes | Witnessed]]:
        """What was signed and what was seen of sizes below a bound, by size."""
        marks: list[tuple[int, bytes | Witnessed]] = [*self._notes.below(bound)]
        marks += [(one.checkpoint.size, one) for one in self._seen.below(bound)]
        yield from sorted(marks, key=itemgetter(0))

    def _checkpoint(self, size: int, note: bytes) -> None:
        try:
            signed = checkpoint.opened(note, self._verifier)
        except MalformedError as error:
            self._found(Fault.CHECKPOINT_MALFORMED, size, str(error))
        except UntrustedNoteError as error:
            self._found(Fault.CHECKPOINT_UNTRUSTED, size, str(error))
        else:
            if signed.size != size:
                detail = f"it is filed under {size}, but signed for size {signed.size}"
                self._found(Fault.CHECKPOINT_MALFORMED, size, detail)
            elif not _is_head(self._frontier, signed):
                since = self._signed.size if self._signed else 0
                detail = f"in the entries {since} to {size - 1}: what came before them fits"
                self._found(Fault.TREE_DIFFERS, size, detail)
            else:
                self._signed = signed

    def _found(self, fault: Fault, at: int, detail: str = "") -> None:
        first = self._findings.get(fault)
        self._findings[fault] = (
            replace(first, count=first.count + 1) if first else Finding(fault, at, detail)
        )


def _is_head(frontier: Frontier, head: Checkpoint) -> bool:
    return (head.size, head.root) == (frontier.size, frontier.root())


def _size_seen(seen: Witnessed) -> int:
    return seen.checkpoint.size


def _as_seen(seen: Witnessed) -> str:
    return f"cosigned by {seen.by} at {seen.at:%Y-%m-%dT%H:%M:%SZ}"


def _minute(at: datetime) -> bytes:
    return at.strftime("%Y-%m-%dT%H:%MZ").encode()


def _is_minute(text: bytes) -> bool:
    try:
        return _minute(_instant(text)) == text
    except ValueError:
        return False


def _instant(minute: bytes) -> datetime:
    return datetime.fromisoformat(minute.decode())


def _wrong_with(leaf: Leaf, body: bytes, filed: Logged) -> str | None:
    """Why a body is not the one that was logged with this leaf, None when it is."""
    try:
        openings = read_body(body)
    except MalformedError as error:
        return str(error)
    lost = leaf.commitments.keys() - openings.keys()
    if lost:
        return f"the field {min(lost)} is gone"
    field = misfit(leaf, openings)
    if field is not None:
        return f"the field {field} is another"
    holder = None if filed.holder is None else b64url(filed.holder)
    for name, key, owner in ((HOLDER, holder, "holder"), (APP, filed.app_id, "app")):
        if key != (openings[name].value if name in openings else None):
            return f"the entry was logged as another {owner}'s"
    return None
