"""Writes the files of the log into a directory that any web server can serve.

Files are made from the stored tree alone and never change once written, so whoever was killed
halfway is followed by one who writes the same bytes. The checkpoint comes last. One publisher
works at a time: it holds a lock on the directory's lock file, and others let it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, bindparam, select

from consent.ledger import static_files, store
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.errors import MalformedError
from consent.ledger.merkle import HASH_LENGTH
from consent.ledger.note import parse
from consent.ledger.static_files import CHECKPOINT, Part
from consent.ledger.tables import checkpoints, entries
from consent.ledger.tiles import WIDTH

_LOCK = ".lock"
_LEAVES = (
    select(entries.c.leaf)
    .where(entries.c.position >= bindparam("first"), entries.c.position < bindparam("end"))
    .order_by(entries.c.position)
)
_SIGNED = (
    select(checkpoints.c.size)
    .where(checkpoints.c.size > bindparam("after"), checkpoints.c.size <= bindparam("until"))
    .order_by(checkpoints.c.size)
)


def publish(connection: Connection, directory: Path) -> int | None:
    """Bring the files up to the newest checkpoint and give its size.

    None if nothing is signed yet, or another publisher is at work. A log that was published
    further than it is stored is left as it is: a checkpoint never goes back.

    Raises:
        MalformedError: the stored tree or the published checkpoint is damaged.
    """
    signed = store.checkpoint(connection)
    if signed is None:
        return None
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory) as alone:
        return _publish(connection, directory, *signed) if alone else None


def _publish(connection: Connection, directory: Path, size: int, note: bytes) -> int:
    before = _published(directory)
    if before > size:
        return before
    if before < size:
        full = static_files.finished(before, size)
        _write(connection, directory, full)
        for until in connection.execute(_SIGNED, {"after": before, "until": size}).scalars():
            parts = static_files.unfinished(until)
            _write(connection, directory, [part for part in parts if not _filled(part, size)])
        for part in full:
            _drop_partial(directory, part)
    path = directory / CHECKPOINT
    if not path.exists() or path.read_bytes() != note:
        _replace(path, note)
        _sync(directory)
    return size


def _write(connection: Connection, directory: Path, parts: list[Part]) -> None:
    """Write those of these files that are not there yet."""
    for part in parts:
        path = directory / part.path
        if not path.exists():
            content = (
                _leaves(connection, part) if part.level is None else _hashes(connection, part)
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)


def _leaves(connection: Connection, part: Part) -> bytes:
    first = part.number * WIDTH
    wanted = {"first": first, "end": first + part.width}
    leaves = connection.execute(_LEAVES, wanted).scalars().all()
    if len(leaves) != part.width:
        raise MalformedError(f"the ledger lacks entries from {first} on")
    return static_files.bundle(leaves)


def _hashes(connection: Connection, part: Part) -> bytes:
    tile = (part.level or 0, part.number)
    hashes = store.read_tiles(connection, {tile})(*tile)[: part.width * HASH_LENGTH]
    if len(hashes) != part.width * HASH_LENGTH:
        raise MalformedError(f"tile {tile[0]}/{tile[1]} of the ledger is cut short")
    return hashes


def _filled(part: Part, size: int) -> bool:
    """Whether a part is full in the tree of `size` leaves."""
    for _ in range((part.level or 0) + 1):
        size //= WIDTH
    return part.number < size


def _drop_partial(directory: Path, full: Part) -> None:
    """What the full file holds need not stand in parts beside it."""
    parts = directory / (full.path + ".p")
    if parts.is_dir():
        for path in parts.iterdir():
            path.unlink(missing_ok=True)
        parts.rmdir()


def _published(directory: Path) -> int:
    path = directory / CHECKPOINT
    return Checkpoint.parse(parse(path.read_bytes()).text).size if path.exists() else 0


def _replace(path: Path, content: bytes) -> None:
    """Put a file in its place whole, or not at all."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _sync(directory: Path) -> None:
    """See that no power failure takes the new checkpoint back."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(directory: Path) -> Iterator[bool]:
    """Whether nobody else publishes here until the block ends."""
    with (directory / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
