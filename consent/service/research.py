"""Medical research without consent: notified beforehand, and open to objection."""

from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from consent.service.entries import helped
from consent.service.wishes import Randomness
from consent.store import research as store

NOTIFIED = "research.notified"
OPTED_OUT = "research.opted_out"
OPTED_IN = "research.opted_in"


def notify(
    connection: Connection, holder: bytes, by: str, now: datetime, randomness: Randomness
) -> bool:
    """Notify a person that data may go to medical research; False when they were before."""
    if not store.notify(connection, holder, by, now):
        return False
    ledger.append(connection, Entry(NOTIFIED, {"authority": by}, holder), now, randomness)
    return True


def opt_out(
    connection: Connection,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
    assisted_by: str = "",
) -> bool:
    """Let a person object, from the commit on; False when they did already.

    `assisted_by` is who helped them, empty for nobody.
    """
    if not store.object_to(connection, holder, now):
        return False
    ledger.append(connection, Entry(OPTED_OUT, helped(assisted_by), holder), now, randomness)
    return True


def opt_in(
    connection: Connection,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
    assisted_by: str = "",
) -> bool:
    """Let a person object no longer; False when they did not. `assisted_by` as above."""
    if not store.object_no_more(connection, holder):
        return False
    ledger.append(connection, Entry(OPTED_IN, helped(assisted_by), holder), now, randomness)
    return True
