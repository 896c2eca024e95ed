"""How far the witnesses that a portal asks have seen its log."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from consent.ledger import cosigned
from consent.ledger.cosignature import Witness


class Sight(NamedTuple):
    """How many entries a witness has seen, and when it saw the last; None if it saw none."""

    name: str
    size: int
    at: datetime | None


class Sights(NamedTuple):
    """What each of a portal's witnesses has seen."""

    each: tuple[Sight, ...]

    @property
    def of(self) -> int:
        """How many witnesses there are."""
        return len(self.each)

    def count(self, position: int) -> int:
        """How many of them have seen the entry at this index."""
        return sum(position < sight.size for sight in self.each)


def sights(connection: Connection, witnesses: Collection[Witness]) -> Sights:
    """What these witnesses have cosigned of the log, in their order."""
    seen = {one.key: one for one in cosigned.seen(connection)}
    return Sights(tuple(_sights(witnesses, seen)))


def _sights(witnesses: Collection[Witness], seen: dict[str, cosigned.Seen]) -> Iterable[Sight]:
    for witness in witnesses:
        known = seen.get(str(witness))
        yield Sight(witness.name, known.size if known else 0, known.at if known else None)
