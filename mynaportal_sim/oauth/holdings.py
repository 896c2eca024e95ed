"""Which keys apps hold to a person's arrangements: refresh tokens, whole families of them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from consent.instants import instant
from mynaportal_sim.apps.access_keys import Key
from mynaportal_sim.oauth.tables import token_families

_OF_ARRANGEMENTS = select(
    token_families.c.arrangement_id,
    token_families.c.version_id,
    token_families.c.code_used_at,
    token_families.c.ends_at,
    token_families.c.revoked_at,
).where(
    token_families.c.arrangement_id.in_(bindparam("arrangements", expanding=True)),
    token_families.c.code_used_at.is_not(None),
)


def of_arrangements(connection: Connection, arrangement_ids: Collection[UUID]) -> list[Key]:
    """What apps hold, or held, to these arrangements, in no order.

    A key is a family whose code was used, so that an app has its refresh token. Families that
    have ended are forgotten by and by.
    """
    rows = connection.execute(_OF_ARRANGEMENTS, {"arrangements": list(arrangement_ids)})
    return [
        Key(
            row.arrangement_id,
            row.version_id,
            instant(row.code_used_at),
            instant(row.ends_at),
            None if row.revoked_at is None else instant(row.revoked_at),
        )
        for row in rows
    ]
