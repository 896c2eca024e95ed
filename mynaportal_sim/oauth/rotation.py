"""Refresh tokens that are good once (RFC 9700 4.14.2), as those of public clients are.

Whoever shows one again is not told from who stole it, so that its whole family ends.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, update

from mynaportal_sim import opaque
from mynaportal_sim.oauth import families
from mynaportal_sim.oauth.tables import spent_refresh_tokens, token_families

_REPLACE = (
    update(token_families)
    .where(
        token_families.c.id == bindparam("family"),
        token_families.c.refresh_digest == bindparam("spent"),
        token_families.c.revoked_at.is_(None),
    )
    .values(refresh_digest=bindparam("next"))
    .returning(token_families.c.ends_at)
)
_SPENT = (
    select(token_families.c.id, token_families.c.sub, token_families.c.version_id)
    .join(spent_refresh_tokens, spent_refresh_tokens.c.family_id == token_families.c.id)
    .where(
        spent_refresh_tokens.c.digest == bindparam("spent"),
        token_families.c.client_id == bindparam("client"),
    )
)


class Reused(NamedTuple):
    """Whom an ended family was about, as the app knows them, and the version it came of."""

    sub: str
    version_id: UUID


def replace(connection: Connection, family_id: UUID, brought: str, new: str) -> bool:
    """Put a new refresh token in the place of the one brought; False if another was put there.

    Of any number of attempts at once, one does.
    """
    spent = opaque.digest(brought)
    row = connection.execute(
        _REPLACE, {"family": family_id, "spent": spent, "next": opaque.digest(new)}
    ).first()
    if row is None:
        return False
    values = {"digest": spent, "family_id": family_id, "ends_at": row.ends_at}
    connection.execute(insert(spent_refresh_tokens), values)
    return True


def end_reused(
    connection: Connection, client_id: str, brought: str, now: datetime
) -> Reused | None:
    """End the family that a refresh token was good for once; None if none lived."""
    named = {"spent": opaque.digest(brought), "client": client_id}
    row = connection.execute(_SPENT, named).first()
    if row is None or not families.kill(connection, row.id, now):
        return None
    return Reused(row.sub, row.version_id)
