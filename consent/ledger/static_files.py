"""The files that a log publishes, by path and content (C2SP tlog-tiles).

`checkpoint` is the newest signed note. `tile/<level>/<number>` is 256 hashes of 32 bytes, and
`tile/entries/<number>` 256 leaves, each after its length as a big-endian uint16. One that is
not full yet stands under its path with `.p/<width>`.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from consent.ledger.errors import MalformedError
from consent.ledger.tiles import WIDTH

CHECKPOINT = "checkpoint"
_LENGTH_BYTES = 2


class Part(NamedTuple):
    """A tile, or with no level a bundle of entries, of which `width` are there."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it stands under the log's prefix."""
        kind = "entries" if self.level is None else str(self.level)
        whole = f"tile/{kind}/{_grouped(self.number)}"
        return whole if self.width == WIDTH else f"{whole}.p/{self.width}"


def parts_of(size: int) -> Iterator[Part]:
    """The files of the tree of `size` leaves but the checkpoint: bundles, then by level."""
    yield from _level(None, size)
    level = 0
    while size:
        yield from _level(level, size)
        level, size = level + 1, size // WIDTH


def unfinished(size: int) -> list[Part]:
    """The files of the tree of `size` leaves that are not full."""
    parts, level, count = list[Part](), 0, size
    while count:
        if count % WIDTH:
            number, width = divmod(count, WIDTH)
            parts.append(Part(level, number, width))
            if level == 0:
                parts.append(Part(None, number, width))
        level, count = level + 1, count // WIDTH
    return parts


def finished(old_size: int, size: int) -> list[Part]:
    """The files that are full in the tree of `size` leaves, not in that of `old_size`."""
    parts, level = list[Part](), 0
    while size:
        for number in range(old_size // WIDTH, size // WIDTH):
            parts += (
                [Part(level, number)] if level else [Part(level, number), Part(None, number)]
            )
        level, old_size, size = level + 1, old_size // WIDTH, size // WIDTH
    return parts


def bundle(leaves: Iterable[bytes]) -> bytes:
    """Leaves as an entry bundle."""
    return b"".join(len(leaf).to_bytes(_LENGTH_BYTES, "big") + leaf for leaf in leaves)


def read_bundle(data: bytes) -> list[bytes]:
    """The leaves in an entry bundle.

    Raises:
        MalformedError: the bytes end within a leaf.
    """
    leaves, at = list[bytes](), 0
    while at < len(data):
        begins = at + _LENGTH_BYTES
        at = begins + int.from_bytes(data[at:begins], "big")
        if at > len(data) or begins > len(data):
            raise MalformedError("the entry bundle ends within an entry")
        leaves.append(data[begins:at])
    return leaves


def _level(level: int | None, count: int) -> Iterator[Part]:
    number, width = divmod(count, WIDTH)
    yield from (Part(level, full) for full in range(number))
    if width:
        yield Part(level, number, width)


def _grouped(number: int) -> str:
    """Three digits a path element, all but the last after an x: 1234067 is x001/x234/067."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))
