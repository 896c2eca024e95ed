"""Browser sessions: a cookie here, a row there, and only a hash of the cookie in the row.

A session begins anonymous, so that a login has something to be bound to. Logging in always
makes a new one and deletes the old (session fixation). For whom a person acts is chosen within
a session, and ends with it. It ends after 30 idle minutes, after
8 hours, or at logout.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import BigInteger, Connection, Row, bindparam, select
from sqlmodel import Field, SQLModel

from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.jose import b64url
from mynaportal_sim.login import cookies
from mynaportal_sim.login.assurance import ASSURANCES
from mynaportal_sim.login.challenge import Channel, Randomness
from mynaportal_sim.login.errors import LoginRequiredError

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
_ID_LENGTH = 32


class SessionRow(SQLModel, table=True):
    """A session; `digest` is the SHA-256 of its id."""

    __tablename__ = "sessions"

    digest: bytes = Field(primary_key=True)
    resident_id: UUID | None = Field(index=True)
    channel: str | None
    authenticated_at: int | None = Field(sa_type=BigInteger)
    begun_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(index=True, sa_type=BigInteger)
    acting_for: UUID | None
    mandate_id: UUID | None


sessions = SQLModel.metadata.tables["sessions"]
_FIND = select(sessions).where(
    sessions.c.digest == bindparam("wanted"),
    sessions.c.begun_at > bindparam("begun_after"),
    sessions.c.seen_at > bindparam("seen_after"),
)
_SEE = (
    sessions.update()
    .where(sessions.c.digest == bindparam("wanted"))
    .values(seen_at=bindparam("now"))
)
_TURN = (
    sessions.update()
    .where(sessions.c.digest == bindparam("was"))
    .values(
        digest=bindparam("becomes"),
        acting_for=bindparam("principal"),
        mandate_id=bindparam("mandate"),
    )
)
_END = sessions.delete().where(sessions.c.digest == bindparam("wanted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser's session; `id` is what its cookie holds."""

    id: str = field(repr=False)
    seen_at: datetime
    resident_id: UUID | None = None
    channel: Channel | None = None
    auth_time: datetime | None = None

    @property
    def acr(self) -> str | None:
        """How strongly the person was authenticated (OpenID Connect Core 2)."""
        return ASSURANCES[self.channel].acr if self.channel else None

    @property
    def amr(self) -> tuple[str, ...]:
        """By which methods."""
        return ASSURANCES[self.channel].amr if self.channel else ()


class Errand(NamedTuple):
    """For whom a person acts in a session, and under which mandate of theirs."""

    principal: UUID
    mandate_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Session):
    """The session of a person who has logged in, and for whom they act if not for themselves.

    That they chose to act is no proof that they may: whoever reads it asks the mandate.
    """

    resident_id: UUID
    channel: Channel
    auth_time: datetime
    errand: Errand | None = None

    @property
    def whom(self) -> UUID:
        """The one whose data this session is about now."""
        return self.resident_id if self.errand is None else self.errand.principal


def begin(connection: Connection, now: datetime, randomness: Randomness) -> Session:
    """A new anonymous session."""
    session = Session(id=_new_id(randomness), seen_at=now)
    _insert(connection, session, now)
    return session


def log_in(
    connection: Connection,
    before: str,
    person: tuple[UUID, Channel],
    now: datetime,
    randomness: Randomness,
) -> LoggedIn:
    """The session of a person who has just logged in; the one with the id `before` ends."""
    end(connection, before)
    resident_id, channel = person
    session = LoggedIn(
        id=_new_id(randomness),
        seen_at=now,
        resident_id=resident_id,
        channel=channel,
        auth_time=now.replace(microsecond=0),
    )
    _insert(connection, session, now)
    return session


def turn(
    connection: Connection, session: LoggedIn, errand: Errand | None, randomness: Randomness
) -> LoggedIn | None:
    """The same session, from now on about somebody else; None when it has ended meanwhile.

    It gets a new id, so that no form that was shown about the one is ever sent about the other.
    """
    turned = replace(session, id=_new_id(randomness), errand=errand)
    principal, mandate = errand or (None, None)
    moved = {"was": digest(session.id), "becomes": digest(turned.id)}
    told = {"principal": principal, "mandate": mandate}
    return turned if connection.execute(_TURN, moved | told).rowcount == 1 else None


def find(connection: Connection, session_id: str, now: datetime) -> Session | None:
    """The session of that id; None when there is none or it has ended."""
    row = _living(connection, digest(session_id), now)
    if row is None:
        return None
    seen_at = datetime.fromtimestamp(row.seen_at, UTC)
    if row.resident_id is None:
        return Session(id=session_id, seen_at=seen_at)
    return LoggedIn(
        id=session_id,
        seen_at=seen_at,
        resident_id=row.resident_id,
        channel=Channel(row.channel),
        auth_time=datetime.fromtimestamp(row.authenticated_at, UTC),
        errand=None if row.acting_for is None else Errand(row.acting_for, row.mandate_id),
    )


def lives(connection: Connection, wanted: bytes, now: datetime) -> bool:
    """Whether the session whose id has the digest `wanted` has not ended."""
    return _living(connection, wanted, now) is not None


def _living(connection: Connection, wanted: bytes, now: datetime) -> Row[Any] | None:
    bounds = {
        "wanted": wanted,
        "begun_after": int((now - ABSOLUTE).timestamp()),
        "seen_after": int((now - IDLE).timestamp()),
    }
    return connection.execute(_FIND, bounds).first()


def see(connection: Connection, session_id: str, now: datetime) -> None:
    """Note that the session is in use, so that it does not count as idle."""
    connection.execute(_SEE, {"wanted": digest(session_id), "now": int(now.timestamp())})


def end(connection: Connection, session_id: str) -> None:
    """Log out: the cookie is worth nothing from now on."""
    connection.execute(_END, {"wanted": digest(session_id)})


def forget_ended(connection: Connection, now: datetime) -> int:
    """Drop the rows of sessions that have run out; how many went."""
    gone = connection.execute(
        sessions.delete().where(
            (sessions.c.seen_at <= int((now - IDLE).timestamp()))
            | (sessions.c.begun_at <= int((now - ABSOLUTE).timestamp()))
        )
    )
    return gone.rowcount


async def _session(
    request: Request, settings: SettingsDep, db: DatabaseDep, now: NowDep
) -> Session | None:
    session_id = cookies.read(request, settings)
    if session_id is None:
        return None
    session = await db.read(find, session_id, now)
    if session is not None and now - session.seen_at > SEEN_EVERY:
        await db.write(see, session_id, now)
    return session


SessionDep = Annotated[Session | None, Depends(_session)]


async def _resident(session: SessionDep) -> LoggedIn:
    if not isinstance(session, LoggedIn):
        raise LoginRequiredError
    return session


ResidentDep = Annotated[LoggedIn, Depends(_resident)]


def _insert(connection: Connection, session: Session, now: datetime) -> None:
    auth_time = session.auth_time
    row = {
        "digest": digest(session.id),
        "resident_id": session.resident_id,
        "channel": session.channel,
        "authenticated_at": None if auth_time is None else int(auth_time.timestamp()),
        "begun_at": int(now.timestamp()),
        "seen_at": int(now.timestamp()),
    }
    connection.execute(sessions.insert(), row)


def _new_id(randomness: Randomness) -> str:
    return b64url(randomness(_ID_LENGTH))


def digest(session_id: str) -> bytes:
    """What is stored in place of a session's id."""
    return sha256(session_id.encode()).digest()
