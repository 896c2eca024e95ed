"""What the authorization server stores. Secrets a client holds are stored as SHA-256 only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Text, and_, func, select
from sqlmodel import Field, SQLModel

from mynaportal_sim.login.sessions import ended_sessions, sessions

TOLD_FOR = 3_600
"""For how many seconds a device is told that its code has run out; later it is unknown."""


class PushedRequestRow(SQLModel, table=True):
    """An authorization request that a client pushed (RFC 9126); `digest` is of its handle."""

    __tablename__ = "pushed_requests"

    digest: bytes = Field(primary_key=True)
    client_id: str
    request: str = Field(sa_type=Text)
    expires_at: int = Field(index=True, sa_type=BigInteger)
    used_at: int | None = Field(sa_type=BigInteger)


class InteractionRow(SQLModel, table=True):
    """A person's way through login and consent; `session` is the digest of the session's id.

    It came of what was `pushed`, or is for a `device`: the digest of a handle, or of a code.
    The latter shows `user_code`, and is answered only in the session that began as `begun_in`.
    """

    __tablename__ = "interactions"

    id: UUID = Field(primary_key=True)
    client_id: str
    request: str = Field(sa_type=Text)
    pushed: bytes | None
    device: bytes | None
    user_code: str | None
    begun_in: bytes | None
    state: str
    session: bytes | None
    begun_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(index=True, sa_type=BigInteger)


class DeviceCodeRow(SQLModel, table=True):
    """What a device asks for (RFC 8628); `digest` is of its code, `typed` of what people type.

    `pause` is how many seconds it is to leave between two polls.
    """

    __tablename__ = "device_codes"

    digest: bytes = Field(primary_key=True)
    typed: bytes = Field(unique=True)
    client_id: str
    request: str = Field(sa_type=Text)
    state: str
    pause: int
    polled_at: int | None = Field(sa_type=BigInteger)
    begun_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(index=True, sa_type=BigInteger)


class TokenFamilyRow(SQLModel, table=True):
    """A code, and all tokens that come of it. It is the code's until `code_used_at`.

    `session` is what the session began as in which it was given.
    """

    __tablename__ = "token_families"

    id: UUID = Field(primary_key=True)
    client_id: str
    sub: str
    arrangement_id: UUID = Field(index=True)
    version_id: UUID
    scope: str = Field(sa_type=Text)
    code_digest: bytes = Field(unique=True)
    code_expires_at: int = Field(sa_type=BigInteger)
    code_used_at: int | None = Field(sa_type=BigInteger)
    redirect_uri: str = Field(sa_type=Text)
    code_challenge: str
    nonce: str | None = Field(sa_type=Text)
    dpop_jkt: str | None
    authenticated_at: int = Field(sa_type=BigInteger)
    acr: str
    amr: str
    refresh_digest: bytes | None = Field(unique=True)
    sender_constrained: bool
    actor: str | None
    claims: str = Field(sa_type=Text)
    session: bytes | None = Field(index=True)
    ends_at: int = Field(index=True, sa_type=BigInteger)
    revoked_at: int | None = Field(sa_type=BigInteger)


class RevokedTokenRow(SQLModel, table=True):
    """An access token that was revoked by itself, until it would have expired."""

    __tablename__ = "revoked_tokens"

    jti: str = Field(primary_key=True)
    expires_at: int = Field(index=True, sa_type=BigInteger)


class SpentRefreshTokenRow(SQLModel, table=True):
    """A refresh token that another has taken the place of, as long as its family may last."""

    __tablename__ = "spent_refresh_tokens"

    digest: bytes = Field(primary_key=True)
    family_id: UUID
    ends_at: int = Field(index=True, sa_type=BigInteger)


pushed_requests = SQLModel.metadata.tables["pushed_requests"]
interactions = SQLModel.metadata.tables["interactions"]
device_codes = SQLModel.metadata.tables["device_codes"]
token_families = SQLModel.metadata.tables["token_families"]
revoked_tokens = SQLModel.metadata.tables["revoked_tokens"]
spent_refresh_tokens = SQLModel.metadata.tables["spent_refresh_tokens"]


# Whose tokens have ended learns all the same that the session did in which it got them.
_WILL_BE_TOLD = and_(
    token_families.c.code_used_at.is_not(None),
    func.coalesce(token_families.c.session, b"").in_(
        select(sessions.c.began_as).union_all(select(ended_sessions.c.began_as))
    ),
)


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop what nothing would accept any more; how many rows went."""
    ends = (
        pushed_requests.c.expires_at,
        interactions.c.expires_at,
        revoked_tokens.c.expires_at,
        spent_refresh_tokens.c.ends_at,
    )
    seconds = int(now.timestamp())
    gone = sum(
        connection.execute(end.table.delete().where(end < seconds)).rowcount for end in ends
    )
    ended = token_families.delete().where(token_families.c.ends_at < seconds, ~_WILL_BE_TOLD)
    gone += connection.execute(ended).rowcount
    told = device_codes.c.expires_at < seconds - TOLD_FOR
    return gone + connection.execute(device_codes.delete().where(told)).rowcount
