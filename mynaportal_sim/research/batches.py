"""Turns stored entries into rows of the two tables.

Whatever `cutting` leaves over goes one by one through `consent.ledger.entry`, some hundred
times as slowly: fields that have no column, values that are not of their column's kind,
escapes.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from consent.ledger.copies import Copy
from consent.ledger.entry import Logged, Opening, b64url, canonical, read_body, read_leaf
from consent.ledger.errors import MalformedError
from mynaportal_sim.research.columns import (
    ENTRIES,
    FIELDS,
    INDEX,
    LEAF,
    MINUTE,
    MOMENT,
    OPENINGS,
    OTHER,
    TYPE,
    held,
)
from mynaportal_sim.research.cutting import NO_FIELDS, Cut, cut
from mynaportal_sim.research.errors import DamagedLogError

_TAIL = b'"minute":"'  # what follows the commitments in a canonical leaf
_MINUTE = slice(len(_TAIL), len(_TAIL) + 17)
_TYPE = b'","type":"'
_VERSION = b'","v":1}'
_UTC_MINUTE = r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$"


class Batch(NamedTuple):
    """The same entries as rows of both tables."""

    entries: pa.Table
    openings: pa.Table


class _Heads(NamedTuple):
    """What the leaves say in the open, and which of them do not say it as they must."""

    types: pa.DictionaryArray
    minutes: pa.Array
    odd: Any


def batch(logged: Sequence[Logged], copy: Copy) -> Batch:
    """The rows of entries that follow each other in the log.

    The leaf of an entry of which not every field is shown goes along, since it cannot be worked
    out again.

    Raises:
        DamagedLogError: a leaf or a body is none.
    """
    try:
        rows, odd = _cut(logged, copy)
    except (pa.ArrowInvalid, ValueError):
        return _one_by_one(logged, copy)
    slow = _one_by_one([logged[n] for n in odd], copy) if odd else None
    return _merged([*rows, *([slow] if slow else [])])


def _merged(parts: Sequence[Batch]) -> Batch:
    """One batch of several, by index."""
    if len(parts) == 1:
        return parts[0]
    entries, openings = (pa.concat_tables(tables) for tables in zip(*parts, strict=True))
    order = pc.sort_indices(entries.column(INDEX))
    return Batch(entries.take(order), openings.take(order))


def _cut(logged: Sequence[Logged], copy: Copy) -> tuple[list[Batch], list[int]]:
    heads = _heads([entry.leaf for entry in logged])
    bodies = [NO_FIELDS if entry.body is None else entry.body for entry in logged]
    odd = heads.odd.copy()
    found = []
    for piece in cut(bodies, heads.types):
        odd[piece.rows] |= piece.odd
        rows = piece.rows[~odd[piece.rows]]
        if len(rows):
            kept = pa.array(~odd[piece.rows])
            found.append(_batch(logged, heads, rows, _narrowed(piece, kept), copy))
    return found, np.flatnonzero(odd).tolist()


def _narrowed(piece: Cut, kept: pa.Array) -> Cut:
    if not piece.odd.any() and pc.all(kept).as_py():
        return piece
    salts = {name: column.filter(kept) for name, column in piece.salts.items()}
    values = {name: column.filter(kept) for name, column in piece.values.items()}
    return Cut(piece.rows, salts, values, piece.odd)


def _batch(logged: Sequence[Logged], heads: _Heads, rows: Any, piece: Cut, copy: Copy) -> Batch:
    shown = [name for name in piece.values if name not in copy.shut]
    shut = len(shown) < len(piece.values) or not shown
    places = pa.array(rows)
    known = {
        INDEX: pa.array([logged[n].position for n in rows], pa.int64()),
        TYPE: heads.types.take(places).dictionary_decode(),
        MINUTE: heads.minutes.take(places),
    }
    values = known | {name: piece.values[name] for name in shown}
    salts = {INDEX: known[INDEX]} | {name: piece.salts[name] for name in shown}
    if shut:
        salts[LEAF] = pa.array([logged[n].leaf for n in rows], pa.binary())
    return Batch(_filled(values, ENTRIES, len(rows)), _filled(salts, OPENINGS, len(rows)))


def _filled(columns: dict[str, pa.Array], schema: pa.Schema, length: int) -> pa.Table:
    arrays = [
        columns[field.name] if field.name in columns else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema)


def _heads(leaves: Collection[bytes]) -> _Heads:
    tails = pa.array([leaf[leaf.rfind(_TAIL) :] for leaf in leaves], pa.binary())
    minutes = pc.binary_slice(tails, _MINUTE.start, _MINUTE.stop).cast(pa.string())
    named = _MINUTE.stop + len(_TYPE)
    types = pc.binary_slice(tails, named, -len(_VERSION)).cast(pa.string()).dictionary_encode()
    right = [
        pc.match_substring_regex(minutes, _UTC_MINUTE),
        pc.equal(pc.binary_slice(tails, _MINUTE.stop, named), pa.scalar(_TYPE)),
        pc.ends_with(tails, pattern=_VERSION),
        pc.invert(pc.match_substring(types.dictionary, "\\")).take(types.indices),
    ]
    odd = ~np.logical_and.reduce([part.to_numpy(zero_copy_only=False) for part in right])
    if odd.any():
        minutes = pc.if_else(pa.array(~odd), minutes, pa.scalar(None, pa.string()))
    return _Heads(types, minutes.cast(pa.timestamp("s", "UTC")).cast(MOMENT), odd)


def _one_by_one(logged: Sequence[Logged], copy: Copy) -> Batch:
    values: dict[str, list[object]] = {name: [] for name in ENTRIES.names}
    salts: dict[str, list[object]] = {name: [] for name in OPENINGS.names}
    for entry in logged:
        _add(entry, copy, values, salts)
    return Batch(pa.table(values, ENTRIES), pa.table(salts, OPENINGS))


def _add(
    entry: Logged,
    copy: Copy,
    values: dict[str, list[object]],
    salts: dict[str, list[object]],
) -> None:
    position = entry.position or 0
    try:
        leaf = read_leaf(entry.leaf)
        openings = {} if entry.body is None else read_body(entry.body)
    except MalformedError as error:
        raise DamagedLogError(position, str(error)) from error
    shown = copy.of(openings)
    columns, other = _apart(shown)
    whole = shown.keys() == leaf.commitments.keys()
    values[INDEX].append(position)
    values[TYPE].append(leaf.type)
    values[MINUTE].append(leaf.minute.replace(tzinfo=None))
    salts[INDEX].append(position)
    salts[LEAF].append(None if whole else entry.leaf)
    for name in FIELDS:
        values[name].append(columns.get(name))
        salts[name].append(shown[name].salt if name in columns else None)
    unnamed = sorted(other)
    values[OTHER].append(canonical({n: other[n].value for n in unnamed}) if other else None)
    salts[OTHER].append(
        canonical({n: b64url(other[n].salt) for n in unnamed}) if other else None
    )


def _apart(shown: dict[str, Opening]) -> tuple[dict[str, object], dict[str, Opening]]:
    """The values that have a column, and the openings that have none."""
    columns = {
        name: value
        for name, kind in FIELDS.items()
        if name in shown and (value := held(kind, shown[name].value)) is not None
    }
    return columns, {name: shown[name] for name in shown.keys() - columns.keys()}
