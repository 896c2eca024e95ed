"""Where user ids are kept that apps have tied to certificates; parts of units of work."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, tuple_

from consent.insertion import insert_once
from consent.instants import instant, seconds
from mynaportal_sim.issuing.model import Named
from mynaportal_sim.verifiers.tables import verifier_user_ids as ties


@dataclass(frozen=True, slots=True)
class Tie:
    """An app's own id for a user, and the first certificate of the chain it is tied to."""

    id: UUID
    app_id: str
    first: Named
    user_id: str
    tied_at: datetime


def add(connection: Connection, tie: Tie) -> bool:
    """Keep a tie; False, and nothing changed, where the app has one of either already."""
    statement = insert_once(ties, connection).values(
        app_id=tie.app_id,
        issuer_key_hash=tie.first.issuer,
        serial=tie.first.serial,
        id=tie.id,
        user_id=tie.user_id,
        tied_at=seconds(tie.tied_at),
    )
    kept = statement.on_conflict_do_nothing().returning(ties.c.id)
    return connection.execute(kept).first() is not None


def of_certificate(connection: Connection, app_id: str, first: Named) -> Tie | None:
    """What an app has tied to a chain."""
    row = connection.execute(
        select(ties).where(
            ties.c.app_id == app_id,
            ties.c.issuer_key_hash == first.issuer,
            ties.c.serial == first.serial,
        )
    ).first()
    return None if row is None else _tie(row)


def of_user(connection: Connection, app_id: str, user_id: str) -> Tie | None:
    """What an app has tied under an id of its own."""
    row = connection.execute(
        select(ties).where(ties.c.app_id == app_id, ties.c.user_id == user_id)
    ).first()
    return None if row is None else _tie(row)


def of_chains(connection: Connection, firsts: Collection[Named]) -> list[Tie]:
    """All that any app has tied to these chains, the oldest first."""
    named = tuple_(ties.c.issuer_key_hash, ties.c.serial).in_([tuple(one) for one in firsts])
    rows = connection.execute(select(ties).where(named).order_by(ties.c.tied_at, ties.c.id))
    return [_tie(row) for row in rows] if firsts else []


def remove(connection: Connection, tie: Tie) -> bool:
    """Let a tie be no more; False if somebody was quicker."""
    gone = connection.execute(ties.delete().where(ties.c.id == tie.id))
    return gone.rowcount == 1


# Any: a row's columns have no static types in Core.
def _tie(row: Row[Any]) -> Tie:
    first = Named(row.issuer_key_hash, row.serial)
    return Tie(row.id, row.app_id, first, row.user_id, instant(row.tied_at))
