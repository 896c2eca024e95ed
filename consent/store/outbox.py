"""What apps must hear of, written in the transaction in which it happens.

A row names no resident: the app knows whom an arrangement is about, and the portal's entries
about it are filed under a pseudonym. Whoever delivers takes the rows that are due. That a
consent will run out, or lapse since whoever gave it for a minor will no longer act for them, is
entered when it is granted, due on that day, and struck out when it ends before.
"""

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Connection, bindparam, delete, select

from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.model import Actor, ConsentVersion, Event, OnWithdrawal, Relation
from consent.store.tables import consent_outbox

EXPIRED = "expired"

# Events of which the app hears; the others happen before it has been given anything.
_TOLD = {
    Event.GRANT: "granted",
    Event.SUSPEND: "suspended",
    Event.RESUME: "resumed",
    Event.SUPERSEDE: "superseded",
    Event.WITHDRAW: "withdrawn",
    Event.REVOKE: "revoked",
    Event.INVALIDATE: "invalidated",
    Event.LAPSE: "lapsed",
}
_LASTING = frozenset({Event.GRANT, Event.SUSPEND, Event.RESUME})
# After these the app goes on holding what it got.
_KEPT = frozenset(_TOLD[event] for event in _LASTING)
_DUE = (
    select(consent_outbox.c.id)
    .where(consent_outbox.c.due_at <= bindparam("now"))
    .order_by(consent_outbox.c.due_at)
    .limit(bindparam("most"))
)


class Notice(NamedTuple):
    """Something an app must hear of, and what it must do with the data it holds, by when.

    `what` is how the consent ended or changed; `erase_by` is None where nothing need be erased.
    `categories` were given, and could be passed on to those named in `passed_on`; of a version
    that was replaced, only those of which less is given now. `holder` is
    the resident's pseudonym in the ledger, which the app does not hear of.
    """

    id: UUID
    app_id: str
    arrangement_id: UUID
    version_id: UUID
    what: str
    by: Actor
    reason: str
    happened: datetime
    on_end: OnWithdrawal
    erase_by: datetime | None
    holder: bytes | None
    app_name: str
    categories: tuple[str, ...]
    passed_on: tuple[str, ...]


class Circumstances(NamedTuple):
    """What an event does not tell of itself.

    `holder` is the resident's pseudonym in the ledger, `reason` is for the app to read. Where
    another version takes the place, `lost` are the categories of which that one gives less.
    """

    holder: bytes
    reason: str = ""
    lost: frozenset[str] = frozenset()


class _Said(NamedTuple):
    """What is told of a version, when, and of which categories something is given no more."""

    what: str
    by: Actor
    reason: str
    at: datetime
    gone: frozenset[str]


def enter(
    connection: Connection,
    key: UUID,
    event: Event,
    moved: ConsentVersion,
    told: Circumstances,
) -> None:
    """Enter what has happened to a version, under the key of the event."""
    what = _TOLD.get(event)
    if what is None:
        return
    gone = told.lost if event is Event.SUPERSEDE else moved.terms.categories
    said = _Said(what, moved.state_by, told.reason, moved.state_since, gone)
    _insert(connection, key, moved, told.holder, said)
    if event is Event.GRANT:
        lapses = moved.gives_until < moved.terms.valid_until
        what = _TOLD[Event.LAPSE] if lapses else EXPIRED
        ends = _Said(what, Actor.PORTAL, "", moved.gives_until, gone)
        _insert(connection, uuid5(moved.id, EXPIRED), moved, told.holder, ends)
    elif event not in _LASTING:
        struck = consent_outbox.c.id == uuid5(moved.id, EXPIRED)
        connection.execute(delete(consent_outbox).where(struck))


def any_due(connection: Connection, now: datetime) -> bool:
    """Whether there is something to take."""
    return connection.execute(_DUE, {"now": seconds(now), "most": 1}).first() is not None


def take(connection: Connection, now: datetime, most: int) -> list[Notice]:
    """Take out at most so many of the notices that are due; of two takers, one gets each."""
    due = consent_outbox.c.id.in_(_DUE)
    taken = delete(consent_outbox).where(due).returning(consent_outbox)
    rows = connection.execute(taken, {"now": seconds(now), "most": most})
    return sorted(
        (
            Notice(
                row.id,
                row.app_id,
                row.arrangement_id,
                row.version_id,
                row.what,
                Actor(row.by),
                row.reason,
                instant(row.due_at),
                OnWithdrawal(row.on_end),
                None if row.erase_by is None else instant(row.erase_by),
                row.holder,
                row.app_name,
                tuple(json.loads(row.given)),
                tuple(json.loads(row.passed_on)),
            )
            for row in rows
        ),
        key=lambda notice: notice.happened,
    )


def _insert(
    connection: Connection,
    key: UUID,
    moved: ConsentVersion,
    holder: bytes,
    said: _Said,
) -> None:
    what, by, reason, at, gone = said
    terms, retention = moved.terms, moved.terms.retention
    others = [one.name for one in terms.recipients if one.relation is not Relation.RECIPIENT]
    kept = what in _KEPT or not gone
    erase_by = None if kept else seconds(at + retention.deadline)
    connection.execute(
        insert_once(consent_outbox, connection)
        .values(
            id=key,
            app_id=moved.app_id,
            arrangement_id=moved.arrangement_id,
            version_id=moved.id,
            what=what,
            by=by.value,
            reason=reason,
            due_at=seconds(at),
            on_end=retention.on_withdrawal.value,
            erase_by=erase_by,
            holder=holder,
            app_name=moved.app_name,
            given=json.dumps(sorted(gone)),
            passed_on=json.dumps(others, ensure_ascii=False),
        )
        .on_conflict_do_nothing()
    )
