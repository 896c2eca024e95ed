"""When the keys at an app's jwks_uri were read, and when they are read again.

The set that was read last, and was good, is kept with the app: it holds until a newer one was
read, however long that takes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, Text, bindparam, delete, insert, select, update
from sqlmodel import Field, SQLModel

from consent.instants import instant, seconds

READ_EVERY = timedelta(minutes=10)
"""How long a key that an app has removed may still count."""
PAUSE = timedelta(seconds=30)
"""Between two tries for one app, whoever sends what: nobody has the portal ask in a loop.

An app cannot be told from a stranger by a key that is not known, so that either's begins it.
"""


class KeySetRow(SQLModel, table=True):
    """Of an app with a jwks_uri; `fault` is what was wrong at the last try, if anything was.

    `reading` says that somebody is at it since `tried_at`.
    """

    __tablename__ = "key_sets"

    client_id: str = Field(primary_key=True, foreign_key="apps.client_id")
    read_at: int = Field(sa_type=BigInteger)
    tried_at: int = Field(sa_type=BigInteger)
    reading: bool
    fault: str = Field(sa_type=Text)


key_sets = SQLModel.metadata.tables["key_sets"]

_FIND = select(key_sets).where(key_sets.c.client_id == bindparam("wanted"))
_CLAIM = (
    update(key_sets)
    .where(
        key_sets.c.client_id == bindparam("wanted"), key_sets.c.tried_at <= bindparam("last")
    )
    .values(tried_at=bindparam("now"), reading=True)
)
_READ = (
    update(key_sets)
    .where(key_sets.c.client_id == bindparam("wanted"))
    .values(read_at=bindparam("now"), reading=False, fault="")
)
_FAILED = (
    update(key_sets)
    .where(key_sets.c.client_id == bindparam("wanted"))
    .values(reading=False, fault=bindparam("said"))
)


@dataclass(frozen=True, slots=True)
class KeySet:
    """What is known of an app's key set: when it was read and tried, and what was wrong."""

    read_at: datetime
    tried_at: datetime
    reading: bool
    fault: str

    def is_being_read(self, now: datetime) -> bool:
        """Whether some process reads it right now, unless that was killed meanwhile."""
        return self.reading and now < self.tried_at + PAUSE

    def is_due(self, now: datetime, *, unknown: bool) -> bool:
        """Whether to read it anew for an assertion, whose key is `unknown` or not."""
        return (unknown or self._is_old(now)) and now >= self.tried_at + PAUSE

    def is_in_doubt(self, now: datetime) -> bool:
        """Whether a key of it may be one that the app has removed, for all that is known.

        Where the last try failed, the next is not likelier to tell: the set counts meanwhile.
        """
        return self._is_old(now) and not self.fault

    def _is_old(self, now: datetime) -> bool:
        return now >= self.read_at + READ_EVERY


def begin(connection: Connection, client_id: str, now: datetime) -> None:
    """Remember of an app that the set which it was registered with was read now.

    That was no try for whoever comes: an app may change its keys right away.
    """
    end(connection, client_id)
    row: dict[str, object] = {"client_id": client_id, "read_at": seconds(now), "tried_at": 0}
    row |= {"reading": False, "fault": ""}
    connection.execute(insert(key_sets), row)


def end(connection: Connection, client_id: str) -> None:
    """Forget it of an app that has no jwks_uri any more."""
    connection.execute(delete(key_sets).where(key_sets.c.client_id == client_id))


def find(connection: Connection, client_id: str) -> KeySet | None:
    """What is known of an app's key set; None for one without a jwks_uri."""
    row = connection.execute(_FIND, {"wanted": client_id}).first()
    if row is None:
        return None
    return KeySet(instant(row.read_at), instant(row.tried_at), row.reading, row.fault)


def claim(connection: Connection, client_id: str, now: datetime) -> bool:
    """Take it on to read the set now; False if somebody else has within the pause."""
    wanted = {"wanted": client_id, "now": seconds(now), "last": seconds(now - PAUSE)}
    return connection.execute(_CLAIM, wanted).rowcount == 1


def was_read(connection: Connection, client_id: str, now: datetime) -> None:
    """Remember that the set was read, and was good."""
    connection.execute(_READ, {"wanted": client_id, "now": seconds(now)})


def failed(connection: Connection, client_id: str, fault: str) -> None:
    """Remember why it could not be read, or was not good."""
    connection.execute(_FAILED, {"wanted": client_id, "said": fault})
