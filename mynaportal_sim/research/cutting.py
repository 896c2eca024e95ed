"""Cuts canonical bodies into columns; parsing them as JSON takes six times as long.

A canonical body is `{"fields":{"a":{"salt":"…","value":…},"b":{…}}}`. Split at `":{"salt":"`,
it falls into parts that hold one field's salt and value and the next field's name; bodies with
the same fields in the same order fall into the same parts, a column each. What does not look
so is odd, and is left to others.
"""

from collections.abc import Iterator, Sequence
from json import loads
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from consent.ledger.entry import canonical
from mynaportal_sim.research.columns import FIELDS, MOMENT, Kind
from mynaportal_sim.research.salts import TEXT_LENGTH, decoded

NO_FIELDS = b'{"fields":{}}'

_SPLIT = b'":{"salt":"'  # never within a string: a quote is escaped there
_FIRST = b'{"fields":{"'
_NEXT = b'},"'
_LAST = b"}}}"
_QUOTE = b'"'
_BETWEEN = b'","value":'
_VALUE = TEXT_LENGTH + len(_BETWEEN)  # where a value begins in its part
_HEAD = _VALUE + 1

_SECOND = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
_INTEGER = r"^(0|-?[1-9]\d{0,15})$"
_UTC_SECOND = pa.timestamp("s", "UTC")


class Cut(NamedTuple):
    """Bodies with the same fields: which they are, and a column for each field.

    `odd` says which of `rows` are not cut right and must be read otherwise.
    """

    rows: Any
    salts: dict[str, pa.Array]
    values: dict[str, pa.Array]
    odd: Any


def cut(bodies: Sequence[bytes], kinds: pa.DictionaryArray) -> Iterator[Cut]:
    """Bodies by the fields they have; `kinds` are the types of the entries.

    Raises:
        ValueError: a salt is none, or a value is none of its kind.
    """
    parts = pc.split_pattern(pa.array(bodies, pa.binary()), _SPLIT)
    escaped = np.fromiter((b"\\" in body for body in bodies), bool, len(bodies))
    offsets, flat = np.asarray(parts.offsets), parts.flatten()
    counts = np.diff(offsets)
    codes = np.asarray(kinds.indices) * (counts.max() + 1) + counts
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        first = flat[offsets[rows[0]] : offsets[rows[0] + 1]].to_pylist()
        places = offsets[rows] + np.arange(len(first))[:, np.newaxis]
        columns = flat.take(_array(places.ravel()))
        yield _cut(
            rows, columns, [part.rpartition(_QUOTE)[2] for part in first[:-1]], escaped[rows]
        )


def _cut(rows: Any, columns: pa.Array, raw_names: list[bytes], odd: Any) -> Cut:
    """Bodies with these fields, from their parts, column by column."""
    first, rest = columns[: len(rows)], columns[len(rows) :]
    if not raw_names:
        return Cut(rows, {}, {}, _not(pc.equal(first, pa.scalar(NO_FIELDS))))
    names = [raw.decode(errors="replace") for raw in raw_names]
    if names != sorted(set(names) & FIELDS.keys()):
        return Cut(rows, {}, {}, np.ones(len(rows), dtype=bool))
    odd = odd | _not(pc.equal(first, pa.scalar(_FIRST + raw_names[0])))
    heads = _heads(rest, len(names))
    odd |= (heads[:, :, TEXT_LENGTH:_VALUE] != np.frombuffer(_BETWEEN, np.uint8)).any(
        axis=(0, 2)
    )
    salts = decoded(heads[:, :, :TEXT_LENGTH])
    values = {}
    ends = [*(_NEXT + name for name in raw_names[1:]), _LAST]
    for place, (name, end) in enumerate(zip(names, ends, strict=True)):
        kind, part = FIELDS[name], rest[place * len(rows) : (place + 1) * len(rows)]
        if quoted := kind in {Kind.TEXT, Kind.INSTANT}:
            odd |= heads[place, :, _VALUE] != _QUOTE[0]
        tail = _QUOTE * quoted + end
        odd |= _not(pc.ends_with(part, pattern=tail))
        values[name], wrong = _read(kind, pc.binary_slice(part, _VALUE + quoted, -len(tail)))
        odd |= wrong
    return Cut(rows, dict(zip(names, salts, strict=True)), values, odd)


def _heads(parts: pa.Array, fields: int) -> Any:
    """What each part begins with, as fields x rows x bytes."""
    heads = pc.binary_slice(parts, 0, _HEAD)
    content = np.frombuffer(heads.buffers()[2], np.uint8)
    if len(content) != _HEAD * len(heads):
        raise ValueError("a field is cut short")
    return content.reshape(fields, -1, _HEAD)


def _read(kind: Kind, shown: pa.Array) -> tuple[pa.Array, Any]:
    """Values from what stands for them, strings without their quotes; and which are odd."""
    match kind:
        case Kind.TEXT:
            return shown.cast(pa.string()), False
        case Kind.INSTANT:
            texts = shown.cast(pa.string())
            odd = _not(pc.match_substring_regex(texts, _SECOND))
            return _without(texts, odd).cast(_UTC_SECOND).cast(MOMENT), odd
        case Kind.NUMBER:
            numbers = shown.cast(pa.string())
            odd = _not(pc.match_substring_regex(numbers, _INTEGER))
            return _without(numbers, odd).cast(pa.int64()), odd
        case Kind.TEXTS:
            return _lists(shown)


def _lists(shown: pa.Array) -> tuple[pa.Array, Any]:
    coded = shown.dictionary_encode()
    lists = [_list(text) for text in coded.dictionary.to_pylist()]
    values = pa.array(lists, Kind.TEXTS.value).take(coded.indices)
    return values, _flags(values.is_null())


def _list(text: bytes) -> list[str] | None:
    try:
        read = loads(text)
    except (ValueError, RecursionError):
        return None
    if not (isinstance(read, list) and all(isinstance(part, str) for part in read)):
        return None
    return read if canonical(read).encode(errors="replace") == text else None


def _without(values: pa.Array, odd: Any) -> pa.Array:
    return (
        pc.if_else(_array(~odd), values, pa.scalar(None, values.type)) if odd.any() else values
    )


def _array(values: Any) -> pa.Array:
    return pa.array(values)


def _not(flags: pa.Array) -> Any:
    return ~_flags(flags)


def _flags(flags: pa.Array) -> Any:
    return flags.to_numpy(zero_copy_only=False)
