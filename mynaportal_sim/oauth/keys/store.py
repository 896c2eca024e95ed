"""Signing keys, stored. Functions take a connection first, never commit and hide rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from consent.insertion import insert_once
from consent.instants import instant, seconds
from mynaportal_sim.oauth.keys.life import PUBLISHED_FOR, Key, KeyState
from mynaportal_sim.oauth.keys.tables import signing_keys

_EVERY = select(signing_keys).order_by(signing_keys.c.since.desc(), signing_keys.c.kid)
_MATTERING = _EVERY.where(
    or_(
        signing_keys.c.state.in_([KeyState.NEXT.value, KeyState.ACTIVE.value]),
        signing_keys.c.since > bindparam("horizon"),
    )
)
_FIND = select(signing_keys).where(signing_keys.c.kid == bindparam("wanted"))
_MOVE = (
    update(signing_keys)
    .where(
        signing_keys.c.kid == bindparam("of"),
        signing_keys.c.state == bindparam("before"),
    )
    .values(state=bindparam("to"), since=bindparam("at"), reason=bindparam("why"))
)


def every(connection: Connection) -> list[Key]:
    """Every key that there has been, newest first."""
    return list(map(_key, connection.execute(_EVERY)))


def mattering(connection: Connection, now: datetime) -> tuple[Key, ...]:
    """The next and the active key, and what was retired or removed so lately that a token of
    its time may live; newest first, and never more than a few."""
    found = connection.execute(_MATTERING, {"horizon": seconds(now - PUBLISHED_FOR)})
    return tuple(map(_key, found))


def find(connection: Connection, kid: str) -> Key | None:
    """The key of that name, whatever became of it."""
    row = connection.execute(_FIND, {"wanted": kid}).first()
    return None if row is None else _key(row)


def add(connection: Connection, key: Key) -> bool:
    """Keep a new key; False when there is one in its state, of which there is one only."""
    statement = (
        insert_once(signing_keys, connection)
        .values(
            kid=key.kid,
            state=key.state.value,
            since=seconds(key.since),
            jwk=key.jwk,
            reason=key.reason,
        )
        .on_conflict_do_nothing()
        .returning(signing_keys.c.kid)
    )
    return connection.execute(statement).first() is not None


def move(connection: Connection, before: Key, after: Key) -> bool:
    """Bring a key from one state into another; False when it is no longer in the first."""
    moved = connection.execute(
        _MOVE,
        {
            "of": before.kid,
            "before": before.state.value,
            "to": after.state.value,
            "at": seconds(after.since),
            "why": after.reason,
        },
    )
    return moved.rowcount == 1


# Any: a row's columns have no static types in Core.
def _key(row: Row[Any]) -> Key:
    return Key(row.kid, KeyState(row.state), instant(row.since), row.jwk, row.reason)
