"""Who is kept from whom (支援措置), stored. Each statement names the resident."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select

from consent.insertion import insert_once
from consent.instants import seconds
from consent.store.tables import blocks

_MINE = blocks.c.resident_id == bindparam("resident_id")
_AGAINST = select(blocks.c.against_id).where(_MINE)
_ONE = _AGAINST.where(blocks.c.against_id == bindparam("against_id"))


def add(connection: Connection, resident_id: UUID, against_id: UUID, now: datetime) -> bool:
    """Keep somebody from a resident; False when they are already."""
    statement = (
        insert_once(blocks, connection)
        .values(resident_id=resident_id, against_id=against_id, placed_at=seconds(now))
        .on_conflict_do_nothing()
        .returning(blocks.c.against_id)
    )
    return connection.execute(statement).first() is not None


def lift(connection: Connection, resident_id: UUID, against_id: UUID) -> bool:
    """Keep somebody from a resident no longer; False when they were not kept."""
    statement = delete(blocks).where(
        blocks.c.resident_id == resident_id, blocks.c.against_id == against_id
    )
    return connection.execute(statement).rowcount == 1


def stands(connection: Connection, resident_id: UUID, against_id: UUID) -> bool:
    """Whether somebody is kept from a resident."""
    sought = {"resident_id": resident_id, "against_id": against_id}
    return connection.execute(_ONE, sought).first() is not None


def against(connection: Connection, resident_id: UUID) -> frozenset[UUID]:
    """All who are kept from a resident."""
    return frozenset(connection.execute(_AGAINST, {"resident_id": resident_id}).scalars())
