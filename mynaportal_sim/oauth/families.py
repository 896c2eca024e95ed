"""Token families: a code, the refresh token and the access tokens that come of it.

One row is the whole family, so that using the code, using it twice, revoking and asking whether
a token is still good each are one statement. An access token names its family in its `jti`.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from consent.insertion import insert_once
from consent.instants import instant
from mynaportal_sim import opaque
from mynaportal_sim.apps.store import subjects
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth.scopes import OPENID
from mynaportal_sim.oauth.tables import revoked_tokens, token_families
from mynaportal_sim.opaque import Randomness

CODE_LIFETIME = timedelta(seconds=60)  # FAPI 2.0 5.3.2.1-11


class Family(NamedTuple):
    """What a family's row says that its members are made from."""

    id: UUID
    client_id: str
    sub: str
    arrangement_id: UUID
    version_id: UUID
    scope: str
    redirect_uri: str
    code_challenge: str
    nonce: str | None
    dpop_jkt: str | None
    authenticated_at: int
    acr: str
    amr: str
    sender_constrained: bool
    actor: str | None = None
    claims: str = ""
    session: bytes | None = None


class NewFamily(NamedTuple):
    """A family to be; `ends` is when the consent it comes of does."""

    family: Family
    ends: datetime


_COLUMNS = [token_families.c[name] for name in Family._fields]
_INSERT = insert(token_families)
_REDEEM = (
    update(token_families)
    .where(
        token_families.c.code_digest == bindparam("code"),
        token_families.c.client_id == bindparam("client"),
        token_families.c.code_used_at.is_(None),
        token_families.c.code_expires_at > bindparam("now"),
        token_families.c.revoked_at.is_(None),
    )
    .values(
        code_used_at=bindparam("now"),
        refresh_digest=bindparam("refresh"),
        sender_constrained=bindparam("constrained"),
    )
    .returning(*_COLUMNS)
)
_KILL_REPLAYED = (
    update(token_families)
    .where(
        token_families.c.code_digest == bindparam("code"),
        token_families.c.client_id == bindparam("client"),
        token_families.c.code_used_at.is_not(None),
        token_families.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
    .returning(token_families.c.sub, token_families.c.version_id)
)
_KILL = (
    update(token_families)
    .where(token_families.c.id == bindparam("family"), token_families.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)
_BIND = (
    update(token_families)
    .where(token_families.c.id == bindparam("family"))
    .values(dpop_jkt=bindparam("key"))
)
_BY_REFRESH = select(*_COLUMNS).where(
    token_families.c.refresh_digest == bindparam("refresh"),
    token_families.c.client_id == bindparam("client"),
    token_families.c.ends_at > bindparam("now"),
    token_families.c.revoked_at.is_(None),
)
_OF_ARRANGEMENT = (
    select(*_COLUMNS)
    .where(
        token_families.c.arrangement_id == bindparam("arrangement"),
        token_families.c.client_id == bindparam("client"),
        token_families.c.code_used_at.is_not(None),
    )
    .order_by(token_families.c.code_used_at.desc())
)
_FIND = select(*_COLUMNS).where(token_families.c.id == bindparam("family"))
_LEAVE = (
    update(token_families)
    .where(
        token_families.c.session == bindparam("ended"),
        token_families.c.code_used_at.is_not(None),
    )
    .values(session=None)
    .returning(
        token_families.c.client_id,
        token_families.c.sub,
        token_families.c.scope,
        token_families.c.code_used_at,
    )
)
_ACTOR = select(token_families.c.actor).where(token_families.c.id == bindparam("family"))
_REVOKED = select(revoked_tokens.c.jti).where(revoked_tokens.c.jti == bindparam("token"))
_LIVE = (
    select(subjects.c.resident_id)
    .join(
        token_families,
        (subjects.c.app_id == token_families.c.client_id)
        & (subjects.c.sub == token_families.c.sub),
    )
    .where(
        token_families.c.id == bindparam("family"),
        token_families.c.client_id == bindparam("client"),
        token_families.c.revoked_at.is_(None),
        ~exists().where(revoked_tokens.c.jti == bindparam("token")),
    )
)


def begin(connection: Connection, new: NewFamily, now: datetime, randomness: Randomness) -> str:
    """Store a family that so far is a code, and give the code."""
    code = opaque.new(randomness)
    begin_as(connection, new, opaque.digest(code), now + CODE_LIFETIME)
    return code


def begin_as(connection: Connection, new: NewFamily, code: bytes, expires: datetime) -> None:
    """Store a family whose code a client has already; `code` is its digest."""
    connection.execute(
        _INSERT,
        {
            **new.family._asdict(),
            "code_digest": code,
            "code_expires_at": int(expires.timestamp()),
            "code_used_at": None,
            "refresh_digest": None,
            "ends_at": int(new.ends.timestamp()),
            "revoked_at": None,
        },
    )


def redeem(
    connection: Connection,
    client_id: str,
    code: str,
    now: datetime,
    refresh: str,
    constrained: bool,
) -> Family | None:
    """Use a code up: of any number of attempts at once, one gets the family.

    `refresh` becomes the family's refresh token. With `constrained`, none of its tokens is ever
    given to a client that proves no key.
    """
    row = connection.execute(
        _REDEEM,
        {
            "code": opaque.digest(code),
            "client": client_id,
            "now": int(now.timestamp()),
            "refresh": opaque.digest(refresh),
            "constrained": constrained,
        },
    ).first()
    return None if row is None else Family(*row)


def kill_replayed(
    connection: Connection, client_id: str, code: str, now: datetime
) -> tuple[str, UUID] | None:
    """End all that came of a code that was used before; its `sub` and version."""
    row = connection.execute(
        _KILL_REPLAYED,
        {"code": opaque.digest(code), "client": client_id, "now": int(now.timestamp())},
    ).first()
    return None if row is None else (row.sub, row.version_id)


def kill(connection: Connection, family_id: UUID, now: datetime) -> bool:
    """End a family; False when it had ended before."""
    ended = connection.execute(_KILL, {"family": family_id, "now": int(now.timestamp())})
    return ended.rowcount == 1


def bind(connection: Connection, family_id: UUID, jkt: str) -> None:
    """Have a family refreshed by nobody but the holder of a key (RFC 9449 5)."""
    connection.execute(_BIND, {"family": family_id, "key": jkt})


def of_refresh(
    connection: Connection, client_id: str, refresh: str, now: datetime
) -> Family | None:
    """The live family whose refresh token this is, if it is this client's."""
    row = connection.execute(
        _BY_REFRESH,
        {"refresh": opaque.digest(refresh), "client": client_id, "now": int(now.timestamp())},
    ).first()
    return None if row is None else Family(*row)


def of_arrangement(
    connection: Connection, client_id: str, arrangement_id: UUID
) -> list[Family]:
    """The families of a client's under an arrangement whose codes were used, newest first."""
    sought = {"arrangement": arrangement_id, "client": client_id}
    return [Family(*row) for row in connection.execute(_OF_ARRANGEMENT, sought)]


class Known(NamedTuple):
    """An app that got ID tokens in a session, its name for the person, when it got the last."""

    client_id: str
    sub: str
    at: datetime


def leave(connection: Connection, session: bytes) -> list[Known]:
    """The apps that got an ID token in a session that has ended: of many that ask, one is told.

    No token of theirs names that session any more. Who redeems a code later is told of later.
    """
    left = connection.execute(_LEAVE, {"ended": session}).all()
    last: dict[tuple[str, str], int] = {}
    for row in left:
        if OPENID in row.scope.split():
            app = (row.client_id, row.sub)
            last[app] = max(row.code_used_at, last.get(app, 0))
    return [Known(*app, instant(at)) for app, at in sorted(last.items())]


def new_jti(family_id: UUID, randomness: Randomness) -> str:
    """The id of a new access token of a family."""
    return f"{family_id.hex}.{b64url(randomness(12))}"


def holder_of(connection: Connection, client_id: str, jti: str) -> UUID | None:
    """The resident an access token is about; None once it, or its family, is revoked."""
    try:
        family_id = UUID(hex=jti.partition(".")[0])
    except ValueError:
        return None
    resident_id: UUID | None = connection.execute(
        _LIVE, {"family": family_id, "client": client_id, "token": jti}
    ).scalar()
    return resident_id


def of_token(connection: Connection, jti: str) -> Family | None:
    """The family of an access token of ours, whatever became of it."""
    row = connection.execute(_FIND, {"family": UUID(hex=jti.partition(".")[0])}).first()
    return None if row is None else Family(*row)


def actor_of(connection: Connection, jti: str) -> str | None:
    """The app's name for whoever acted when an access token's consent was asked, if not the
    person themselves."""
    family = UUID(hex=jti.partition(".")[0])
    actor: str | None = connection.execute(_ACTOR, {"family": family}).scalar()
    return actor


def is_revoked(connection: Connection, jti: str) -> bool:
    """Whether one access token was ended by itself."""
    return connection.execute(_REVOKED, {"token": jti}).first() is not None


def revoke_token(connection: Connection, jti: str, expires: datetime) -> bool:
    """End one access token; False when it had been ended before."""
    statement = (
        insert_once(revoked_tokens, connection)
        .values(jti=jti, expires_at=int(expires.timestamp()) + 1)
        .on_conflict_do_nothing()
        .returning(revoked_tokens.c.jti)
    )
    return connection.execute(statement).first() is not None
