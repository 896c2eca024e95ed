"""Invitations to register an app (RFC 7591: initial access tokens), and who may still use one.

Only a hash of the token is kept. What an invitation was used for stays in the ledger, whose
entry of the app names it.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique

from sqlalchemy import BigInteger, Connection, Row, bindparam, insert, select, update
from sqlmodel import Field, SQLModel

from consent.instants import instant, rfc3339, seconds
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from mynaportal_sim import opaque
from mynaportal_sim.apps.errors import NoSuchInviteError
from mynaportal_sim.opaque import Randomness

USES_MAX = 1000
LASTS_MAX = timedelta(days=366)
PAGE = "/apps/register"
_ID_LENGTH = 6


class InviteRow(SQLModel, table=True):
    """An invitation; `digest` is the SHA-256 of its token, instants are Unix seconds."""

    __tablename__ = "invites"

    id: str = Field(primary_key=True)
    digest: bytes = Field(unique=True)
    organisation: str
    uses: int
    used: int
    issued_at: int = Field(sa_type=BigInteger)
    ends_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(sa_type=BigInteger)


invites = SQLModel.metadata.tables["invites"]

_SPEND = (
    update(invites)
    .where(
        invites.c.id == bindparam("wanted"),
        invites.c.used < invites.c.uses,
        invites.c.ends_at > bindparam("now"),
        invites.c.revoked_at.is_(None),
    )
    .values(used=invites.c.used + 1)
)
_REVOKE = (
    update(invites)
    .where(invites.c.id == bindparam("wanted"), invites.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)
_BY_ID = select(invites).where(invites.c.id == bindparam("wanted"))
_BY_DIGEST = select(invites).where(invites.c.digest == bindparam("wanted"))
_ALL = select(invites).order_by(invites.c.issued_at.desc(), invites.c.id)


@unique
class InvitationStatus(StrEnum):
    """Whether an invitation can be used, or why not."""

    LIVE = "live"
    USED_UP = "used up"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation to register apps; with an `organisation`, apps of that one alone."""

    id: str
    organisation: str
    uses: int
    used: int
    issued_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None

    def standing(self, now: datetime) -> InvitationStatus:
        if self.revoked_at is not None:
            return InvitationStatus.REVOKED
        if self.used >= self.uses:
            return InvitationStatus.USED_UP
        return InvitationStatus.LIVE if now < self.ends_at else InvitationStatus.EXPIRED

    def plain(self, now: datetime) -> dict[str, object]:
        """The same for programs."""
        return {
            "id": self.id,
            "organisation": self.organisation or None,
            "standing": self.standing(now).value,
            "uses": self.uses,
            "used": self.used,
            "issued_at": rfc3339(self.issued_at),
            "expires_at": rfc3339(self.ends_at),
            "revoked_at": self.revoked_at and rfc3339(self.revoked_at),
        }


@dataclass(frozen=True, slots=True)
class Issued:
    """An invitation as it is handed out, with its token, the only time that it is known."""

    invite: Invite
    token: str = field(repr=False)

    def url(self, issuer: str) -> str:
        """Where a developer registers by it; browsers send nobody what is behind #."""
        return f"{issuer.rstrip('/')}{PAGE}#{self.token}"


def issue(
    connection: Connection,
    organisation: str,
    uses: int,
    lasts: timedelta,
    now: datetime,
    randomness: Randomness,
) -> Issued:
    """A new invitation, entered in the ledger."""
    id_ = f"invite-{randomness(_ID_LENGTH).hex()}"
    span = (instant(seconds(now)), instant(seconds(now + lasts)))
    made = Issued(Invite(id_, organisation, uses, 0, *span), opaque.new(randomness))
    row = {
        "id": id_,
        "digest": opaque.digest(made.token),
        "organisation": organisation,
        "uses": uses,
        "used": 0,
        "issued_at": seconds(span[0]),
        "ends_at": seconds(span[1]),
        "revoked_at": None,
    }
    connection.execute(insert(invites), row)
    fields: dict[str, Value] = {
        "invite": id_,
        "organisation": organisation,
        "uses": uses,
        "expires_at": rfc3339(span[1]),
    }
    ledger.append(connection, Entry("app.invited", fields), now, randomness)
    return made


def find(connection: Connection, token: str) -> Invite | None:
    """The invitation of that token, whether or not it can still be used."""
    row = connection.execute(_BY_DIGEST, {"wanted": opaque.digest(token)}).first()
    return None if row is None else _invite(row)


def every(connection: Connection) -> list[Invite]:
    """All invitations, newest first."""
    return [_invite(row) for row in connection.execute(_ALL)]


def spend(connection: Connection, invite_id: str, now: datetime) -> bool:
    """Use an invitation once more; False if that cannot be, however many come at once."""
    wanted = {"wanted": invite_id, "now": seconds(now)}
    return connection.execute(_SPEND, wanted).rowcount == 1


def revoke(
    connection: Connection, invite_id: str, now: datetime, randomness: Randomness
) -> Invite:
    """Let nobody use an invitation any more; to revoke it again changes nothing.

    Raises:
        NoSuchInviteError: there is none of that id.
    """
    wanted = {"wanted": invite_id, "now": seconds(now)}
    if connection.execute(_REVOKE, wanted).rowcount == 1:
        entry = Entry("app.invite_revoked", {"invite": invite_id})
        ledger.append(connection, entry, now, randomness)
    row = connection.execute(_BY_ID, {"wanted": invite_id}).first()
    if row is None:
        raise NoSuchInviteError(invite_id)
    return _invite(row)


def _invite(row: Row[tuple[str, ...]]) -> Invite:
    revoked = None if row.revoked_at is None else instant(row.revoked_at)
    times = (instant(row.issued_at), instant(row.ends_at), revoked)
    return Invite(row.id, row.organisation, row.uses, row.used, *times)
