"""Where residents are kept. A row holds one resident whole, as JSON."""

from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Text, select
from sqlmodel import Field, SQLModel

from consent.insertion import insert_once
from mynaportal_sim.residents.model import Resident

GUEST = "_guest"
"""The persona of whoever logs in by a card that was not made here; no file can name one so."""
_RESIDENT = TypeAdapter(Resident)


class ResidentRow(SQLModel, table=True):
    """A resident; `profile` is the JSON of everything known about them."""

    __tablename__ = "residents"

    id: UUID = Field(primary_key=True)
    persona: str = Field(unique=True)
    profile: str = Field(sa_type=Text)


residents = SQLModel.metadata.tables["residents"]


def add(connection: Connection, resident: Resident) -> bool:
    """Enter a resident; False, and nothing changed, when the persona or the id is there."""
    statement = (
        insert_once(residents, connection)
        .values(
            id=resident.id,
            persona=resident.persona,
            profile=_RESIDENT.dump_json(resident).decode(),
        )
        .on_conflict_do_nothing()
        .returning(residents.c.id)
    )
    return connection.execute(statement).first() is not None


def change(connection: Connection, resident: Resident) -> None:
    """Let what is known of a resident be this from now on."""
    connection.execute(
        residents.update()
        .where(residents.c.id == resident.id)
        .values(profile=_RESIDENT.dump_json(resident).decode())
    )


def by_persona(connection: Connection, persona: str) -> Resident | None:
    """The resident with the persona id `persona`, such as `sato-hanako`; never the guest."""
    return None if persona == GUEST else _one(connection, residents.c.persona == persona)


def guest(connection: Connection) -> Resident | None:
    """Whom a card is taken for that was not made here, once there is one."""
    return _one(connection, residents.c.persona == GUEST)


def by_id(connection: Connection, resident_id: UUID) -> Resident | None:
    """The resident with this id."""
    return _one(connection, residents.c.id == resident_id)


def everyone(connection: Connection) -> list[Resident]:
    """All residents, by persona id; the guest is none."""
    return [one for one in accounts(connection) if one.persona != GUEST]


def accounts(connection: Connection) -> list[Resident]:
    """All whose records and consents are kept here: the residents, and the guest if any."""
    profiles = connection.scalars(select(residents.c.profile).order_by(residents.c.persona))
    return [_RESIDENT.validate_json(profile) for profile in profiles]


def _one(connection: Connection, condition: ColumnElement[bool]) -> Resident | None:
    profile = connection.scalar(select(residents.c.profile).where(condition))
    return None if profile is None else _RESIDENT.validate_json(profile)
