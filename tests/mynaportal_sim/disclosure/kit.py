"""Entries of one person as they come about, without a database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from consent.ledger.entry import Entry as LedgerEntry
from consent.ledger.entry import Logged, Value, seal
from mynaportal_sim.disclosure.event import Event

BEGIN = datetime(2026, 4, 1, 3, tzinfo=UTC)
HOLDER = b"h" * 32


def event(id_: int, type_: str, /, *, at: datetime | None = None, **said: Value) -> Event:
    """The `id_`th entry, an hour after the one before, with an index one less than its id."""
    return Event(id_, id_ - 1, type_, at or BEGIN + timedelta(hours=id_), said=said)


def logged(id_: int, type_: str, /, at: datetime = BEGIN, **said: Value) -> Logged:
    """An entry as it is stored."""
    leaf, body = seal(LedgerEntry(type_, said, HOLDER), at, _salts(id_))
    return Logged(id_, id_ - 1, leaf, body, HOLDER)


def _salts(seed: int) -> Callable[[int], bytes]:
    return lambda length: bytes((seed + index) % 256 for index in range(length))
