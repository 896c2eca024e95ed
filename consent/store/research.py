"""Who was notified that data go to medical research, and who objects."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.store.tables import research_notices as notices


class Standing(NamedTuple):
    """How a person stands to medical research; None is never, or no longer."""

    notified_at: datetime | None = None
    notified_by: str = ""
    opted_out_at: datetime | None = None


def standing(connection: Connection, holder: bytes, *, lock: bool = False) -> Standing:
    """How a person stands; with `lock`, it stays so until the transaction ends."""
    statement = select(notices).where(notices.c.holder == holder)
    if lock:
        statement = statement.with_for_update(read=True)
    row = connection.execute(statement).first()
    if row is None:
        return Standing()
    return Standing(
        None if row.notified_at is None else instant(row.notified_at),
        row.notified_by,
        None if row.opted_out_at is None else instant(row.opted_out_at),
    )


def notify(connection: Connection, holder: bytes, by: str, now: datetime) -> bool:
    """Store that a person was notified; False when they were before."""
    _begin(connection, holder)
    statement = (
        notices.update()
        .where(notices.c.holder == holder, notices.c.notified_at.is_(None))
        .values(notified_at=seconds(now), notified_by=by)
    )
    return connection.execute(statement).rowcount == 1


def object_to(connection: Connection, holder: bytes, now: datetime) -> bool:
    """Store that a person objects; False when they did before."""
    _begin(connection, holder)
    statement = (
        notices.update()
        .where(notices.c.holder == holder, notices.c.opted_out_at.is_(None))
        .values(opted_out_at=seconds(now))
    )
    return connection.execute(statement).rowcount == 1


def object_no_more(connection: Connection, holder: bytes) -> bool:
    """Store that a person objects no longer; False when they did not."""
    statement = (
        notices.update()
        .where(notices.c.holder == holder, notices.c.opted_out_at.is_not(None))
        .values(opted_out_at=None)
    )
    return connection.execute(statement).rowcount == 1


def _begin(connection: Connection, holder: bytes) -> None:
    blank = {"notified_at": None, "notified_by": "", "opted_out_at": None}
    connection.execute(
        insert_once(notices, connection).values(holder=holder, **blank).on_conflict_do_nothing()
    )
