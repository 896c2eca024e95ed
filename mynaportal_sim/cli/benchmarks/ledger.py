"""How fast the ledger takes entries in, proves them and is verified."""

import os
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import Connection, insert

from consent.ledger import checkpoint, store, tables, tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.merkle import leaf_hash
from consent.ledger.sequencer import BATCH, sequence
from consent.ledger.verify import verify
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.ledgers import (
    SIGNER,
    entry,
    ledger_in,
    sealed_leaf,
    some_leaves,
)
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.timing import per_second
from mynaportal_sim.clock import Clock

OUTBOX = 10_000
MILLION = 1_000_000
CHUNK = 40 * tiles.WIDTH  # leaves stored at a time
PROOFS = 500


def leaf_hashing(rig: Rig) -> Figure:
    """Leaf hashes per second, of a leaf as accesses leave them."""
    leaf = sealed_leaf(Clock().now())
    rate = per_second(lambda: leaf_hash(leaf), rig.effort)
    return Figure(rate, f"leaves of {len(leaf)} bytes")


def sequencing(rig: Rig) -> Figure:
    """Entries per second from a filled outbox to a committed checkpoint."""
    count = round(OUTBOX * rig.effort.share)
    now = Clock().now()
    rates = []
    with ledger_in(rig.directory / "outbox.sqlite3") as database:
        for _ in range(rig.effort.rounds):
            database.run(_fill_outbox, count, now)
            began = perf_counter()
            indexed = 0
            while batch := database.run(sequence, SIGNER, now):
                indexed += batch
            rates.append(indexed / (perf_counter() - began))
        if database.run(store.size) != (count * rig.effort.rounds, 0):
            raise BenchError("the sequencer left entries without an index")
    return Figure(
        median(rates), f"{count:,} entries in batches of {BATCH:,}, by the wall clock"
    )


def proving(rig: Rig) -> Figure:
    """Milliseconds for an inclusion proof with its checkpoint, from the database."""
    size = _size(rig)
    chosen = Random(1)  # noqa: S311  any leaves will do, the same in each run
    took = []
    with ledger_in(_million(rig)) as database:
        for _ in range(PROOFS):
            position = chosen.randrange(size)
            began = perf_counter()
            evidence = database.run(store.prove, position)
            took.append(1000 * (perf_counter() - began))
            if evidence is None:
                raise BenchError(f"the ledger gives no proof of entry {position}")
    took.sort()
    return Figure(
        median(took), f"{size:,} entries; 99 % below {took[PROOFS * 99 // 100]:.2f} ms"
    )


def verifying(rig: Rig) -> Figure:
    """Seconds to hold a million stored leaves against tree and checkpoint."""
    size = _size(rig)
    with ledger_in(_million(rig)) as database:
        began, began_cpu = perf_counter(), process_time()
        report = database.run(
            lambda connection: verify(
                store.in_order(connection),
                store.all_tiles(connection),
                store.all_checkpoints(connection),
                SIGNER.verifier,
                bodiless=True,
            )
        )
        took, cpu = perf_counter() - began, process_time() - began_cpu
    if not report.whole or report.size != size:
        raise BenchError(f"the ledger is not found whole: {report}")
    scale = MILLION / size
    note = f"{cpu * scale:.1f} s of CPU" + (
        "" if scale == 1 else f"; {size:,} measured, scaled"
    )
    return Figure(took * scale, note)


def _size(rig: Rig) -> int:
    return round(MILLION * rig.effort.share)


def _fill_outbox(connection: Connection, count: int, now: datetime) -> None:
    for _ in range(count):
        store.append(connection, entry(), now, os.urandom)


def _million(rig: Rig) -> Path:
    """A ledger as a sequencer leaves it, bodies erased; made once, without its commits."""
    path = rig.directory / "million.sqlite3"
    if not path.exists():
        with ledger_in(path) as database:
            database.run(_store_log, _size(rig))
    return path


def _store_log(connection: Connection, size: int) -> None:
    now = Clock().now()
    tree: dict[tiles.TileId, bytes] = {}

    def read(level: int, number: int) -> bytes:
        return tree.get((level, number), b"")

    for first in range(0, size, CHUNK):
        leaves = some_leaves(min(CHUNK, size - first), now)
        rows = [{"position": first + at, "leaf": leaf} for at, leaf in enumerate(leaves)]
        connection.execute(insert(tables.entries), rows)
        tree.update(tiles.grown(read, first, [leaf_hash(leaf) for leaf in leaves]))
    connection.execute(
        insert(tables.tile_rows),
        [
            {"level": level, "number": number, "hashes": hashes}
            for (level, number), hashes in tree.items()
        ],
    )
    note = checkpoint.sign(Checkpoint(SIGNER.name, size, tiles.root(read, size)), SIGNER)
    row = {"size": size, "signed_at": int(now.timestamp()), "note": note}
    connection.execute(insert(tables.checkpoints), row)
