"""The ledger's tree beside pymerkle's and the bare hash, on the same leaves.

Ours and the peer's take turns, each is timed by the CPU of its own process, and every root and
every proof of the one must be the other's.
"""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

from sqlalchemy import Connection, insert

from consent.ledger import checkpoint, store, tables, tiles
from consent.ledger.merkle import HASH_LENGTH, leaf_hash
from consent.ledger.sequencer import BATCH, sequence
from consent.ledger.tiles import HEIGHT, Range, TileId
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.ledgers import SIGNER, ledger_in
from mynaportal_sim.cli.benchmarks.merkle_peer import Lap, MerklePeer
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database

PROOFS = 500
_NODE = bytes(1 + 2 * HASH_LENGTH)  # as long as what an inner node is the hash of


class _Round(NamedTuple):
    ours: Lap
    peer: Lap | None


def growing(rig: Rig) -> Figure:
    """Leaves per second into a tree in memory, with its root after each batch."""
    rounds = [
        _round(rig, partial(_grow, rig.leaves), lambda peer: peer.grow("memory", BATCH))
        for _ in range(rig.effort.rounds)
    ]
    return _figure(rig, rounds, len(rig.leaves), "peer: InmemoryTree", _tree_hashes(rig.leaves))


def appending(rig: Rig) -> Figure:
    """Leaves per second onto the disk, each batch committed, then its signed root."""
    rounds = []
    for number in range(rig.effort.rounds):
        with ledger_in(_place(rig, number)) as database:
            ours = partial(_append, database, rig.leaves)
            rounds.append(_round(rig, ours, lambda peer: peer.grow("sqlite", BATCH)))
    wall = median(round_.ours.wall for round_ in rounds)
    note = f"{len(rig.leaves) / wall:,.0f}/s on the wall clock; peer: SqliteTree, unsigned"
    return _figure(rig, rounds, len(rig.leaves), note, _tree_hashes(rig.leaves))


def proving(rig: Rig) -> Figure:
    """Inclusion proofs per second from the disk, ours with leaf and checkpoint."""
    size, chosen = len(rig.leaves), Random(1)  # noqa: S311  the same leaves in each run
    drawn = [
        [chosen.randrange(size) for _ in range(PROOFS)] for _ in range(rig.effort.rounds + 1)
    ]
    first, *later = drawn
    note = f"{size:,} entries; {_peers_first_proofs(rig.merkle_peer, first)}"
    appended = _place(rig, 0).exists()
    with ledger_in(_place(rig, 0)) as database:
        if not appended:
            _append(database, rig.leaves)
        rounds = [
            _round(rig, partial(_prove, database, some), partial(_peers_proofs, some))
            for some in later
        ]
    nodes = sum(_rehashed(position, size) for position in later[-1])
    return _figure(rig, rounds, PROOFS, note, [_NODE] * nodes)


def _place(rig: Rig, number: int) -> Path:
    return rig.directory / f"merkle-{number}.sqlite3"


def _round(rig: Rig, ours: Callable[[], object], peers: Callable[[MerklePeer], Lap]) -> _Round:
    began, began_cpu = perf_counter(), process_time()
    found = ours()
    lap = Lap(process_time() - began_cpu, perf_counter() - began, found)
    peer = None if rig.merkle_peer is None else peers(rig.merkle_peer)
    if peer is not None and peer.found != lap.found:
        raise BenchError("pymerkle makes another tree of the same leaves")
    return _Round(lap, peer)


def _figure(
    rig: Rig, rounds: Sequence[_Round], count: int, note: str, hashed: Sequence[bytes]
) -> Figure:
    """Rates of `count` things a round; the limit is hashlib over `hashed` and nothing else."""
    ours = median(count / ours.cpu for ours, _ in rounds)
    limit = median(count / _hashing(hashed) for _ in rounds)
    peers = [(count / peer.cpu, peer.cpu / ours.cpu) for ours, peer in rounds if peer]
    if not peers:
        return Figure(ours, f"{note}; peer not measured: {rig.no_merkle_peer}", limit=limit)
    return Figure(
        ours,
        f"{note}; limit: hashlib over the same bytes",
        median(rate for rate, _ in peers),
        median(ratio for _, ratio in peers),
        limit,
    )


def _hashing(inputs: Sequence[bytes]) -> float:
    began = process_time()
    for data in inputs:
        sha256(data).digest()
    return process_time() - began


def _tree_hashes(leaves: Sequence[bytes]) -> list[bytes]:
    """What a tree of these leaves hashes at the least: each leaf and each inner node, once."""
    return [b"\0" + leaf for leaf in leaves] + [_NODE] * (len(leaves) - 1)


def _rehashed(position: int, size: int) -> int:
    """How many inner nodes, which tiles do not hold, a proof from tiles must hash anew."""
    return sum(_nodes_under(leaves) for leaves in tiles.inclusion_ranges(position, size))


def _nodes_under(leaves: Range) -> int:
    count = leaves.end - leaves.begin
    subtrees = [level for level in range(count.bit_length()) if count >> level & 1]
    return sum((1 << level % HEIGHT) - 1 for level in subtrees) + len(subtrees) - 1


def _grow(leaves: Sequence[bytes]) -> list[str]:
    tree, roots = dict[TileId, bytes](), []

    def read(level: int, number: int) -> bytes:
        return tree.get((level, number), b"")

    for first in range(0, len(leaves), BATCH):
        batch = leaves[first : first + BATCH]
        tree.update(tiles.grown(read, first, [leaf_hash(leaf) for leaf in batch]))
        roots.append(tiles.root(read, first + len(batch)).hex())
    return roots


def _append(database: Database, leaves: Sequence[bytes]) -> list[str]:
    now = Clock().now()
    for first in range(0, len(leaves), BATCH):
        database.run(_put_out, leaves[first : first + BATCH])
        database.run(sequence, SIGNER, now)
    signed = database.run(lambda connection: [*store.all_checkpoints(connection)])
    return [checkpoint.opened(note, SIGNER.verifier).root.hex() for _, note in signed]


def _put_out(connection: Connection, leaves: Sequence[bytes]) -> None:
    connection.execute(insert(tables.entries), [{"leaf": leaf} for leaf in leaves])


def _prove(database: Database, positions: Sequence[int]) -> list[list[str]]:
    proofs = []
    for position in positions:
        evidence = database.run(store.prove, position)
        if evidence is None:
            raise BenchError(f"the ledger gives no proof of entry {position}")
        proofs.append([one.hex() for one in evidence.hashes])
    return proofs


def _peers_proofs(positions: Sequence[int], peer: MerklePeer) -> Lap:
    return peer.prove("sqlite", positions)


def _peers_first_proofs(peer: MerklePeer | None, positions: Sequence[int]) -> str:
    """Have the peer grow its trees and fill its cache; says how that went."""
    if peer is None:
        return "ours with leaf and checkpoint"
    for kind in ("memory", "sqlite"):
        peer.grow(kind, BATCH)
    memory, cold = (PROOFS / peer.prove(kind, positions).cpu for kind in ("memory", "sqlite"))
    return (
        f"peer: SqliteTree, cache warm (its first {PROOFS}: {cold:,.0f}/s; "
        f"InmemoryTree: {memory:,.0f}/s)"
    )
