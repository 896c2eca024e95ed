"""The Merkle tree of RFC 6962 (and RFC 9162, which hashes alike), word for word.

The recursive functions are the specification: they take every leaf hash, oldest first, and
`tiles` is held to them by tests. `Frontier` is for a reader who sees the leaves pass once.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_LENGTH = 32
EMPTY_ROOT = sha256().digest()

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf (RFC 6962 2.1)."""
    return sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962 2.1)."""
    return sha256(_NODE + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The nodes above a row of hashes, an even number of them, one after the other."""
    pairs = range(0, len(hashes), 2 * HASH_LENGTH)
    return b"".join(
        [sha256(_NODE + hashes[at : at + 2 * HASH_LENGTH]).digest() for at in pairs]
    )


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH: the head of the tree over these leaf hashes (RFC 6962 2.1)."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = split_of(len(leaves))
    return node_hash(root(leaves[:split]), root(leaves[split:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH: sibling hashes from leaf `index` up to the root (RFC 6962 2.1.1)."""
    if len(leaves) == 1:
        return []
    split = split_of(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF: that the first `old_size` > 0 leaves' tree grew into this one (RFC 6962 2.1.2)."""
    return _subproof(leaves, old_size, known=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, known: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if known else [root(leaves)]
    split = split_of(len(leaves))
    if old_size <= split:
        return [*_subproof(leaves[:split], old_size, known=known), root(leaves[split:])]
    return [*_subproof(leaves[split:], old_size - split, known=False), root(leaves[:split])]


def split_of(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """A tree that only grows, kept as the heads of its complete subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self._heads: list[bytes] = []

    def extend(self, subtrees: Iterable[bytes], width: int = 1) -> None:
        """Add leaf hashes, oldest first, or the heads of complete subtrees of `width` leaves.

        `width` is a power of two that divides the size so far.
        """
        heads, count = self._heads, self.size // width
        for head in subtrees:
            heads.append(head)
            count += 1
            complete = count
            while not complete & 1:
                right = heads.pop()
                heads[-1] = sha256(_NODE + heads[-1] + right).digest()
                complete >>= 1
        self.size = count * width

    def root(self) -> bytes:
        """The head of the tree as it stands."""
        return fold_right(self._heads)


def fold_right(heads: Sequence[bytes]) -> bytes:
    """The root over subtrees of falling size."""
    if not heads:
        return EMPTY_ROOT
    folded = heads[-1]
    for head in reversed(heads[:-1]):
        folded = node_hash(head, folded)
    return folded
