"""What is done with the stored ledger: append, find, prove, erase.

Functions take a connection first and never commit. `appended` tells whoever runs a unit of work
what it put into the outbox, to be promised once the unit has committed.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    LargeBinary,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.types import NullType

from consent.ledger import tiles
from consent.ledger.copies import Copy
from consent.ledger.entry import (
    APP,
    ERASED,
    Entry,
    Logged,
    Opening,
    erasure,
    leaf_end,
    read_body,
    read_leaf,
    seal,
)
from consent.ledger.evidence import Evidence
from consent.ledger.merkle import leaf_hash
from consent.ledger.promise import Appended
from consent.ledger.tables import bodies, checkpoints, entries, head, tile_rows
from consent.ledger.tiles import TileId

PAGE = 4096
_APPENDED = "consent.ledger.appended"

_Select = Select[int, int | None, bytes, bytes | None, bytes | None, str | None]


class Size(NamedTuple):
    """How many entries the log has, and how many more await their index."""

    indexed: int
    waiting: int


class Signed(NamedTuple):
    """A signed checkpoint, a note, and the size that it is filed under."""

    size: int
    note: bytes


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


def _unprocessed(column: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """Bytes as the driver gives them; to have SQLAlchemy make sure takes half as long again."""
    return type_coerce(cast(column, LargeBinary), NullType())  # type: ignore[arg-type]  # untyped


_SPAN = (
    select(
        entries.c.position,
        _unprocessed(entries.c.leaf).label("leaf"),
        _unprocessed(bodies.c.body).label("body"),
    )
    .select_from(entries.outerjoin(bodies))
    .where(entries.c.position >= bindparam("first"))
    .order_by(entries.c.position)
    .limit(bindparam("count"))
)
_OF_POSITIONS = entries.c.position.in_(bindparam("positions", expanding=True))
# Locked, so that of two who erase the same one finds it gone, and says nothing of it.
_WITH_BODY = (
    select(entries.c.position, entries.c.leaf)
    .join(bodies)
    .where(_OF_POSITIONS)
    .order_by(entries.c.position)
    .with_for_update(of=bodies)
)
_ERASE = delete(bodies).where(bodies.c.entry_id.in_(select(entries.c.id).where(_OF_POSITIONS)))

_AT_POSITION = _LOGGED.where(entries.c.position == bindparam("index"))
_CHECKPOINTS = select(checkpoints.c.size, checkpoints.c.note)
_LAST_CHECKPOINT = _CHECKPOINTS.order_by(checkpoints.c.size.desc()).limit(1)
_BEST_CHECKPOINT = (
    _CHECKPOINTS.where(checkpoints.c.size > bindparam("index"))
    .order_by(checkpoints.c.cosignatures.desc(), checkpoints.c.size.desc())
    .limit(1)
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
    held = None if entry.shown_from is None else int(entry.shown_from.timestamp())
    connection.execute(_INSERT_BODY, {**filed, "body": body, "shown_from_at": held})
    connection.info.setdefault(_APPENDED, []).append(Appended(leaf_hash(leaf), now))
    return entry_id


def appended(connection: Connection) -> list[Appended]:
    """What was appended on this connection since the last call.

    Whoever runs units of work asks before one, to forget, and after it, to know; nothing of it
    may be promised before the transaction has committed.
    """
    found: list[Appended] = connection.info.pop(_APPENDED, [])
    return found


def erase(
    connection: Connection,
    positions: Collection[int],
    reason: str,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> list[int]:
    """Erase what opens these entries, and say so in a new one; gives those that had a body.

    Leaves stay, so every proof stays valid; what the leaves commit to is gone for good, since
    the salts are. An entry `ledger.erased` names the indices and the reason; such an entry is
    not erased itself, or what it explains would be unexplained.
    """
    erased = [
        row.position
        for row in connection.execute(_WITH_BODY, {"positions": list(positions)}).all()
        if read_leaf(row.leaf).type != ERASED
    ]
    if erased:
        connection.execute(_ERASE, {"positions": erased})
        append(connection, erasure(erased, reason), now, randomness)
    return erased


def of_holder(
    connection: Connection, holder: bytes, now: datetime, limit: int, before: int | None = None
) -> list[Logged]:
    """A person's entries that are shown to them at `now`, newest first.

    `before` is the id that the last page ended with.
    """
    return _newest(connection, _LOGGED.where(_shown_to(holder, now)), limit, before)


def of_holder_and_types(
    connection: Connection, holder: bytes, now: datetime, types: Collection[str]
) -> list[Logged]:
    """A person's entries of these types, as `of_holder`; for types of which nobody has many."""
    wanted = or_(*(_ends_with(leaf_end(type_)) for type_ in types))
    found = connection.execute(
        _LOGGED.where(_shown_to(holder, now), wanted).order_by(entries.c.id.desc())
    )
    return [Logged._make(row) for row in found]


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


def checkpoint(connection: Connection) -> Signed | None:
    """The newest signed checkpoint, None before the first."""
    last = connection.execute(_LAST_CHECKPOINT).first()
    return None if last is None else Signed._make(last)


def prove(
    connection: Connection, position: int, show: Sequence[str] = (), copy: Copy | None = None
) -> Evidence | None:
    """Evidence that the entry at this index is in the log as signed; None beyond its end.

    Of the checkpoints that cover it, it is the newest of those with the most witnesses. `show`
    names the fields to open beside those that `copy` shows; those that the entry lacks, or that
    were erased, stay shut.

    Raises:
        MalformedError: the stored tree or body is damaged.
    """
    signed = connection.execute(_BEST_CHECKPOINT, {"index": position}).first()
    found = connection.execute(_AT_POSITION, {"index": position}).first()
    if signed is None or found is None:
        return None
    ranges = tiles.inclusion_ranges(position, signed.size)
    hashes = _hashes(connection, ranges)
    shown = _shown(found.body, show, copy)
    return Evidence(position, found.leaf, shown, hashes, signed.note)


def prove_to(
    connection: Connection, holder: bytes, now: datetime, position: int
) -> Evidence | None:
    """Evidence for the person whose entry it is, in their copy.

    None if the entry at this index is somebody else's, not shown to them yet, erased, or not in
    the log as signed.

    Raises:
        MalformedError: the stored tree or body is damaged.
    """
    return _prove_copy(connection, _shown_to(holder, now), position, Copy.PERSON)


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
        rows = list(map(Logged._make, _plain_rows(connection.execute(page))))
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1].position or 0


def waiting(connection: Connection) -> list[Logged]:
    """Every entry that awaits its index."""
    found = connection.execute(_LOGGED.where(entries.c.position.is_(None)))
    return [Logged._make(row) for row in found]


def span(connection: Connection, first: int, count: int) -> list[Logged]:
    """At most `count` entries with an index from `first` on, by index; for going through all.

    Of each there are the index, the leaf and the body, as fast as the database gives them.
    """
    rows = connection.execute(_SPAN, {"first": first, "count": count}).all()
    return [Logged(0, position, leaf, body, None) for position, leaf, body in rows]


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


# Any: the driver's own rows, of which no more is known than that they are tuples. Making a Row
# of each takes longer than reading it.
def _plain_rows(result: CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    return result.cursor.fetchall()


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
    return prove(connection, position, copy=copy)


def _shown_to(holder: bytes, now: datetime) -> ColumnElement[bool]:
    """The one test of whether an entry is a person's and may be shown to them."""
    held_back_until = bodies.c.shown_from_at
    return and_(
        bodies.c.holder == holder,
        or_(held_back_until.is_(None), held_back_until <= int(now.timestamp())),
    )


def _ends_with(end: bytes) -> ColumnElement[bool]:
    begins = func.length(entries.c.leaf) - len(end) + 1
    return func.substr(entries.c.leaf, begins) == literal(end, LargeBinary)


def _hashes(connection: Connection, ranges: list[tiles.Range]) -> tuple[bytes, ...]:
    read = read_tiles(connection, tiles.tiles_of(ranges))
    return tuple(tiles.hash_of(read, leaves) for leaves in ranges)


def _shown(body: bytes | None, show: Sequence[str], copy: Copy | None) -> dict[str, Opening]:
    openings = read_body(body) if body is not None and (show or copy) else {}
    shown = copy.of(openings) if copy else {}
    return shown | {name: openings[name] for name in show if name in openings}
