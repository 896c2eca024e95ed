"""Deliveries, stored. Functions take a connection first, never commit and hide rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from consent.instants import instant, seconds
from mynaportal_sim.delivery.flight import in_turn
from mynaportal_sim.delivery.model import Delivery, Try, Way
from mynaportal_sim.delivery.tables import event_deliveries, event_tries

_WAITING = event_deliveries.c.acknowledged_at.is_(None)
_OF_APP = (
    select(event_deliveries)
    .where(event_deliveries.c.app_id == bindparam("app"))
    .order_by(event_deliveries.c.made_at.desc(), event_deliveries.c.jti)
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
)
_WAITING_OF_APP = (
    select(event_deliveries)
    .where(event_deliveries.c.app_id == bindparam("app"), _WAITING)
    .order_by(event_deliveries.c.made_at, event_deliveries.c.jti)
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
)
_COUNT_WAITING = select(
    func.count(), func.count().filter(event_deliveries.c.fault != "")
).where(event_deliveries.c.app_id == bindparam("app"), _WAITING)
_TRIES = (
    select(event_tries)
    .where(event_tries.c.jti.in_(bindparam("jtis", expanding=True)))
    .order_by(event_tries.c.number)
)


def add(connection: Connection, new: Sequence[Delivery]) -> None:
    """Keep new deliveries."""
    if new:
        connection.execute(insert(event_deliveries), [_values(one) for one in new])


def claim(
    connection: Connection, apps: Iterable[str], now: datetime, until: datetime, most: int
) -> list[Delivery]:
    """Take up at most so many deliveries to these apps that are due, a few of each app's.

    Nobody else gets them before `until`; whoever took them says by then how it went. Of two
    that claim at once, one gets each.
    """
    ours = event_deliveries.c
    turn = in_turn(ours.jti, ours.app_id, ours.next_at, _due(apps, now), most)
    claimed = (
        update(event_deliveries)
        .where(
            event_deliveries.c.jti.in_(turn),
            _WAITING,
            event_deliveries.c.next_at <= seconds(now),
        )
        .values(next_at=seconds(until), tries=event_deliveries.c.tries + 1)
        .returning(event_deliveries)
    )
    found = map(_delivery, connection.execute(claimed))
    return sorted(found, key=lambda one: (one.made_at, one.jti))


def any_due(connection: Connection, apps: Iterable[str], now: datetime) -> bool:
    """Whether anything to these apps is due, without taking it up."""
    due = select(event_deliveries.c.jti).where(_due(apps, now)).limit(1)
    return connection.execute(due).first() is not None


def _due(apps: Iterable[str], now: datetime) -> ColumnElement[bool]:
    return and_(
        _WAITING,
        event_deliveries.c.next_at <= seconds(now),
        event_deliveries.c.app_id.in_(list(apps)),
    )


def settle(connection: Connection, delivery: Delivery, done: Try, next_at: datetime) -> None:
    """Note how a try went; without a fault the delivery has arrived."""
    arrived = None if done.fault else seconds(done.at)
    connection.execute(
        update(event_deliveries)
        .where(event_deliveries.c.jti == delivery.jti, _WAITING)
        .values(fault=done.fault, acknowledged_at=arrived, next_at=seconds(next_at))
    )
    note(connection, delivery.jti, delivery.tries, done)


def note(connection: Connection, jti: UUID, number: int, done: Try) -> None:
    """Add one try to the log of a delivery."""
    row = {
        "jti": jti,
        "number": number,
        "at": seconds(done.at),
        "way": done.way.value,
        "fault": done.fault,
    }
    connection.execute(insert(event_tries), row)


def waiting(connection: Connection, app_id: str, most: int, skip: int = 0) -> list[Delivery]:
    """The oldest deliveries that an app has not acknowledged, but for the first few."""
    asked = {"app": app_id, "most": most, "skip": skip}
    found = connection.execute(_WAITING_OF_APP, asked)
    return list(map(_delivery, found))


def answered(
    connection: Connection, app_id: str, jti: UUID, fault: str, now: datetime
) -> Delivery | None:
    """Note what a polling app says of an event; None if none of its own waits by this jti."""
    told = (
        update(event_deliveries)
        .where(event_deliveries.c.jti == jti, event_deliveries.c.app_id == app_id, _WAITING)
        .values(
            tries=event_deliveries.c.tries + 1,
            fault=fault,
            acknowledged_at=None if fault else seconds(now),
        )
        .returning(event_deliveries)
    )
    row = connection.execute(told).first()
    if row is None:
        return None
    note(connection, jti, row.tries, Try(now, Way.POLL, fault))
    return _delivery(row)


def resend(connection: Connection, app_id: str, jti: UUID, now: datetime) -> bool:
    """Let a delivery be tried again now, also one that has arrived; False if there is none."""
    again = (
        update(event_deliveries)
        .where(event_deliveries.c.jti == jti, event_deliveries.c.app_id == app_id)
        .values(next_at=seconds(now), acknowledged_at=None)
    )
    return connection.execute(again).rowcount == 1


def of_app(connection: Connection, app_id: str, most: int, skip: int = 0) -> list[Delivery]:
    """The newest deliveries to an app, but for the first few."""
    asked = {"app": app_id, "most": most, "skip": skip}
    return list(map(_delivery, connection.execute(_OF_APP, asked)))


def count_waiting(connection: Connection, app_id: str) -> tuple[int, int]:
    """How many deliveries an app has not acknowledged, and how many of these have failed."""
    found = connection.execute(_COUNT_WAITING, {"app": app_id}).one()
    return found[0], found[1]


def tries(connection: Connection, jtis: Sequence[UUID]) -> dict[UUID, list[Try]]:
    """Each try of these deliveries, in order."""
    found: dict[UUID, list[Try]] = {jti: [] for jti in jtis}
    for row in connection.execute(_TRIES, {"jtis": list(jtis)}):
        found[row.jti].append(Try(instant(row.at), Way(row.way), row.fault))
    return found


def forget_arrived(connection: Connection, before: datetime) -> None:
    """Drop deliveries that had arrived by then, with their tries."""
    old = select(event_deliveries.c.jti).where(
        event_deliveries.c.acknowledged_at < seconds(before)
    )
    connection.execute(event_tries.delete().where(event_tries.c.jti.in_(old)))
    connection.execute(
        event_deliveries.delete().where(event_deliveries.c.acknowledged_at < seconds(before))
    )


KEPT_FOR = timedelta(days=365)
"""How long a delivery that has arrived can still be looked at and sent again."""


def _values(one: Delivery) -> dict[str, object]:
    return {
        "jti": one.jti,
        "app_id": one.app_id,
        "arrangement_id": one.arrangement_id,
        "what": one.what,
        "token": one.token,
        "made_at": seconds(one.made_at),
        "next_at": seconds(one.next_at),
        "tries": one.tries,
        "fault": one.fault,
        "acknowledged_at": None,
    }


# Any: a row's columns have no static types in Core.
def _delivery(row: Row[Any]) -> Delivery:
    arrived = row.acknowledged_at
    return Delivery(
        jti=row.jti,
        app_id=row.app_id,
        arrangement_id=row.arrangement_id,
        what=row.what,
        token=row.token,
        made_at=instant(row.made_at),
        next_at=instant(row.next_at),
        tries=row.tries,
        fault=row.fault,
        acknowledged_at=None if arrived is None else instant(arrived),
    )
