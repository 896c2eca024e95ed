"""Judging Merkle proofs as RFC 9162 says, 2.1.3.2 and 2.1.4.2.

A proof is a list of hashes from the bottom up. One that is too short, too long, not made of
32-byte hashes, or about sizes that cannot be, is refused by the same answer as a wrong one.
"""

import hmac
from collections.abc import Sequence

from consent.ledger.merkle import HASH_LENGTH, node_hash


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether leaf `index` of the tree of `size` leaves under `root` has this hash."""
    if not 0 <= index < size or not _are_hashes(leaf_hash, root, *proof):
        return False
    node, last, head = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            head = node_hash(sibling, head)
            node, last = _past_left_turns(node, last)
        else:
            head = node_hash(head, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hmac.compare_digest(head, root)


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `old_size` leaves is a beginning of the tree of `size` leaves.

    The tree of no leaves is a beginning of every tree, and proves it with no hashes.
    """
    if not 0 <= old_size <= size or not _are_hashes(old_root, root, *proof):
        return False
    if old_size == size:
        return not proof and hmac.compare_digest(old_root, root)
    if old_size == 0:
        return not proof
    return _grew(old_size, size, old_root, root, proof)


def _grew(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    # A complete old tree is itself the first node, so a proof need not name it.
    path = [*proof] if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_head = head = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_head, head = node_hash(sibling, old_head), node_hash(sibling, head)
            node, last = _past_left_turns(node, last)
        else:
            head = node_hash(head, sibling)
        node, last = node >> 1, last >> 1
    heads_fit = hmac.compare_digest(old_head, old_root) and hmac.compare_digest(head, root)
    return last == 0 and heads_fit


def _past_left_turns(node: int, last: int) -> tuple[int, int]:
    """Climb to where `node` is a right child, or the tree ends: no sibling lies on the way."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(value) == HASH_LENGTH for value in hashes)
