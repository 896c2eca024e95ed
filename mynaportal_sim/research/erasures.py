"""Which entries of a log are erased, and whether the log says so itself."""

from collections.abc import Collection

from consent.ledger.entry import ERASED, Opening, erased_by

_OF_ERASURE = f'"type":"{ERASED}","v":1}}'.encode()


def tells_of_erasure(leaf: bytes) -> bool:
    """Whether a canonical leaf is of the type that names erased entries."""
    return leaf.endswith(_OF_ERASURE)


class Erasures:
    """Collects what entries tell as they pass; it grows with the erased ones alone."""

    def __init__(self) -> None:
        self._gone: set[int] = set()
        self._named: set[int] = set()

    def gone(self, index: int) -> None:
        """The entry at this index has no fields any more."""
        self._gone.add(index)

    def named(self, openings: dict[str, Opening]) -> None:
        """An entry of type `ledger.erased` says this."""
        self._named |= erased_by(openings)

    def __len__(self) -> int:
        return len(self._gone)

    @property
    def unexplained(self) -> Collection[int]:
        """Entries whose fields are gone without a word, by index."""
        return sorted(self._gone - self._named)
