"""Where the ledger lies: an outbox that becomes a log, its tree, and the bodies beside it.

The hashes of leaves are kept apart from the leaves, so that a changed leaf is told from them. A
body has a table of its own because it can be erased while its leaf stays.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlmodel import Field, SQLModel

from consent.ledger import tiles
from consent.ledger.copies import Copy
from consent.ledger.entry import APP, Entry, Logged, Opening, erasure, read_body, seal
from consent.ledger.evidence import Evidence
from consent.ledger.tiles import TileId

PAGE = 4096

_Select = Select[int, int | None, bytes, bytes | None, bytes | None, str | None]

_Id = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER keys count up by themselves


class LedgerEntryRow(SQLModel, table=True):
    """A leaf; `id` is its place in the outbox, `position` its index once it has one."""

    __tablename__ = "ledger_entries"

    id: int | None = Field(default=None, sa_column=Column(_Id, primary_key=True))
    position: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerBodyRow(SQLModel, table=True):
    """What opens a leaf, whose entry it is and which app it is about; erasable."""

    __tablename__ = "ledger_bodies"
    __table_args__ = (
        Index("ix_ledger_bodies_holder", "holder", "entry_id"),
        Index("ix_ledger_bodies_app_id", "app_id", "entry_id"),
    )

    entry_id: int = Field(
        sa_column=Column(
            _Id, ForeignKey("ledger_entries.id"), primary_key=True, autoincrement=False
        )
    )
    holder: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    app_id: str | None = Field(default=None, sa_column=Column(String))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerTileRow(SQLModel, table=True):
    """A tile of the tree, up to 256 hashes of 32 bytes; level 0 holds the hashes of leaves."""

    __tablename__ = "ledger_tiles"

    level: int = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerHeadRow(SQLModel, table=True):
    """The one row that a sequencer holds locked; `size` leaves have an index."""

    __tablename__ = "ledger_head"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class LedgerCheckpointRow(SQLModel, table=True):
    """A signed checkpoint (a note, UTF-8), and when it was signed."""

    __tablename__ = "ledger_checkpoints"

    size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    signed_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


entries = SQLModel.metadata.tables["ledger_entries"]
bodies = SQLModel.metadata.tables["ledger_bodies"]
tile_rows = SQLModel.metadata.tables["ledger_tiles"]
head = SQLModel.metadata.tables["ledger_head"]
checkpoints = SQLModel.metadata.tables["ledger_checkpoints"]

Index(
    "ix_ledger_entries_outbox",
    entries.c.id,
    sqlite_where=entries.c.position.is_(None),
    postgresql_where=entries.c.position.is_(None),
)


class Size(NamedTuple):
    """How many entries the log has, and how many more await their index."""

    indexed: int
    waiting: int


_INSERT_ENTRY = insert(entries).returning(entries.c.id)
_INSERT_BODY = insert(bodies)

# Read as bytes whatever somebody put there: SQLite keeps any type in any column.
_LOGGED = select(
    entries.c.id,
    entries.c.position,
    cast(entries.c.leaf, LargeBinary).label("leaf"),
    cast(bodies.c.body, LargeBinary).label("body"),
    bodies.c.holder,
    bodies.c.app_id,
).select_from(entries.outerjoin(bodies))

_OF_POSITIONS = entries.c.position.in_(bindparam("positions", expanding=True))
_WITH_BODY = (
    select(entries.c.position).join(bodies).where(_OF_POSITIONS).order_by(entries.c.position)
)
_ERASE = delete(bodies).where(bodies.c.entry_id.in_(select(entries.c.id).where(_OF_POSITIONS)))

_AT_POSITION = _LOGGED.where(entries.c.position == bindparam("index"))
_LAST_CHECKPOINT = (
    select(checkpoints.c.size, checkpoints.c.note).order_by(checkpoints.c.size.desc()).limit(1)
)

_TILES = select(tile_rows.c.number, tile_rows.c.hashes).where(
    tile_rows.c.level == bindparam("of_level"),
    tile_rows.c.number.in_(bindparam("numbers", expanding=True)),
)


def append(
    connection: Connection, entry: Entry, now: datetime, randomness: Callable[[int], bytes]
) -> int:
    """Put an entry into the outbox and give its id; it is logged if this transaction commits.

    Raises:
        UnloggableError: the entry has something that a leaf cannot hold.
    """
    leaf, body = seal(entry, now, randomness)
    entry_id: int = connection.execute(_INSERT_ENTRY, {"leaf": leaf}).scalar_one()
    filed = {"entry_id": entry_id, "holder": entry.holder, "app_id": entry.fields.get(APP)}
    connection.execute(_INSERT_BODY, {**filed, "body": body})
    return entry_id


def erase(
    connection: Connection,
    positions: Collection[int],
    reason: str,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> list[int]:
    """Erase what opens these entries, and say so in a new one; gives those that had a body.

    Leaves stay, so every proof stays valid; what the leaves commit to is gone for good, since
    the salts are. An entry `ledger.erased` names the indices and the reason.
    """
    erased = [
        row.position
        for row in connection.execute(_WITH_BODY, {"positions": list(positions)}).all()
    ]
    if erased:
        connection.execute(_ERASE, {"positions": erased})
        append(connection, erasure(erased, reason), now, randomness)
    return erased


def of_holder(
    connection: Connection, holder: bytes, limit: int, before: int | None = None
) -> list[Logged]:
    """A person's entries, newest first; `before` is the id that the last page ended with."""
    return _newest(connection, _LOGGED.where(bodies.c.holder == holder), limit, before)


def of_app(
    connection: Connection, app_id: str, limit: int, before: int | None = None
) -> list[Logged]:
    """An app's entries, newest first; `before` is the id that the last page ended with."""
    return _newest(connection, _LOGGED.where(bodies.c.app_id == app_id), limit, before)


def newest(connection: Connection, limit: int, before: int | None = None) -> list[Logged]:
    """Everyone's entries, newest first; `before` is the id that the last page ended with."""
    return _newest(connection, _LOGGED, limit, before)


def size(connection: Connection) -> Size:
    """How far the log has come."""
    waiting = select(func.count()).where(entries.c.position.is_(None)).scalar_subquery()
    indexed = select(head.c.size).scalar_subquery()
    row = connection.execute(select(indexed, waiting)).one()
    return Size(row[0] or 0, row[1])


def checkpoint(connection: Connection) -> bytes | None:
    """The newest signed checkpoint, None before the first."""
    last = connection.execute(_LAST_CHECKPOINT).first()
    return None if last is None else last.note


def prove(connection: Connection, position: int, show: Sequence[str] = ()) -> Evidence | None:
    """Evidence that the entry at this index is in the log as last signed; None beyond its end.

    `show` names the fields to open; those that the entry lacks, or that were erased, stay shut.

    Raises:
        MalformedError: the stored tree or body is damaged.
    """
    last = connection.execute(_LAST_CHECKPOINT).first()
    found = connection.execute(_AT_POSITION, {"index": position}).first()
    if last is None or found is None or not position < last.size:
        return None
    ranges = tiles.inclusion_ranges(position, last.size)
    hashes = _hashes(connection, ranges)
    return Evidence(position, found.leaf, _shown(found.body, show), hashes, last.note)


def prove_to(connection: Connection, holder: bytes, position: int) -> Evidence | None:
    """Evidence for the person whose entry it is, in their copy.

    None if the entry at this index is somebody else's, erased, or not in the log as signed.

    Raises:
        MalformedError: the stored tree or body is damaged.
    """
    return _prove_copy(connection, bodies.c.holder == holder, position, Copy.PERSON)


def prove_to_app(connection: Connection, app_id: str, position: int) -> Evidence | None:
    """Evidence for the app that the entry is about, in its copy; else as `prove_to`."""
    return _prove_copy(connection, bodies.c.app_id == app_id, position, Copy.APP)


def prove_growth(connection: Connection, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """The consistency proof between two sizes that the log has had; 0 < old_size <= new_size.

    Raises:
        MalformedError: the stored tree is damaged, or has not come so far.
    """
    return _hashes(connection, tiles.consistency_ranges(old_size, new_size))


def read_tiles(connection: Connection, wanted: set[TileId]) -> tiles.ReadTile:
    """A reader of these tiles, fetched by a statement a level; an absent tile is empty."""
    # Not (level, number) IN (...): for that, SQLite reads every tile.
    fetched: dict[TileId, bytes] = {}
    for level in {level for level, _ in wanted}:
        numbers = [number for of_level, number in wanted if of_level == level]
        rows = connection.execute(_TILES, {"of_level": level, "numbers": numbers})
        fetched.update({(level, row.number): row.hashes for row in rows})
    return lambda level, number: fetched.get((level, number), b"")


def in_order(connection: Connection) -> Iterator[Logged]:
    """Every entry that has an index, by index, read page by page."""
    after = -1
    while True:
        page = (
            _LOGGED.where(entries.c.position > after).order_by(entries.c.position).limit(PAGE)
        )
        rows = [Logged._make(row) for row in connection.execute(page).all()]
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1].position or 0


def all_tiles(connection: Connection) -> Iterator[tuple[TileId, bytes]]:
    """Every tile, leaf hashes first, in order."""
    key = tuple_(tile_rows.c.level, tile_rows.c.number)
    after: TileId = (0, -1)
    while True:
        page = select(
            tile_rows.c.level,
            tile_rows.c.number,
            cast(tile_rows.c.hashes, LargeBinary).label("hashes"),
        )
        page = page.where(key > after).order_by(*key.clauses).limit(PAGE // 64)
        rows = connection.execute(page).all()
        for row in rows:
            yield (row.level, row.number), row.hashes
        if not rows:
            return
        after = (rows[-1].level, rows[-1].number)


def all_checkpoints(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Every signed checkpoint with the size it is filed under, smallest first."""
    after = -1
    while True:
        page = select(
            checkpoints.c.size, cast(checkpoints.c.note, LargeBinary).label("note")
        ).where(checkpoints.c.size > after)
        rows = connection.execute(page.order_by(checkpoints.c.size).limit(PAGE)).all()
        for row in rows:
            yield row.size, row.note
        if not rows:
            return
        after = rows[-1].size


def _newest(
    connection: Connection,
    statement: _Select,
    limit: int,
    before: int | None,
) -> list[Logged]:
    if before is not None:
        statement = statement.where(entries.c.id < before)
    found = connection.execute(statement.order_by(entries.c.id.desc()).limit(limit))
    return [Logged._make(row) for row in found]


def _prove_copy(
    connection: Connection, owned: ColumnElement[bool], position: int, copy: Copy
) -> Evidence | None:
    found = connection.execute(_AT_POSITION.where(owned), {"index": position}).first()
    if found is None or found.body is None:
        return None
    return prove(connection, position, sorted(copy.of(read_body(found.body))))


def _hashes(connection: Connection, ranges: list[tiles.Range]) -> tuple[bytes, ...]:
    read = read_tiles(connection, tiles.tiles_of(ranges))
    return tuple(tiles.hash_of(read, leaves) for leaves in ranges)


def _shown(body: bytes | None, show: Sequence[str]) -> dict[str, Opening]:
    openings = read_body(body) if body is not None and show else {}
    return {name: openings[name] for name in show if name in openings}
