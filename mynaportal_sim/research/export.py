"""Writes the auditor's copy of the log as files that prove themselves.

Entries pass page by page: while one page is read, the last is turned into columns and written
by a thread, so memory stays the same however long the log is.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from consent.ledger import checkpoint, store
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.copies import Copy
from consent.ledger.entry import AT, Logged
from consent.ledger.merkle import HASH_LENGTH
from consent.ledger.note import Verifier
from mynaportal_sim import __version__
from mynaportal_sim.research.batches import Batch, batch
from mynaportal_sim.research.columns import ENTRIES, FIELDS, INDEX, MINUTE, OPENINGS
from mynaportal_sim.research.erasures import Erasures
from mynaportal_sim.research.errors import DamagedLogError, NoCheckpointError
from mynaportal_sim.research.formats import Format
from mynaportal_sim.research.lines import line
from mynaportal_sim.research.manifest import (
    CHECKPOINT,
    ENTRIES_FILE,
    FORMAT,
    HASHES,
    LINES_FILE,
    MANIFEST,
    OPENINGS_FILE,
    FileRecord,
    Manifest,
)
from mynaportal_sim.research.pages import PAGE, pages
from mynaportal_sim.research.place import whole

ROW_GROUP = 4 * PAGE
WORKERS = 2

_RISING = (INDEX, MINUTE, AT)  # what is stored of them is how much they rise


class Source(NamedTuple):
    """What is exported: a log, as a reader with this key trusts it, of a world."""

    verifier: Verifier
    seed: int | None = None
    copy: Copy = Copy.AUDITOR


def export(
    connection: Connection,
    directory: Path,
    source: Source,
    formats: Collection[Format],
    passed: Callable[[int], object],
) -> Manifest:
    """Write the log as it was last signed into `directory`, which appears when all is there.

    One unit of work, on one snapshot. `passed` is told how many entries have gone by since it
    was told last, per format.

    Raises:
        TakenError: the folder has something in it, or another export is writing it.
        NoCheckpointError: nothing is signed yet.
        DamagedLogError: an entry cannot be read, or is missing.
        UntrustedNoteError: the newest checkpoint is not signed by the source's key.
    """
    newest = store.checkpoint(connection)
    if newest is None:
        raise NoCheckpointError("no checkpoint covers any entry yet; try again in a moment")
    covered = checkpoint.opened(newest.note, source.verifier)
    with whole(directory) as partial:
        (partial / CHECKPOINT).write_bytes(newest.note)
        _write_hashes(connection, covered.size, partial / HASHES)
        erasures = Erasures()
        if Format.PARQUET in formats:
            _write_parquet(
                pages(connection, covered.size, erasures, passed), partial, source.copy
            )
        if Format.JSONL in formats:
            lines = pages(connection, covered.size, erasures, passed)
            _write_lines(lines, partial / LINES_FILE, source.copy)
        for index in erasures.unexplained:
            raise DamagedLogError(index, "its body is gone, and no signed entry says why")
        manifest = _manifest(partial, covered, source, len(erasures))
        (partial / MANIFEST).write_bytes(bytes(manifest))
    return manifest


def _manifest(partial: Path, covered: Checkpoint, source: Source, erased: int) -> Manifest:
    return Manifest(
        format=FORMAT,
        product=f"mynaportal-sim {__version__}",
        copy=source.copy.value,
        seed=source.seed,
        verifier_key=str(source.verifier),
        size=covered.size,
        root=covered.root.hex(),
        erased=erased,
        files={path.name: FileRecord.of(path) for path in sorted(partial.iterdir())},
    )


def _write_hashes(connection: Connection, size: int, path: Path) -> None:
    """The hashes of the leaves, one after the other: the lowest tiles end to end."""
    wanted = size * HASH_LENGTH
    with path.open("xb") as file:
        for (level, _), hashes in store.all_tiles(connection):
            if level or file.tell() == wanted:
                break
            file.write(hashes[: wanted - file.tell()])
        if file.tell() != wanted:
            raise DamagedLogError(file.tell() // HASH_LENGTH, "its hash is missing")


def _write_parquet(pages: Iterator[list[Logged]], partial: Path, copy: Copy) -> None:
    with (
        _entries_writer(partial / ENTRIES_FILE) as entries,
        _openings_writer(partial / OPENINGS_FILE) as openings,
        ThreadPoolExecutor(WORKERS, "export") as pool,
    ):
        for rows in _in_order(pool, pages, copy):
            _append(entries, rows.entries)
            _append(openings, rows.openings)


def _in_order(
    pool: ThreadPoolExecutor, pages: Iterator[list[Logged]], copy: Copy
) -> Iterator[Batch]:
    """The rows of each page, worked out while the next ones are read."""
    ahead: deque[Future[Batch]] = deque()
    for page in pages:
        ahead.append(pool.submit(batch, page, copy))
        if len(ahead) > WORKERS:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _entries_writer(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        ENTRIES,
        compression="zstd",
        use_dictionary=[name for name in ENTRIES.names if name not in _RISING],
        column_encoding=dict.fromkeys(_RISING, "DELTA_BINARY_PACKED"),
        sorting_columns=[pq.SortingColumn(0)],
    )


def _openings_writer(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        OPENINGS,
        # Salts are random: nothing makes them shorter, and nobody looks for one.
        compression={name: "none" if name in FIELDS else "zstd" for name in OPENINGS.names},
        use_dictionary=False,
        write_statistics=[INDEX],
        column_encoding={INDEX: "DELTA_BINARY_PACKED"},
        sorting_columns=[pq.SortingColumn(0)],
    )


def _append(writer: pq.ParquetWriter, rows: pa.Table) -> None:
    """Add rows to the row group that is being filled."""
    for part in rows.combine_chunks().to_batches():
        writer.write_batch(part, row_group_size=ROW_GROUP)


def _write_lines(pages: Iterator[list[Logged]], path: Path, copy: Copy) -> None:
    with path.open("xb") as file:
        for page in pages:
            file.writelines(line(entry, copy) for entry in page)
