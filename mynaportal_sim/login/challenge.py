"""What a card is asked to sign, and where that is remembered until it is used.

The statement that a signature is held against is rebuilt from here alone, never from what a
client says. A challenge serves one attempt, whatever comes of it: `consume` is one conditional
UPDATE. That it has expired is worked out from the clock when asked.
"""

from base64 import b32encode
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select
from sqlmodel import Field, SQLModel

from card_reader import statement
from consent.instants import rfc3339
from mynaportal_sim import opaque
from mynaportal_sim.opaque import Randomness

LIFETIME = timedelta(seconds=120)
PURPOSE_LOGIN = "login"
VERSION = 1
_SERVICE = "mynaportal-sim"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_LENGTH = 26


@unique
class Channel(StrEnum):
    """The way by which a card meets the portal."""

    AGENT = "agent"
    QR = "qr"
    SOFT = "soft"


@unique
class State(StrEnum):
    """A challenge is issued, and consumed by the first attempt."""

    ISSUED = "issued"
    CONSUMED = "consumed"


class ChallengeRow(SQLModel, table=True):
    """A challenge; it stays after its use, so that a replay differs from an invention."""

    __tablename__ = "login_challenges"

    login_id: str = Field(primary_key=True)
    state: str
    origin: str
    nonce: str
    session_hash: str
    channel: str
    purpose: str
    interaction: str | None
    issued_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(index=True, sa_type=BigInteger)


challenges = SQLModel.metadata.tables["login_challenges"]

_FIND = select(*(column for column in challenges.c if column.name != "state")).where(
    challenges.c.login_id == bindparam("wanted")
)
_FIND_OPEN = _FIND.where(challenges.c.state == State.ISSUED)
_CONSUME = (
    challenges.update()
    .where(challenges.c.login_id == bindparam("wanted"), challenges.c.state == State.ISSUED)
    .values(state=State.CONSUMED)
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge as the portal made it; instants are whole seconds."""

    login_id: str
    origin: str
    nonce: str
    session_hash: str
    channel: Channel
    purpose: str
    interaction: str | None
    issued_at: datetime
    expires_at: datetime

    @property
    def to_sign(self) -> statement.Challenge:
        """The fields that a card signs, but for its certificate's hash."""
        return statement.Challenge(
            origin=self.origin,
            nonce=self.nonce,
            login_id=self.login_id,
            session_hash=self.session_hash,
            channel=self.channel,
            issued_at=rfc3339(self.issued_at),
            purpose=self.purpose,
        )

    @property
    def request_code(self) -> str:
        """Two short words that page and PIN window show, for a person to compare."""
        code = b32encode(sha256(self.nonce.encode()).digest())[:6].decode()
        return f"{code[:3]}-{code[3:]}"

    def as_json(self) -> dict[str, object]:
        """The challenge as it travels (reference `login`, 7.5)."""
        return {
            "v": VERSION,
            **asdict(self.to_sign),
            "expires_at": rfc3339(self.expires_at),
            "display": {"service": _SERVICE, "request_code": self.request_code},
        }


_FIELDS = tuple(field.name for field in fields(Challenge))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a challenge is asked for: for which session, by which channel, on whose behalf."""

    origin: str
    session_hash: str
    channel: Channel
    interaction: str | None = None
    purpose: str = PURPOSE_LOGIN


def issue(
    connection: Connection, wanted: Wanted, now: datetime, randomness: Randomness
) -> Challenge:
    """A new challenge, good for one attempt within 120 seconds."""
    issued = now.replace(microsecond=0)
    challenge = Challenge(
        login_id=_ulid(now, randomness),
        origin=wanted.origin,
        nonce=opaque.new(randomness),
        session_hash=wanted.session_hash,
        channel=wanted.channel,
        purpose=wanted.purpose,
        interaction=wanted.interaction,
        issued_at=issued,
        expires_at=issued + LIFETIME,
    )
    row = {name: getattr(challenge, name) for name in _FIELDS} | {
        "state": State.ISSUED,
        "issued_at": int(challenge.issued_at.timestamp()),
        "expires_at": int(challenge.expires_at.timestamp()),
    }
    connection.execute(challenges.insert(), row)
    return challenge


def find(connection: Connection, login_id: str) -> Challenge | None:
    """The challenge of that id, whatever its state."""
    return _found(connection, _FIND, login_id)


def find_open(connection: Connection, login_id: str) -> Challenge | None:
    """The challenge of that id, if it has not been used yet."""
    return _found(connection, _FIND_OPEN, login_id)


def _found(connection: Connection, statement: Select[Any], login_id: str) -> Challenge | None:
    row = connection.execute(statement, {"wanted": login_id}).mappings().first()
    if row is None:
        return None
    return Challenge(
        **dict(row)
        | {
            "channel": Channel(row["channel"]),
            "issued_at": datetime.fromtimestamp(row["issued_at"], UTC),
            "expires_at": datetime.fromtimestamp(row["expires_at"], UTC),
        }
    )


def consume(connection: Connection, login_id: str) -> bool:
    """Use the challenge up; False when that has been done before."""
    return connection.execute(_CONSUME, {"wanted": login_id}).rowcount == 1


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop challenges that nothing would accept any more; how many went."""
    gone = connection.execute(
        challenges.delete().where(challenges.c.expires_at < int(now.timestamp()))
    )
    return gone.rowcount


def _ulid(now: datetime, randomness: Randomness) -> str:
    """48 bits of milliseconds and 80 random ones in Crockford's base 32, 26 characters."""
    number = int(now.timestamp() * 1000) << 80 | int.from_bytes(randomness(10), "big")
    digits = (number >> 5 * place & 0x1F for place in reversed(range(_ULID_LENGTH)))
    return "".join(_CROCKFORD[digit] for digit in digits)
