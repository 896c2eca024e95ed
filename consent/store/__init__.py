"""Arrangements, consent versions and their events, stored.

Functions take a connection first, never commit and hide rows. Each statement names the
resident, by whom the tables can be distributed.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Update, bindparam, or_, select, true

from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.model import Arrangement, ConsentVersion, Event, State
from consent.store import outbox
from consent.store.outbox import Circumstances
from consent.store.rows import (
    arrangement_of,
    arrangement_values,
    state_as,
    version_of,
    version_values,
)
from consent.store.tables import arrangements, consent_events, consent_uses, consent_versions

_VERSIONS = select(consent_versions).where(
    consent_versions.c.resident_id == bindparam("resident_id")
)
_VERSION = _VERSIONS.where(consent_versions.c.id == bindparam("id"))
_OF_APP = _VERSIONS.where(consent_versions.c.app_id == bindparam("app_id"))
_OF_ARRANGEMENT = _VERSIONS.where(
    consent_versions.c.arrangement_id == bindparam("arrangement_id")
)
# FOR NO KEY UPDATE, which queues: of sharing locks new ones are let past an end that waits, so
# that whoever goes on reading could put it off for ever.
_GRANTED_HELD = (
    select(
        consent_versions.c.valid_from_at,
        consent_versions.c.valid_until_at,
        consent_versions.c.lapses_at,
    )
    .where(
        consent_versions.c.resident_id == bindparam("resident_id"),
        consent_versions.c.id == bindparam("id"),
        consent_versions.c.arrangement_id == bindparam("arrangement_id"),
        consent_versions.c.state == State.GRANTED.value,
    )
    .with_for_update(key_share=True)
)
_USE = select(consent_uses.c.token_id).where(
    consent_uses.c.resident_id == bindparam("resident_id"),
    consent_uses.c.version_id == bindparam("version_id"),
    consent_uses.c.token_id == bindparam("token_id"),
)
_ARRANGEMENTS = select(arrangements).where(
    arrangements.c.resident_id == bindparam("resident_id")
)
_LOCKED_BY_ID = _ARRANGEMENTS.where(arrangements.c.id == bindparam("id")).with_for_update()
_LOCKED_BY_SERVICE = _ARRANGEMENTS.where(
    arrangements.c.app_id == bindparam("app_id"),
    arrangements.c.service == bindparam("service"),
).with_for_update()


def find_or_add_arrangement(connection: Connection, wanted: Arrangement) -> Arrangement:
    """The arrangement of that resident, app and service, locked; `wanted` if there was none."""
    connection.execute(
        insert_once(arrangements, connection)
        .values(arrangement_values(wanted))
        .on_conflict_do_nothing()
    )
    sought = {
        "resident_id": wanted.resident_id,
        "app_id": wanted.app_id,
        "service": wanted.service,
    }
    return arrangement_of(connection.execute(_LOCKED_BY_SERVICE, sought).one())


def lock_arrangement(
    connection: Connection, resident_id: UUID, arrangement_id: UUID
) -> Arrangement | None:
    """The arrangement, locked until the transaction ends; every change begins here."""
    sought = {"resident_id": resident_id, "id": arrangement_id}
    row = connection.execute(_LOCKED_BY_ID, sought).first()
    return None if row is None else arrangement_of(row)


def arrangements_of(connection: Connection, resident_id: UUID) -> tuple[Arrangement, ...]:
    """Every arrangement of a resident, newest first."""
    newest = _ARRANGEMENTS.order_by(arrangements.c.created_at.desc(), arrangements.c.id)
    return tuple(map(arrangement_of, connection.execute(newest, {"resident_id": resident_id})))


def version(
    connection: Connection, resident_id: UUID, version_id: UUID
) -> ConsentVersion | None:
    """One version by its id."""
    sought = {"resident_id": resident_id, "id": version_id}
    row = connection.execute(_VERSION, sought).first()
    return None if row is None else version_of(row)


def versions_of_resident(
    connection: Connection, resident_id: UUID
) -> tuple[ConsentVersion, ...]:
    """Every version of every arrangement of a resident, in no order."""
    return tuple(map(version_of, connection.execute(_VERSIONS, {"resident_id": resident_id})))


def versions_of_app(
    connection: Connection, resident_id: UUID, app_id: str
) -> tuple[ConsentVersion, ...]:
    """Every version a resident answered to one app, in no order: what `policy.decide` takes."""
    sought = {"resident_id": resident_id, "app_id": app_id}
    return tuple(map(version_of, connection.execute(_OF_APP, sought)))


def versions_of_arrangement(
    connection: Connection, resident_id: UUID, arrangement_id: UUID
) -> tuple[ConsentVersion, ...]:
    """Every version of one arrangement, in no order."""
    sought = {"resident_id": resident_id, "arrangement_id": arrangement_id}
    return tuple(map(version_of, connection.execute(_OF_ARRANGEMENT, sought)))


def lock_granted(
    connection: Connection, resident_id: UUID, arrangement_id: UUID, version_id: UUID
) -> tuple[datetime, datetime] | None:
    """From when until when a version gives something, if it is granted.

    It then stays granted until the transaction ends: its row is locked, and whatever ends a
    version updates that row.
    """
    sought = {"resident_id": resident_id, "arrangement_id": arrangement_id, "id": version_id}
    row = connection.execute(_GRANTED_HELD, sought).first()
    if row is None:
        return None
    ends = (
        row.valid_until_at if row.lapses_at is None else min(row.valid_until_at, row.lapses_at)
    )
    return instant(row.valid_from_at), instant(ends)


def add_version(connection: Connection, new: ConsentVersion) -> bool:
    """Store a new version; False when its id is taken."""
    statement = (
        insert_once(consent_versions, connection)
        .values(version_values(new))
        .on_conflict_do_nothing()
        .returning(consent_versions.c.id)
    )
    return connection.execute(statement).first() is not None


def save_answer(connection: Connection, answered: ConsentVersion, was: State) -> bool:
    """Store the answer to a request that was put off; False when it is no longer `was`."""
    values = version_values(answered)
    return connection.execute(_of_state(answered, was).values(values)).rowcount == 1


def save_state(connection: Connection, moved: ConsentVersion, was: State) -> bool:
    """Store the state of `moved`; False when the stored one is no longer `was`."""
    statement = _of_state(moved, was).values(
        state=moved.state.value,
        state_since_at=seconds(moved.state_since),
        state_by=moved.state_by.value,
        **state_as(moved.state_as),
    )
    return connection.execute(statement).rowcount == 1


def _of_state(version: ConsentVersion, state: State) -> Update:
    return consent_versions.update().where(
        consent_versions.c.resident_id == version.resident_id,
        consent_versions.c.id == version.id,
        consent_versions.c.state == state.value,
    )


def has_use(connection: Connection, resident_id: UUID, version_id: UUID, token_id: str) -> bool:
    """Whether a token's use of a version is stored."""
    sought = {"resident_id": resident_id, "version_id": version_id, "token_id": token_id}
    return connection.execute(_USE, sought).first() is not None


def count_use(connection: Connection, version: ConsentVersion, now: datetime) -> bool:
    """Count one more use of a granted version; False when it has none left, or rests."""
    usage, at = version.terms.usage, seconds(now)
    rested = at - int(usage.min_interval.total_seconds())
    statement = (
        _of_state(version, State.GRANTED)
        .where(
            or_(consent_versions.c.used_at.is_(None), consent_versions.c.used_at <= rested),
            true() if usage.max_uses is None else consent_versions.c.uses < usage.max_uses,
        )
        .values(uses=consent_versions.c.uses + 1, used_at=at)
    )
    return connection.execute(statement).rowcount == 1


def add_use(connection: Connection, resident_id: UUID, version_id: UUID, token_id: str) -> bool:
    """Store a token's use of a version; False when it is stored already."""
    statement = (
        insert_once(consent_uses, connection)
        .values(resident_id=resident_id, version_id=version_id, token_id=token_id)
        .on_conflict_do_nothing()
        .returning(consent_uses.c.token_id)
    )
    return connection.execute(statement).first() is not None


def add_event(
    connection: Connection,
    key: UUID,
    event: Event,
    moved: ConsentVersion,
    told: Circumstances,
) -> bool:
    """Store what brought `moved` to its state, for the app to hear; False if `key` is taken."""
    statement = (
        insert_once(consent_events, connection)
        .values(
            resident_id=moved.resident_id,
            id=key,
            version_id=moved.id,
            event=event.value,
            actor=moved.state_by.value,
            reason=told.reason,
            happened_at=seconds(moved.state_since),
        )
        .on_conflict_do_nothing()
        .returning(consent_events.c.id)
    )
    added = connection.execute(statement).first() is not None
    if added:
        outbox.enter(connection, key, event, moved, told)
    return added


def event(connection: Connection, resident_id: UUID, key: UUID) -> tuple[UUID, Event] | None:
    """The version that the event with this key happened to, and the event."""
    row = connection.execute(
        select(consent_events.c.version_id, consent_events.c.event).where(
            consent_events.c.resident_id == resident_id, consent_events.c.id == key
        )
    ).first()
    return None if row is None else (row[0], Event(row[1]))
