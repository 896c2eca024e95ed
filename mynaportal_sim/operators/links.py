"""One-time links that open an operator's session.

A link's token stands behind the # of its address, which browsers send to nobody: it is in no
log of a server and no preview of the link uses it up. What opens is a form that posts it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique

from sqlalchemy import Connection, bindparam, delete, insert

from consent.instants import instant, seconds
from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from mynaportal_sim import opaque
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.operators import sessions
from mynaportal_sim.operators.sessions import Operator
from mynaportal_sim.operators.tables import operator_links

LASTS = timedelta(minutes=10)
PATH = "/apps/console/open"
_TAKE = (
    delete(operator_links)
    .where(
        operator_links.c.digest == bindparam("wanted"),
        operator_links.c.ends_at > bindparam("now"),
    )
    .returning(operator_links.c.app_id, operator_links.c.way)
)


@unique
class Way(StrEnum):
    """How a link was had."""

    COMMAND = "command"
    """By whoever has the portal's shell."""

    KEY = "private_key_jwt"
    """By whoever has the app's key."""

    REGISTRATION = "registration"
    """By whoever registered the app on the page for that, with no link at all."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is handed out; only a hash of `token` is kept."""

    token: str = field(repr=False)
    ends_at: datetime

    def url(self, issuer: str) -> str:
        """Its address at a portal."""
        return f"{issuer.rstrip('/')}{PATH}#{self.token}"


def issue(
    connection: Connection, app: App, way: Way, now: datetime, randomness: Randomness
) -> Link:
    """A new link to what one app may see, good for one use within `LASTS`."""
    link = Link(opaque.new(randomness), instant(seconds(now + LASTS)))
    row = {
        "digest": opaque.digest(link.token),
        "app_id": app.client_id,
        "way": way.value,
        "ends_at": seconds(link.ends_at),
    }
    connection.execute(insert(operator_links), row)
    return link


def follow(
    connection: Connection, token: str, now: datetime, randomness: Randomness
) -> Operator | None:
    """Use a link up for a session; None if it was used, has run out or never was.

    Of two that use it at once, one gets a session. The ledger enters that one.
    """
    wanted = {"wanted": opaque.digest(token), "now": seconds(now)}
    taken = connection.execute(_TAKE, wanted).first()
    app = None if taken is None else apps.find(connection, taken.app_id)
    if taken is None or app is None:
        return None
    return let_in(connection, app, Way(taken.way), now, randomness)


def let_in(
    connection: Connection, app: App, way: Way, now: datetime, randomness: Randomness
) -> Operator:
    """A session that sees one app, entered in the ledger."""
    operator = sessions.begin(connection, app, now, randomness)
    fields = {"app_id": app.client_id, "app_name": app.name, "way": way.value}
    ledger.append(connection, Entry("app.console_opened", {**fields}), now, randomness)
    return operator


def forget_expired(connection: Connection, now: datetime) -> None:
    """Drop the links that nobody used in time."""
    connection.execute(delete(operator_links).where(operator_links.c.ends_at <= seconds(now)))
