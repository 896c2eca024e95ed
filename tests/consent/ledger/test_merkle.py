import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import merkle, tiles
from consent.ledger.errors import MalformedError
from consent.ledger.merkle import HASH_LENGTH, Frontier
from consent.ledger.proof import verify_consistency, verify_inclusion
from consent.ledger.tiles import WIDTH, ReadTile, TileId

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ledger-merkle.json").read_text())
LEAVES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]

MANY = [sha256(n.to_bytes(4, "big")).digest() for n in range(2 * WIDTH * WIDTH + 777)]
sizes = st.one_of(
    st.integers(1, 3 * WIDTH),
    st.builds(
        lambda n, around: max(1, n * WIDTH + around), st.integers(1, 8), st.integers(-2, 2)
    ),
)


def hashes_of(vector: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(part) for part in vector["proof"]]


def reader(stored: dict[TileId, bytes]) -> ReadTile:
    return lambda level, number: stored.get((level, number), b"")


def tree(leaves: Sequence[bytes]) -> ReadTile:
    return reader(tiles.grown(reader({}), 0, leaves))


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:size])
    assert merkle.root(LEAVES[:size]) == ROOTS[size]
    assert frontier.root() == ROOTS[size]
    assert tiles.root(tree(LEAVES[:size]), size) == ROOTS[size]


@pytest.mark.parametrize(
    "vector", VECTORS["inclusion"], ids=lambda v: f"{v['index']} in {v['size']}"
)
def test_published_inclusion_proofs(vector: dict[str, Any]) -> None:
    index, size, proof = vector["index"], vector["size"], hashes_of(vector)
    assert merkle.inclusion_proof(LEAVES[:size], index) == proof
    assert verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize(
    "vector", VECTORS["consistency"], ids=lambda v: f"{v['old_size']} to {v['size']}"
)
def test_published_consistency_proofs(vector: dict[str, Any]) -> None:
    old, size, proof = vector["old_size"], vector["size"], hashes_of(vector)
    assert merkle.consistency_proof(LEAVES[:size], old) == proof
    assert verify_consistency(old, size, ROOTS[old], ROOTS[size], proof)


Damage = Callable[[list[bytes]], list[bytes]]
DAMAGE: list[Any] = [
    pytest.param(lambda proof: proof[:-1], id="too short"),
    pytest.param(lambda proof: proof[1:], id="first gone"),
    pytest.param(lambda proof: [*proof, proof[-1]], id="too long"),
    pytest.param(lambda proof: [*proof, ROOTS[8]], id="root appended"),
    pytest.param(lambda proof: [ROOTS[8], *proof], id="root in front"),
    pytest.param(lambda proof: [*proof, b""], id="empty hash"),
    pytest.param(lambda proof: [proof[0][:-1], *proof[1:]], id="31 bytes"),
    pytest.param(lambda proof: [proof[0] + b"\0", *proof[1:]], id="33 bytes"),
    pytest.param(lambda proof: [bytes([proof[0][0] ^ 8]) + proof[0][1:], *proof[1:]], id="bit"),
    pytest.param(lambda proof: proof[::-1], id="reversed"),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_proofs_prove_nothing(damage: Damage) -> None:
    for vector in VECTORS["inclusion"][1:]:
        proof, index, size = hashes_of(vector), vector["index"], vector["size"]
        if damage(proof) != proof:
            assert not verify_inclusion(LEAVES[index], index, size, damage(proof), ROOTS[size])
    for vector in VECTORS["consistency"][1:]:
        proof, old, size = hashes_of(vector), vector["old_size"], vector["size"]
        assert not verify_consistency(old, size, ROOTS[old], ROOTS[size], damage(proof))


PROOF = hashes_of(VECTORS["inclusion"][1])


@pytest.mark.parametrize(
    ("leaf", "index", "size", "root"),
    [
        pytest.param(LEAVES[0], 1, 8, ROOTS[8], id="another index"),
        pytest.param(LEAVES[0], -1, 8, ROOTS[8], id="negative index"),
        pytest.param(LEAVES[0], 8, 8, ROOTS[8], id="index at the size"),
        pytest.param(LEAVES[0], 0, 0, ROOTS[0], id="empty tree"),
        pytest.param(LEAVES[0], 0, 4, ROOTS[8], id="half the size"),
        pytest.param(LEAVES[0], 0, 16, ROOTS[8], id="twice the size"),
        pytest.param(LEAVES[1], 0, 8, ROOTS[8], id="another leaf"),
        pytest.param(b"", 0, 8, ROOTS[8], id="no leaf hash"),
        pytest.param(LEAVES[0], 0, 8, ROOTS[7], id="another root"),
        pytest.param(LEAVES[0], 0, 8, b"", id="no root"),
    ],
)
def test_a_proof_is_for_one_leaf_of_one_tree(
    leaf: bytes, index: int, size: int, root: bytes
) -> None:
    assert not verify_inclusion(leaf, index, size, PROOF, root)


@pytest.mark.parametrize(
    ("old", "size", "old_root", "root", "proof", "verdict"),
    [
        pytest.param(0, 0, ROOTS[0], ROOTS[0], [], True, id="nothing to nothing"),
        pytest.param(0, 5, ROOTS[0], ROOTS[5], [], True, id="nothing to something"),
        pytest.param(0, 5, ROOTS[0], ROOTS[5], [ROOTS[5]], False, id="nothing, with a hash"),
        pytest.param(5, 5, ROOTS[5], ROOTS[5], [], True, id="equal sizes"),
        pytest.param(5, 5, ROOTS[5], ROOTS[6], [], False, id="equal sizes, other roots"),
        pytest.param(
            5, 5, ROOTS[5], ROOTS[5], [ROOTS[5]], False, id="equal sizes, with a hash"
        ),
        pytest.param(6, 5, ROOTS[6], ROOTS[5], [], False, id="backwards"),
        pytest.param(-1, 5, ROOTS[0], ROOTS[5], [], False, id="negative"),
        pytest.param(4, 8, ROOTS[4], ROOTS[8], [], False, id="complete old tree, no hashes"),
        pytest.param(3, 8, ROOTS[3], ROOTS[8], [], False, id="no hashes"),
        pytest.param(4, 4, b"x", b"x", [], False, id="roots are no hashes"),
    ],
)
def test_consistency_at_its_limits(
    old: int, size: int, old_root: bytes, root: bytes, proof: list[bytes], verdict: bool
) -> None:
    assert verify_consistency(old, size, old_root, root, proof) is verdict


@given(sizes, st.data())
def test_tiles_and_verifiers_agree_with_the_specification(
    size: int, data: st.DataObject
) -> None:
    leaves, index = MANY[:size], data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    read, root = tree(leaves), merkle.root(leaves)
    assert tiles.root(read, size) == root

    path = [tiles.hash_of(read, part) for part in tiles.inclusion_ranges(index, size)]
    assert path == merkle.inclusion_proof(leaves, index)
    assert verify_inclusion(leaves[index], index, size, path, root)

    growth = [tiles.hash_of(read, part) for part in tiles.consistency_ranges(old, size)]
    assert growth == merkle.consistency_proof(leaves, old)
    assert verify_consistency(old, size, merkle.root(leaves[:old]), root, growth)


@given(st.lists(st.integers(1, 2 * WIDTH), min_size=1, max_size=6))
def test_growing_in_batches_gives_the_same_tiles_as_at_once(batches: list[int]) -> None:
    stored: dict[TileId, bytes] = {}
    size = 0
    for batch in batches:
        needed = {tile: stored[tile] for tile in tiles.edge(size)}
        stored |= tiles.grown(reader(needed), size, MANY[size : size + batch])
        size += batch
    assert stored == tiles.grown(reader({}), 0, MANY[:size])
    assert stored.keys() >= tiles.edge(size)


def test_a_proof_in_a_tall_tree_reads_the_tiles_it_said_and_no_others() -> None:
    size = len(MANY)
    stored = tiles.grown(reader({}), 0, MANY)
    frontier = Frontier()
    frontier.extend(MANY)
    for index in (0, WIDTH * WIDTH - 1, WIDTH * WIDTH, size - 1):
        ranges = tiles.inclusion_ranges(index, size)
        only = reader({tile: stored[tile] for tile in tiles.tiles_of(ranges)})
        path = [tiles.hash_of(only, part) for part in ranges]
        assert verify_inclusion(MANY[index], index, size, path, frontier.root())


def test_a_frontier_takes_whole_subtrees() -> None:
    by_leaf, by_tile = Frontier(), Frontier()
    by_leaf.extend(MANY[: 3 * WIDTH])
    by_tile.extend(
        [merkle.root(MANY[n : n + WIDTH]) for n in range(0, 3 * WIDTH, WIDTH)], WIDTH
    )
    assert (by_tile.size, by_tile.root()) == (by_leaf.size, by_leaf.root())


def test_a_short_tile_is_an_error_and_no_proof() -> None:
    stored = {(0, 0): b"".join(MANY[:5])[: -HASH_LENGTH // 2]}
    with pytest.raises(MalformedError):
        tiles.root(reader(stored), 5)
