"""Reads a log from the files that it publishes, wherever they lie, and trusts none of them.

`read(path)` gives the bytes of a file, or None where there is none, so that a directory and a
web server are read alike.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from consent.ledger import static_files
from consent.ledger.entry import Logged, read_leaf
from consent.ledger.errors import MalformedError, MissingFileError
from consent.ledger.merkle import HASH_LENGTH
from consent.ledger.static_files import CHECKPOINT, Part
from consent.ledger.tiles import WIDTH, TileId

Read = Callable[[str], bytes | None]


def checkpoint(read: Read) -> bytes:
    """The newest signed checkpoint, a note that nobody has verified.

    Raises:
        MissingFileError: there is none.
    """
    note = read(CHECKPOINT)
    if note is None:
        raise MissingFileError(CHECKPOINT)
    return note


def entries(read: Read, size: int) -> Iterator[Logged]:
    """The entries of a log of `size` leaves, by index, without their bodies.

    Raises:
        MissingFileError: a bundle is not there.
        MalformedError: a bundle is none, or holds fewer entries than it should.
    """
    for part in static_files.parts_of(size):
        if part.level is not None:
            return
        path, data = _file(read, part)
        try:
            leaves = static_files.read_bundle(data)
        except MalformedError as error:
            raise MalformedError(f"{path}: {error}") from error
        if len(leaves) < part.width:
            raise MalformedError(f"{path} has {len(leaves)} entries, not {part.width}")
        first = part.number * WIDTH
        for index, leaf in enumerate(leaves[: part.width], first):
            yield Logged(index, index, leaf, None, None)


def latest_minute(read: Read, size: int) -> datetime | None:
    """The minute of the last entry of a log of `size` leaves, None if there is none.

    Raises:
        MissingFileError: the bundle is not there.
        MalformedError: the bundle or the entry is none.
    """
    if not size:
        return None
    number, place = divmod(size - 1, WIDTH)
    _, data = _file(read, Part(None, number, place + 1))
    leaves = static_files.read_bundle(data)
    return read_leaf(leaves[place]).minute if place < len(leaves) else None


def tiles(read: Read, size: int) -> Iterator[tuple[TileId, bytes]]:
    """The tiles of a log of `size` leaves, by level, then number.

    Raises:
        MissingFileError: a tile is not there.
        MalformedError: a tile has not the length that it should have.
    """
    for part in static_files.parts_of(size):
        if part.level is not None:
            yield (part.level, part.number), _hashes(read, part)


def tile_reader(read: Read, size: int) -> Callable[[int, int], bytes]:
    """What `consent.ledger.tiles` reads hashes by, from the files of a log of `size` leaves."""

    def read_tile(level: int, number: int) -> bytes:
        count = size // WIDTH**level - number * WIDTH
        return _hashes(read, Part(level, number, min(count, WIDTH))) if count > 0 else b""

    return read_tile


def _hashes(read: Read, part: Part) -> bytes:
    path, data = _file(read, part)
    if len(data) not in {part.width * HASH_LENGTH, WIDTH * HASH_LENGTH}:
        raise MalformedError(f"{path} has {len(data)} bytes, not {part.width * HASH_LENGTH}")
    return data[: part.width * HASH_LENGTH]


def _file(read: Read, part: Part) -> tuple[str, bytes]:
    """A file, or the full one that has taken the place of one that was not."""
    for path in (part.path, part._replace(width=WIDTH).path):
        if (data := read(path)) is not None:
            return path, data
    raise MissingFileError(part.path)
