"""Where refusals are kept: the newest of each client, for a week at most.

A sender who proves nothing fills no more than the share of the one name that it gave.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from mynaportal_sim.inspector.model import Refusal
from mynaportal_sim.inspector.tables import refusals

KEPT_FOR = timedelta(days=7)
KEPT_OF_EACH = 200
UNPROVEN = "unproven"
"""Whose share the refusals take of senders that have proven nothing."""

_INSERT = insert(refusals)
_OLDEST_KEPT = (
    select(refusals.c.number)
    .where(refusals.c.client_id == bindparam("whose"))
    .order_by(refusals.c.number.desc())
    .offset(KEPT_OF_EACH - 1)
    .limit(1)
)
_FORGET = delete(refusals).where(
    refusals.c.client_id == bindparam("whose"), refusals.c.number < bindparam("oldest")
)
_FORGET_OLD = delete(refusals).where(refusals.c.at < bindparam("since"))
_FIND = select(refusals.c.content).where(
    refusals.c.trace == bindparam("wanted"), refusals.c.at >= bindparam("since")
)
_NEWEST = (
    select(refusals.c.content)
    .where(refusals.c.client_id == bindparam("whose"), refusals.c.at >= bindparam("since"))
    .order_by(refusals.c.number.desc())
    .limit(bindparam("most"))
)


def keep(connection: Connection, refusal: Refusal) -> None:
    """Keep a refusal, and of its sender no more than the newest."""
    whose = refusal.client_id if refusal.proven else UNPROVEN
    connection.execute(
        _INSERT,
        {
            "trace": refusal.trace,
            "client_id": whose,
            "at": int(refusal.at.timestamp()),
            "content": refusal.dump(),
        },
    )
    oldest = connection.execute(_OLDEST_KEPT, {"whose": whose}).scalar()
    if oldest is not None:
        connection.execute(_FORGET, {"whose": whose, "oldest": oldest})


def forget_old(connection: Connection, now: datetime) -> int:
    """Forget what is older than a week; how many that were."""
    return connection.execute(_FORGET_OLD, {"since": _since(now)}).rowcount


def find(connection: Connection, trace: str, now: datetime) -> Refusal | None:
    """The refusal whose answer bore this id."""
    found = connection.execute(_FIND, {"wanted": trace, "since": _since(now)}).scalar()
    return None if found is None else Refusal.load(found)


def of_client(
    connection: Connection, client_id: str, most: int, now: datetime
) -> list[Refusal]:
    """The newest refusals of a client that had proven who it is."""
    asked = {"whose": client_id, "most": most, "since": _since(now)}
    return [Refusal.load(row.content) for row in connection.execute(_NEWEST, asked)]


def _since(now: datetime) -> int:
    return int((now - KEPT_FOR).timestamp())
