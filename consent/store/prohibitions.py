"""What is prohibited, stored. Each statement names the resident, as in all of the store."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, select

from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.model import MYSELF, Granter, Prohibition, Prohibitor, Role, State
from consent.store.tables import arrangements, consent_versions, prohibitions


class Placed(NamedTuple):
    """A prohibition, why and since when, and when it was lifted, None while it stands.

    Where the person's side placed it, `placed_as` says whether it was somebody for them.
    """

    prohibition: Prohibition
    reason: str
    since: datetime
    lifted: datetime | None = None
    placed_as: Granter = MYSELF


_ALL = select(prohibitions).where(prohibitions.c.resident_id == bindparam("resident_id"))
_STANDING = _ALL.where(prohibitions.c.lifted_at.is_(None))
_BY_ID = _ALL.where(prohibitions.c.id == bindparam("id"))
_LOCKED_ARRANGEMENTS = (
    select(arrangements.c.id)
    .where(arrangements.c.resident_id == bindparam("resident_id"))
    .order_by(arrangements.c.id)
    .with_for_update()
)
_LOCKED_GRANTED = (
    select(consent_versions.c.id)
    .where(
        consent_versions.c.resident_id == bindparam("resident_id"),
        consent_versions.c.state == State.GRANTED.value,
    )
    .order_by(consent_versions.c.id)
    .with_for_update()
)


def stop_releases(connection: Connection, resident_id: UUID) -> None:
    """Wait for each release of a resident's data that is under way, and hold back the next.

    A release locks the version it rests on, and looks at prohibitions after that.
    """
    sought = {"resident_id": resident_id}
    connection.execute(_LOCKED_ARRANGEMENTS, sought).all()
    connection.execute(_LOCKED_GRANTED, sought).all()


def add(connection: Connection, resident_id: UUID, placed: Placed) -> bool:
    """Store a new prohibition; False when its id is taken."""
    what = placed.prohibition
    statement = (
        insert_once(prohibitions, connection)
        .values(
            resident_id=resident_id,
            id=what.id,
            placed_by=what.by.value,
            placed_as=placed.placed_as.role.value,
            mandate_id=placed.placed_as.mandate_id,
            app_id=what.app_id,
            category=what.category,
            reason=placed.reason,
            placed_at=seconds(placed.since),
            lifted_at=None,
        )
        .on_conflict_do_nothing()
        .returning(prohibitions.c.id)
    )
    return connection.execute(statement).first() is not None


def lift(connection: Connection, resident_id: UUID, id_: UUID, now: datetime) -> bool:
    """Store that a prohibition stands no longer; False when it did not stand."""
    statement = (
        prohibitions.update()
        .where(
            prohibitions.c.resident_id == resident_id,
            prohibitions.c.id == id_,
            prohibitions.c.lifted_at.is_(None),
        )
        .values(lifted_at=seconds(now))
    )
    return connection.execute(statement).rowcount == 1


def find(connection: Connection, resident_id: UUID, id_: UUID) -> Placed | None:
    """One prohibition by its id, lifted or not."""
    found = _placed(connection, _BY_ID, {"resident_id": resident_id, "id": id_})
    return found[0] if found else None


def placed(connection: Connection, resident_id: UUID) -> list[Placed]:
    """Every prohibition that stands, the newest first."""
    found = _placed(connection, _STANDING, {"resident_id": resident_id})
    return sorted(found, key=lambda one: (one.since, one.prohibition.id), reverse=True)


def _placed(
    connection: Connection, statement: Select[tuple[object, ...]], sought: dict[str, UUID]
) -> list[Placed]:
    return [
        Placed(
            Prohibition(row.id, Prohibitor(row.placed_by), row.app_id, row.category),
            row.reason,
            instant(row.placed_at),
            None if row.lifted_at is None else instant(row.lifted_at),
            Granter(Role(row.placed_as), row.mandate_id),
        )
        for row in connection.execute(statement, sought)
    ]
