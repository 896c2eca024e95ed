"""Values that may be used once: nonces, codes, `jti`, idempotency keys.

Burning is one INSERT that a primary key can refuse, so it holds among parallel requests, worker
processes and databases alike. Values are stored hashed: some of them are bearer secrets.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from mynaportal_sim import opaque


class UsedOnce(SQLModel, table=True):
    """A value that has been used and may not be used again before it expires."""

    __tablename__ = "used_once"

    kind: str = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    expires_at: int = Field(index=True, sa_type=BigInteger)


used_once = SQLModel.metadata.tables["used_once"]

# Built once: every access burns a value, and building takes longer than running.
_BURN = {
    dialect: insert(used_once).on_conflict_do_nothing().returning(used_once.c.kind)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def burn(connection: Connection, kind: str, value: str, expires: datetime) -> bool:
    """Use `value` up; False when it has been used before.

    `expires` is when the value stops being acceptable anyway, so that its row may go.
    """
    row = {
        "kind": kind,
        "digest": opaque.digest(value),
        "expires_at": int(expires.timestamp()) + 1,
    }
    burnt = connection.execute(_BURN[connection.dialect.name], row)
    return burnt.first() is not None


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop the rows of values that nothing would accept any more; how many went."""
    gone = connection.execute(
        used_once.delete().where(used_once.c.expires_at < int(now.timestamp()))
    )
    return gone.rowcount
