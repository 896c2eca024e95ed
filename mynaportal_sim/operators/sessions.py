"""Sessions of those who operate an app: a cookie of their own, and one app each.

They have nothing to do with a person's session: neither cookie is read for the other. A session
ends after an hour, used or not, or when its operator logs out.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from consent.instants import instant, seconds
from mynaportal_sim import opaque
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.operators.tables import operator_sessions

LASTS = timedelta(hours=1)
COOKIE = "operator"
"""Which of the portal's cookies bears such a session's id."""
_FIND = select(operator_sessions).where(
    operator_sessions.c.digest == bindparam("wanted"),
    operator_sessions.c.ends_at > bindparam("now"),
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever operates `app`; `id` is what their cookie holds."""

    id: str = field(repr=False)
    app: App
    ends_at: datetime


def begin(connection: Connection, app: App, now: datetime, randomness: Randomness) -> Operator:
    """A new session that sees one app."""
    operator = Operator(opaque.new(randomness), app, instant(seconds(now + LASTS)))
    row = {
        "digest": opaque.digest(operator.id),
        "app_id": app.client_id,
        "ends_at": seconds(operator.ends_at),
    }
    connection.execute(insert(operator_sessions), row)
    return operator


def find(connection: Connection, session_id: str, now: datetime) -> Operator | None:
    """The session of that id, its app as it is now; None when it has ended or never was."""
    wanted = {"wanted": opaque.digest(session_id), "now": seconds(now)}
    row = connection.execute(_FIND, wanted).first()
    app = None if row is None else apps.find(connection, row.app_id)
    if row is None or app is None:
        return None
    return Operator(session_id, app, instant(row.ends_at))


def end(connection: Connection, session_id: str) -> None:
    """Log out: the cookie is worth nothing from now on."""
    gone = operator_sessions.c.digest == opaque.digest(session_id)
    connection.execute(delete(operator_sessions).where(gone))


def forget_ended(connection: Connection, now: datetime) -> None:
    """Drop the rows of sessions that have run out."""
    gone = operator_sessions.c.ends_at <= seconds(now)
    connection.execute(delete(operator_sessions).where(gone))
