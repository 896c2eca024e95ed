"""What guardians agreed to and minors assented to. Each statement names the resident."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update

from consent.insertion import insert_once
from consent.instants import seconds
from consent.model import Evidence
from consent.store.tables import assents

_AWAITED = select(assents.c.version_id).where(
    assents.c.resident_id == bindparam("resident_id"), assents.c.assented_at.is_(None)
)


def await_(connection: Connection, resident_id: UUID, version_id: UUID, now: datetime) -> bool:
    """Store that a guardian agreed to a version; False when one did before."""
    statement = (
        insert_once(assents, connection)
        .values(resident_id=resident_id, version_id=version_id, agreed_at=seconds(now))
        .on_conflict_do_nothing()
        .returning(assents.c.version_id)
    )
    return connection.execute(statement).first() is not None


def awaited(connection: Connection, resident_id: UUID) -> frozenset[UUID]:
    """The versions that await the resident's own assent."""
    return frozenset(connection.execute(_AWAITED, {"resident_id": resident_id}).scalars())


def give(
    connection: Connection,
    resident_id: UUID,
    version_id: UUID,
    evidence: Evidence,
    now: datetime,
) -> bool:
    """Store that the resident assents to a version, and how they were known; once."""
    statement = (
        update(assents)
        .where(
            assents.c.resident_id == resident_id,
            assents.c.version_id == version_id,
            assents.c.assented_at.is_(None),
        )
        .values(
            assented_at=seconds(now),
            channel=evidence.channel,
            authentication=evidence.authentication,
        )
    )
    return connection.execute(statement).rowcount == 1
