"""That a session has ended, on its way to an app that learned of its login.

What is sent is made anew for each try, since it lives for two minutes only. After as many tries
as there are pauses, and one, nobody tries any more: who was logged out a day ago is history.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    insert,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from consent.instants import instant, seconds
from mynaportal_sim.delivery.flight import in_turn
from mynaportal_sim.delivery.model import BACKOFF, wait

KEPT_FOR = timedelta(days=7)


class LogoutDeliveryRow(SQLModel, table=True):
    """One ended session and one app; no more is tried where `next_at` is not there."""

    __tablename__ = "logout_deliveries"

    id: UUID = Field(primary_key=True)
    client_id: str
    sub: str
    sid: str
    ended_at: int = Field(sa_type=BigInteger)
    next_at: int | None = Field(index=True, sa_type=BigInteger)
    tries: int
    fault: str


logout_deliveries = SQLModel.metadata.tables["logout_deliveries"]


@dataclass(frozen=True, slots=True)
class Logout:
    """An app, its names for a person and for a session of theirs, and when that ended.

    Once it has arrived or was given up there is no `next_at`; `fault` is what was wrong last.
    """

    id: UUID
    client_id: str
    sub: str
    sid: str
    ended_at: datetime
    tries: int = 0
    fault: str = ""
    next_at: datetime | None = None


_SETTLE = (
    update(logout_deliveries)
    .where(logout_deliveries.c.id == bindparam("of"))
    .values(next_at=bindparam("then"), fault=bindparam("wrong"))
)
_OF_APP = (
    select(logout_deliveries)
    .where(logout_deliveries.c.client_id == bindparam("app"))
    .order_by(logout_deliveries.c.ended_at.desc(), logout_deliveries.c.id)
    .limit(bindparam("most"))
)


def add(connection: Connection, new: Sequence[Logout]) -> None:
    """Have these sent from `next_at` on, or from their session's end."""
    rows = [
        {
            "id": one.id,
            "client_id": one.client_id,
            "sub": one.sub,
            "sid": one.sid,
            "ended_at": seconds(one.ended_at),
            "next_at": seconds(one.next_at or one.ended_at),
            "tries": 0,
            "fault": "",
        }
        for one in new
    ]
    if rows:
        connection.execute(insert(logout_deliveries), rows)


def any_due(connection: Connection, busy: Collection[str], now: datetime) -> bool:
    """Whether anything is due to apps but these, without taking it up."""
    due = select(logout_deliveries.c.id).where(_due(busy, now)).limit(1)
    return connection.execute(due).first() is not None


def claim(
    connection: Connection, busy: Collection[str], now: datetime, until: datetime, most: int
) -> list[Logout]:
    """Take up at most so many that are due to apps but these, a few of each app's.

    Nobody else gets them before `until`.

    Of two that claim at once, one gets each.
    """
    ours = logout_deliveries.c
    turn = in_turn(ours.id, ours.client_id, ours.next_at, _due(busy, now), most)
    claimed = (
        update(logout_deliveries)
        .where(
            logout_deliveries.c.id.in_(turn),
            logout_deliveries.c.next_at <= seconds(now),
        )
        .values(next_at=seconds(until), tries=logout_deliveries.c.tries + 1)
        .returning(logout_deliveries)
    )
    return [_logout(row) for row in connection.execute(claimed)]


def settle(connection: Connection, done: Logout, fault: str, at: datetime) -> None:
    """Note how a try went; without a fault it has arrived."""
    again = fault and done.tries <= len(BACKOFF)
    then = seconds(at + wait(done.tries)) if again else None
    connection.execute(_SETTLE, {"of": done.id, "then": then, "wrong": fault})


def of_app(connection: Connection, client_id: str, most: int) -> list[Logout]:
    """What an app is told or was told of late, newest first."""
    found = connection.execute(_OF_APP, {"app": client_id, "most": most})
    return [_logout(row) for row in found]


def forget_old(connection: Connection, now: datetime) -> None:
    """Drop what nobody tries any more."""
    old = logout_deliveries.c.ended_at < seconds(now - KEPT_FOR)
    connection.execute(logout_deliveries.delete().where(old))


def _due(busy: Collection[str], now: datetime) -> ColumnElement[bool]:
    in_time = logout_deliveries.c.next_at <= seconds(now)
    return and_(in_time, logout_deliveries.c.client_id.not_in(busy))


# Any: a row's columns have no static types in Core.
def _logout(row: Row[Any]) -> Logout:
    known = (row.id, row.client_id, row.sub, row.sid, instant(row.ended_at))
    next_at = None if row.next_at is None else instant(row.next_at)
    return Logout(*known, row.tries, row.fault, next_at)
