"""What is done with exchanges, as units of work."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from mynaportal_sim.exchange import entries
from mynaportal_sim.exchange.entries import Recorded
from mynaportal_sim.exchange.errors import ImpossibleExchangeError
from mynaportal_sim.exchange.model import Exchange
from mynaportal_sim.opaque import Randomness

ERASED_BECAUSE = "exchange_kept_for_its_term"


def record(
    connection: Connection,
    exchange: Exchange,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> int:
    """Enter an exchange about a person in the ledger; the id of the entry.

    Raises:
        ImpossibleExchangeError: it lies in the future, or too far in the past to be kept.
    """
    if exchange.provided_at > now:
        raise ImpossibleExchangeError("the exchange lies in the future")
    if exchange.kept_until() <= now:
        raise ImpossibleExchangeError("the exchange is so old that its record is not kept")
    return ledger.append(connection, entries.entry(exchange, holder), now, randomness)


def add_missing(
    connection: Connection,
    exchanges: Sequence[Exchange],
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> int:
    """Enter those exchanges about a person that are not there yet; how many they were."""
    known = {one.exchange.requested_at for one in of_person(connection, holder, now)}
    missing = [one for one in exchanges if one.requested_at not in known]
    for exchange in missing:
        record(connection, exchange, holder, now, randomness)
    return len(missing)


def of_person(connection: Connection, holder: bytes, now: datetime) -> list[Recorded]:
    """The exchanges about a person whose records are kept at `now`, latest request first."""
    kept = [one for one in _every(connection, holder, now) if now < one.exchange.kept_until()]
    return sorted(kept, key=lambda one: one.exchange.requested_at, reverse=True)


def overdue(connection: Connection, holder: bytes, now: datetime) -> list[int]:
    """The indices of a person's records that are kept no longer and not erased yet."""
    return [
        one.position
        for one in _every(connection, holder, now)
        if one.position is not None and one.exchange.kept_until() <= now
    ]


def forget(
    connection: Connection,
    positions: Sequence[int],
    now: datetime,
    randomness: Randomness,
) -> list[int]:
    """Erase what opens these records, and have the ledger say so; those that were erased."""
    return ledger.erase(connection, positions, ERASED_BECAUSE, now, randomness)


def _every(connection: Connection, holder: bytes, now: datetime) -> list[Recorded]:
    logged = ledger.of_holder_and_types(connection, holder, now, entries.TYPES)
    return [entries.read(one) for one in logged if one.body is not None]
