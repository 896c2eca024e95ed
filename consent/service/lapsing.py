"""Ending what was given where the rules leave nobody a choice, as units of work."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.model import ALIVE, UNANSWERED, Actor, ConsentVersion, Event
from consent.service.changes import change
from consent.service.views import of_resident
from consent.service.wishes import Change, Randomness

CHANNEL = "portal"


def lapse(
    connection: Connection,
    versions: Iterable[ConsentVersion],
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> None:
    """End these answers, which are in force, rest or wait, and of which one person is the
    subject; `holder` is their pseudonym in the ledger.
    """
    for version in versions:
        wish = Change(
            event=Event.LAPSE if version.state in ALIVE else Event.CANCEL,
            key=UUID(bytes=randomness(16), version=4),
            resident_id=version.resident_id,
            arrangement_id=version.arrangement_id,
            version_id=version.id,
            channel=CHANNEL,
            holder=holder,
            actor=Actor.PORTAL,
        )
        change(connection, wish, now, randomness)


def lapse_all(
    connection: Connection,
    resident_id: UUID,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> None:
    """End all that a person ever agreed to, as their death does."""
    histories = of_resident(connection, resident_id)
    versions = (one for history in histories for one in history.versions)
    given = [one for one in versions if one.state in ALIVE | UNANSWERED]
    lapse(connection, given, holder, now, randomness)
