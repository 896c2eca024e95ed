"""Where requests that were looked at are kept: the newest of each client, for a week at most.

A sender who proves nothing fills no more than the share of the one name that it gave.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from mynaportal_sim.inspector.model import Inspected
from mynaportal_sim.inspector.tables import inspected

KEPT_FOR = timedelta(days=7)
KEPT_OF_EACH = 200
UNPROVEN = "unproven"
"""Whose share the requests take of senders that have proven nothing."""

_INSERT = insert(inspected)
_OLDEST_KEPT = (
    select(inspected.c.number)
    .where(inspected.c.client_id == bindparam("whose"))
    .order_by(inspected.c.number.desc())
    .offset(KEPT_OF_EACH - 1)
    .limit(1)
)
_FORGET = delete(inspected).where(
    inspected.c.client_id == bindparam("whose"), inspected.c.number < bindparam("oldest")
)
_FORGET_OLD = delete(inspected).where(inspected.c.at < bindparam("since"))
_FIND = select(inspected.c.content).where(
    inspected.c.trace == bindparam("wanted"), inspected.c.at >= bindparam("since")
)
_NEWEST = (
    select(inspected.c.content)
    .where(inspected.c.client_id == bindparam("whose"), inspected.c.at >= bindparam("since"))
    .order_by(inspected.c.number.desc())
    .limit(bindparam("most"))
)


def keep(connection: Connection, one: Inspected) -> None:
    """Keep a request, and of its sender no more than the newest."""
    whose = one.client_id if one.proven else UNPROVEN
    connection.execute(
        _INSERT,
        {
            "trace": one.trace,
            "client_id": whose,
            "at": int(one.at.timestamp()),
            "content": one.dump(),
        },
    )
    oldest = connection.execute(_OLDEST_KEPT, {"whose": whose}).scalar()
    if oldest is not None:
        connection.execute(_FORGET, {"whose": whose, "oldest": oldest})


def forget_old(connection: Connection, now: datetime) -> int:
    """Forget what is older than a week; how many that were."""
    return connection.execute(_FORGET_OLD, {"since": _since(now)}).rowcount


def find(connection: Connection, trace: str, now: datetime) -> Inspected | None:
    """The request whose answer bore this id."""
    found = connection.execute(_FIND, {"wanted": trace, "since": _since(now)}).scalar()
    return None if found is None else Inspected.load(found)


def of_client(
    connection: Connection, client_id: str, most: int, now: datetime
) -> list[Inspected]:
    """The newest requests of a client that had proven who it is."""
    asked = {"whose": client_id, "most": most, "since": _since(now)}
    return [Inspected.load(row.content) for row in connection.execute(_NEWEST, asked)]


def _since(now: datetime) -> int:
    return int((now - KEPT_FOR).timestamp())
