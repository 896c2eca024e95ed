"""Reads the rows of an export back as the leaves and openings that they stand for."""

from collections.abc import Iterator
from itertools import zip_longest
from json import loads
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from consent.ledger.entry import VERSION, Opening, b64url, canonical, commitment, read_body
from consent.ledger.errors import MalformedError
from mynaportal_sim.research.columns import ENTRIES, FIELDS, MOMENT, OPENINGS
from mynaportal_sim.research.lines import read_line
from mynaportal_sim.research.manifest import ENTRIES_FILE, LINES_FILE, OPENINGS_FILE

_BATCH = 8192  # rows read at a time
_LINE_MAX = 1 << 26  # bytes; a longer line is none of ours


class Told(NamedTuple):
    """What one row says of an entry; nothing of it is verified.

    `given` says that the leaf stands in the row and was not worked out from the openings; a
    table then says its type and minute besides, in `head`. `fault` says why a row can say
    nothing; then the rest means nothing.
    """

    position: int
    leaf: bytes
    openings: dict[str, Opening]
    given: bool = True
    head: tuple[str, str] | None = None
    fault: str | None = None


class MisshapenError(Exception):
    """A file is not one that `mynasim ledger export` writes; its text says why."""


def of_lines(directory: Path) -> Iterator[Told]:
    """Each line of `entries.jsonl`."""
    with (directory / LINES_FILE).open("rb") as file:
        while text := file.readline(_LINE_MAX):
            try:
                yield Told(*read_line(text))
            except MalformedError as error:
                yield Told(-1, b"", {}, fault=str(error))


def of_tables(directory: Path) -> Iterator[Told]:
    """Each row of the two Parquet files, which belong together row by row.

    Raises:
        MisshapenError: a file is no Parquet, or not of the columns it must have.
    """
    entries = _rows(directory / ENTRIES_FILE, ENTRIES)
    openings = _rows(directory / OPENINGS_FILE, OPENINGS)
    for row, proof in zip_longest(entries, openings):
        if row is None or proof is None:
            lacking = ENTRIES_FILE if row is None else OPENINGS_FILE
            raise MisshapenError(f"{lacking} has fewer rows than the other")
        yield _told(row, proof)


def _rows(path: Path, schema: pa.Schema) -> Iterator[tuple[Any, ...]]:
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(schema):
                raise MisshapenError(f"{path.name} has other columns than an export")
            for batch in file.iter_batches(_BATCH):
                yield from zip(*map(_values, batch.columns), strict=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MisshapenError(f"{path.name} cannot be read ({error})") from error


def _values(column: pa.Array) -> list[Any]:
    if column.type != MOMENT:
        values: list[Any] = column.to_pylist()
        return values
    # As text, to the millisecond: one that is no whole second must not pass for one that is.
    texts = pc.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    whole: list[Any] = pc.replace_substring(texts, ".000Z", "Z").to_pylist()
    return whole


def _told(row: tuple[Any, ...], proof: tuple[Any, ...]) -> Told:
    index, kind, minute, *values, other = row
    second_index, *salts, other_salts, leaf = proof
    if index != second_index:
        return Told(index, b"", {}, fault=f"{OPENINGS_FILE} has entry {second_index} here")
    try:
        openings = {
            name: Opening(salt, value)
            for name, salt, value in zip(FIELDS, salts, values, strict=True)
            if salt is not None
        }
        if any(v is not None and s is None for v, s in zip(values, salts, strict=True)):
            return Told(index, b"", {}, fault="a value has no salt")
        if other is not None:
            openings |= _others(other, other_salts)
        if leaf is not None:
            return Told(index, leaf, openings, head=(kind, minute))
        return Told(index, _leaf(kind, minute, openings), openings, given=False)
    except (MalformedError, ValueError, TypeError, KeyError, RecursionError) as error:
        return Told(index, b"", {}, fault=f"it cannot be read ({error})")


def _others(values: str, salts: str) -> dict[str, Opening]:
    """The openings of fields that have no column."""
    known, proven = loads(values), loads(salts)
    if (
        known.keys() != proven.keys()
        or canonical(known) != values
        or canonical(proven) != salts
    ):
        raise MalformedError("what it says in `other` is not written as an export does")
    joined = {name: {"salt": proven[name], "value": known[name]} for name in known}
    return read_body(canonical({"fields": joined}).encode())


def _leaf(kind: str, minute: str, openings: dict[str, Opening]) -> bytes:
    """The leaf that commits to these openings and no others."""
    told = f'"minute":"{minute[:16]}Z","type":{canonical(kind)},"v":{VERSION}}}'
    return committing(openings) + told.encode()


def committing(openings: dict[str, Opening]) -> bytes:
    """What a leaf begins with that commits to these openings and no others."""
    commitments = ",".join(
        f'"{name}":"{b64url(commitment(name, openings[name]))}"' for name in sorted(openings)
    )
    return f'{{"commitments":{{{commitments}}},'.encode()
