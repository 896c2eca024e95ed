"""Browser sessions: a cookie here, a row there, and only a hash of the cookie in the row.

A session begins anonymous, so that a login has something to be bound to. Logging in always
makes a new one and deletes the old (session fixation). For whom a person acts is chosen within
a session, and ends with it. It ends after 30 idle minutes, after
8 hours, or at logout. Logging in again goes on with it, if it is the same person; under which
digest it began stays. That a person's has ended is left for whoever must know.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import BigInteger, Column, Connection, Row, bindparam, insert, select
from sqlmodel import Field, SQLModel

from mynaportal_sim import opaque
from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.login import cookies, unchecked
from mynaportal_sim.login.assurance import ASSURANCES, OF_UNCHECKED, Assurance
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.errors import LoginRequiredError
from mynaportal_sim.login.unchecked import UncheckedCard
from mynaportal_sim.opaque import Randomness

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)


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
    began_as: bytes
    card_salt: bytes | None
    card_remembered: bytes | None
    card_entry: int | None = Field(sa_type=BigInteger)


class EndedSessionRow(SQLModel, table=True):
    """A session of a person's that has ended, as long as an app may yet learn of its login."""

    __tablename__ = "ended_sessions"

    began_as: bytes = Field(primary_key=True)
    ended_at: int = Field(sa_type=BigInteger)


sessions = SQLModel.metadata.tables["sessions"]
ended_sessions = SQLModel.metadata.tables["ended_sessions"]
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
_WHOSE: tuple[Column[Any], ...] = (
    sessions.c.resident_id,
    sessions.c.began_as,
    sessions.c.card_salt,
    sessions.c.card_remembered,
    sessions.c.card_entry,
)
_END = sessions.delete().where(sessions.c.digest == bindparam("wanted")).returning(*_WHOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser's session; `id` is what its cookie holds, `began_as` its first id's digest."""

    id: str = field(repr=False)
    seen_at: datetime
    began_as: bytes = field(default=b"", repr=False)
    resident_id: UUID | None = None
    channel: Channel | None = None
    auth_time: datetime | None = None
    unchecked: bool = False
    """Whether nobody here knows if the card's certificate was revoked."""

    @property
    def acr(self) -> str | None:
        """How strongly the person was authenticated (OpenID Connect Core 2)."""
        return self._assurance.acr if self._assurance else None

    @property
    def amr(self) -> tuple[str, ...]:
        """By which methods."""
        return self._assurance.amr if self._assurance else ()

    @property
    def _assurance(self) -> Assurance | None:
        if self.channel is None:
            return None
        return OF_UNCHECKED if self.unchecked else ASSURANCES[self.channel]


class Person(NamedTuple):
    """Who has logged in, by which channel.

    Of a card that is kept no longer than the session, its certificate and the ledger's entry.
    """

    resident_id: UUID
    channel: Channel
    card: UncheckedCard | None = None
    entry_id: int | None = None


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
    session_id = opaque.new(randomness)
    session = Session(id=session_id, seen_at=now, began_as=opaque.digest(session_id))
    _insert(connection, session, now)
    return session


def log_in(
    connection: Connection,
    before: str,
    person: Person,
    now: datetime,
    randomness: Randomness,
) -> LoggedIn:
    """The session of a person who has just logged in.

    The one with the id `before` ends; only if it was theirs, or nobody's yet, is the new one
    the same under another id.
    """
    session_id = opaque.new(randomness)
    old = connection.execute(_END, {"wanted": opaque.digest(before)}).first()
    same = old is not None and _is_of(old, person)
    if old is not None and same:
        unchecked.end(connection, _entries_of([old]))
    elif old is not None:
        _note_ended(connection, [old], now)
    session = LoggedIn(
        id=session_id,
        seen_at=now,
        began_as=old.began_as if old is not None and same else opaque.digest(session_id),
        resident_id=person.resident_id,
        channel=person.channel,
        auth_time=now.replace(microsecond=0),
        unchecked=person.card is not None,
    )
    _insert(connection, session, now, person)
    return session


def _is_of(old: Row[Any], person: Person) -> bool:
    """Whether a session was nobody's yet, or of this person: by the same card if a guest's."""
    if old.resident_id is None:
        return True
    if old.resident_id != person.resident_id:
        return False
    return person.card is None or person.card.is_one(old.card_salt, old.card_remembered)


def turn(
    connection: Connection, session: LoggedIn, errand: Errand | None, randomness: Randomness
) -> LoggedIn | None:
    """The same session, from now on about somebody else; None when it has ended meanwhile.

    It gets a new id, so that no form that was shown about the one is ever sent about the other.
    """
    turned = replace(session, id=opaque.new(randomness), errand=errand)
    principal, mandate = errand or (None, None)
    moved = {"was": opaque.digest(session.id), "becomes": opaque.digest(turned.id)}
    told = {"principal": principal, "mandate": mandate}
    return turned if connection.execute(_TURN, moved | told).rowcount == 1 else None


def find(connection: Connection, session_id: str, now: datetime) -> Session | None:
    """The session of that id; None when there is none or it has ended."""
    row = _living(connection, opaque.digest(session_id), now)
    if row is None:
        return None
    seen_at = datetime.fromtimestamp(row.seen_at, UTC)
    if row.resident_id is None:
        return Session(id=session_id, seen_at=seen_at, began_as=row.began_as)
    return LoggedIn(
        id=session_id,
        seen_at=seen_at,
        began_as=row.began_as,
        resident_id=row.resident_id,
        channel=Channel(row.channel),
        auth_time=datetime.fromtimestamp(row.authenticated_at, UTC),
        unchecked=row.card_salt is not None,
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
    connection.execute(_SEE, {"wanted": opaque.digest(session_id), "now": int(now.timestamp())})


def end(connection: Connection, session_id: str, now: datetime) -> None:
    """Log out: the cookie is worth nothing from now on."""
    gone = connection.execute(_END, {"wanted": opaque.digest(session_id)}).all()
    _note_ended(connection, gone, now)


def end_unchecked(connection: Connection, now: datetime) -> int:
    """Log out whoever logged in by a card under an added anchor; how many."""
    theirs = sessions.delete().where(sessions.c.card_salt.is_not(None))
    gone = connection.execute(theirs.returning(*_WHOSE)).all()
    _note_ended(connection, gone, now)
    return len(gone)


def end_all(connection: Connection, resident_id: UUID, now: datetime) -> None:
    """Log a person out everywhere, as when their card is stopped."""
    theirs = sessions.delete().where(sessions.c.resident_id == resident_id)
    _note_ended(connection, connection.execute(theirs.returning(*_WHOSE)).all(), now)


def forget_ended(connection: Connection, now: datetime) -> int:
    """Drop the rows of sessions that have run out; how many went."""
    gone = connection.execute(
        sessions.delete()
        .where(
            (sessions.c.seen_at <= int((now - IDLE).timestamp()))
            | (sessions.c.begun_at <= int((now - ABSOLUTE).timestamp()))
        )
        .returning(*_WHOSE)
    ).all()
    _note_ended(connection, gone, now)
    return len(gone)


def _entries_of(gone: Iterable[Row[Any]]) -> list[int]:
    return [row.card_entry for row in gone if row.card_entry is not None]


def _note_ended(connection: Connection, gone: Sequence[Row[Any]], now: datetime) -> None:
    at = int(now.timestamp())
    unchecked.end(connection, _entries_of(gone))
    ended = [
        {"began_as": row.began_as, "ended_at": at}
        for row in gone
        if row.resident_id is not None
    ]
    if ended:
        connection.execute(insert(ended_sessions), ended)


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


def _insert(
    connection: Connection, session: Session, now: datetime, person: Person | None = None
) -> None:
    auth_time, card = session.auth_time, person.card if person else None
    row = {
        "digest": opaque.digest(session.id),
        "resident_id": session.resident_id,
        "channel": session.channel,
        "authenticated_at": None if auth_time is None else int(auth_time.timestamp()),
        "begun_at": int(now.timestamp()),
        "seen_at": int(now.timestamp()),
        "began_as": session.began_as,
        "card_salt": card.salt if card else None,
        "card_remembered": card.remembered if card else None,
        "card_entry": person.entry_id if person else None,
    }
    connection.execute(sessions.insert(), row)
