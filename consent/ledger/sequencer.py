"""Gives entries their index and signs the tree they make.

One sequencer works at a time: it holds the row of `ledger_head` by an UPDATE that changes
nothing, which locks on PostgreSQL and on SQLite alike. It takes whatever has no index, never
what has an id above the last one seen: ids are given before transactions commit, so a smaller
id may become visible later.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from consent.insertion import insert_once
from consent.ledger import checkpoint, store, tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.errors import ForkError
from consent.ledger.merkle import leaf_hash
from consent.ledger.note import Signer
from consent.ledger.tables import checkpoints, entries, head, tile_rows
from consent.ledger.tiles import ReadTile

BATCH = 1000

_HEAD_ID = 1
_HOLD = update(head).values(size=head.c.size).returning(head.c.size)
_WAITING = select(entries.c.id).where(entries.c.position.is_(None)).limit(1)


def sequence(connection: Connection, signer: Signer, now: datetime, limit: int = BATCH) -> int:
    """Index up to `limit` waiting entries, sign the grown tree, and say how many they were.

    One unit of work; several processes may call it at once.

    Raises:
        ForkError: the stored tree is not the one last signed; nothing may be signed after it.
        MalformedError: the stored tree or its checkpoint is damaged.
        UntrustedNoteError: the stored checkpoint is not this signer's.
    """
    if connection.execute(_WAITING).first() is None:
        return 0
    size = _hold(connection)
    leaves = _index(connection, size, limit)
    if leaves:
        read = store.read_tiles(connection, tiles.edge(size))
        _refuse_fork(connection, signer, size, read)
        root = _grow(connection, size, leaves, read)
        _sign(connection, signer, Checkpoint(signer.name, size + len(leaves), root), now)
    return len(leaves)


def positions(connection: Connection, entry_ids: Collection[int]) -> dict[int, int]:
    """The indices of entries by their ids; those that await theirs are left out."""
    wanted = select(entries.c.id, entries.c.position).where(entries.c.id.in_(entry_ids))
    rows = connection.execute(wanted.where(entries.c.position.is_not(None)))
    return {row.id: row.position for row in rows}


def _hold(connection: Connection) -> int:
    """Wait for every other sequencer, keep them waiting, and say what size the log has."""
    held = connection.execute(_HOLD).scalar()
    if held is None:
        first = insert_once(head, connection).values(id=_HEAD_ID, size=0)
        connection.execute(first.on_conflict_do_nothing())
        held = connection.execute(_HOLD).scalar_one()
    return int(held)


def _index(connection: Connection, size: int, limit: int) -> list[bytes]:
    """Give indices from `size` on, in outbox order, and hand over the leaves in that order."""
    rank = func.row_number().over(order_by=entries.c.id)
    waiting = (
        select(entries.c.id, (size - 1 + rank).label("position"))
        .where(entries.c.position.is_(None))
        .order_by(entries.c.id)
        .limit(limit)
        .subquery("waiting")
    )
    indexed = (
        update(entries)
        .where(entries.c.id == waiting.c.id)
        .values(position=waiting.c.position)
        .returning(entries.c.position, entries.c.leaf)
    )
    rows = sorted(connection.execute(indexed), key=lambda row: row.position)
    return [row.leaf for row in rows]


def _refuse_fork(connection: Connection, signer: Signer, size: int, read: ReadTile) -> None:
    last = store.checkpoint(connection)
    if last is None:
        signed = Checkpoint(signer.name, 0, tiles.root(read, 0))
    else:
        signed = checkpoint.opened(last.note, signer.verifier)
    if signed != Checkpoint(signer.name, size, tiles.root(read, size)):
        raise ForkError(size)


def _grow(connection: Connection, size: int, leaves: Sequence[bytes], read: ReadTile) -> bytes:
    """Store the tiles that change when these leaves are added, and give the new root."""
    changed = tiles.grown(read, size, [leaf_hash(leaf) for leaf in leaves])
    rows = [
        {"level": level, "number": number, "hashes": hashes}
        for (level, number), hashes in changed.items()
    ]
    upsert = insert_once(tile_rows, connection)
    connection.execute(
        upsert.on_conflict_do_update(
            index_elements=["level", "number"], set_={"hashes": upsert.excluded.hashes}
        ),
        rows,
    )
    return tiles.root(
        lambda level, number: changed.get((level, number)) or read(level, number),
        size + len(leaves),
    )


def _sign(connection: Connection, signer: Signer, tree: Checkpoint, now: datetime) -> None:
    row = {
        "size": tree.size,
        "signed_at": int(now.timestamp()),
        "note": checkpoint.sign(tree, signer),
    }
    connection.execute(insert(checkpoints), row)
    connection.execute(update(head).values(size=tree.size))
