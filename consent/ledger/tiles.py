"""The tree in tiles of 256 hashes (C2SP tlog-tiles): proofs and growth read a few of them.

Tile (level, number) holds the heads of the complete subtrees of 256^level leaves, from the
256 * number-th on. `read(level, number)` gives a stored tile's hashes, one after the other; of
the last tile of a level it may give more than the size at hand accounts for, since tiles only
grow. A tile that does not hold what the tree needs raises MalformedError.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from consent.ledger.errors import MalformedError
from consent.ledger.merkle import EMPTY_ROOT, HASH_LENGTH, fold_right, parents, split_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
_TILE_LENGTH = WIDTH * HASH_LENGTH

TileId = tuple[int, int]
ReadTile = Callable[[int, int], bytes]


class Range(NamedTuple):
    """The leaves [begin, end) under one node of the tree."""

    begin: int
    end: int


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What the hashes of an inclusion proof stand for, from the leaf's sibling upwards."""
    begin, end, path = 0, size, []
    while end - begin > 1:
        split = begin + split_of(end - begin)
        if index < split:
            path.append(Range(split, end))
            end = split
        else:
            path.append(Range(begin, split))
            begin = split
    return path[::-1]


def consistency_ranges(old_size: int, size: int) -> list[Range]:
    """What the hashes of a consistency proof stand for; 0 < old_size <= size."""
    begin, end, path, known = 0, size, list[Range](), True
    while old_size != end:
        split = begin + split_of(end - begin)
        if old_size <= split:
            path.append(Range(split, end))
            end = split
        else:
            path.append(Range(begin, split))
            begin, known = split, False
    if not known:
        path.append(Range(begin, end))
    return path[::-1]


def tiles_of(ranges: Iterable[Range]) -> set[TileId]:
    """The tiles that hashing these ranges reads."""
    return {
        (level // HEIGHT, (index << level % HEIGHT) // WIDTH)
        for leaves in ranges
        for level, index in _subtrees(leaves)
    }


def hash_of(read: ReadTile, leaves: Range) -> bytes:
    """The head over a range that the tree has a node for."""
    return fold_right([_head(read, level, index) for level, index in _subtrees(leaves)])


def root(read: ReadTile, size: int) -> bytes:
    """The head of the tree of the first `size` leaves."""
    return hash_of(read, Range(0, size)) if size else EMPTY_ROOT


def edge(size: int) -> set[TileId]:
    """The unfinished tiles of a tree: what growing it, or finding its root, reads."""
    counts = enumerate(_counts(size))
    return {(level, count // WIDTH) for level, count in counts if count % WIDTH}


def grown(read: ReadTile, size: int, leaf_hashes: Sequence[bytes]) -> dict[TileId, bytes]:
    """The tiles that change when these leaves follow the first `size`, as they then are."""
    changed: dict[TileId, bytes] = {}
    level, count, fresh = 0, size, b"".join(leaf_hashes)
    while fresh:
        number, filled = divmod(count, WIDTH)
        kept = read(level, number)[: filled * HASH_LENGTH] if filled else b""
        rows = _cut(kept + fresh)
        changed.update({(level, number + after): row for after, row in enumerate(rows)})
        heads = [head_of(row) for row in rows if len(row) == _TILE_LENGTH]
        level, count, fresh = level + 1, count // WIDTH, b"".join(heads)
    return changed


def tiles_above(heads: Sequence[bytes]) -> dict[TileId, bytes]:
    """Every tile above the leaves, from the heads of the full tiles of leaf hashes."""
    level, above = 1, dict[TileId, bytes]()
    while heads:
        rows = _cut(b"".join(heads))
        above.update({(level, number): row for number, row in enumerate(rows)})
        heads = [head_of(row) for row in rows if len(row) == _TILE_LENGTH]
        level += 1
    return above


def head_of(hashes: bytes) -> bytes:
    """The head over a power of two of sibling hashes."""
    while len(hashes) > HASH_LENGTH:
        hashes = parents(hashes)
    return hashes


def split_hashes(tile: bytes) -> list[bytes]:
    """The hashes that a tile holds; what follows the last whole one is dropped."""
    ends = range(HASH_LENGTH, len(tile) + 1, HASH_LENGTH)
    return [tile[end - HASH_LENGTH : end] for end in ends]


def _subtrees(leaves: Range) -> list[tuple[int, int]]:
    """The complete subtrees (level, index) that make up a range, of falling size."""
    parts, begin = [], leaves.begin
    while begin < leaves.end:
        level = (leaves.end - begin).bit_length() - 1
        parts.append((level, begin >> level))
        begin += 1 << level
    return parts


def _head(read: ReadTile, level: int, index: int) -> bytes:
    rise = level % HEIGHT
    number, first = divmod(index << rise, WIDTH)
    tile = read(level // HEIGHT, number)
    hashes = tile[first * HASH_LENGTH : (first + (1 << rise)) * HASH_LENGTH]
    if len(hashes) != HASH_LENGTH << rise:
        raise MalformedError(f"tile {level // HEIGHT}/{number} of the ledger is cut short")
    return _known_head(hashes)


# The upper tiles are in every proof; their hashes are those of the tree, which never change.
_known_head = lru_cache(maxsize=1024)(head_of)


def _cut(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + _TILE_LENGTH] for at in range(0, len(hashes), _TILE_LENGTH)]


def _counts(size: int) -> Iterable[int]:
    """How many hashes each level of tiles holds, from the leaves up."""
    while size:
        yield size
        size //= WIDTH
