"""Where every declaration of every app is kept; `apps` names the newest by its version.

None is ever removed, and none changed but for who has reviewed it.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import BigInteger, Connection, Row, Text, bindparam, insert, select, update
from sqlmodel import Field, ForeignKeyConstraint, SQLModel

from consent.model import DeclaredPurpose
from mynaportal_sim.apps.model import DeclaredVersion


class DeclarationRow(SQLModel, table=True):
    """What an app declared; scopes are joined by spaces, instants are Unix seconds."""

    __tablename__ = "declarations"
    __table_args__ = (ForeignKeyConstraint(["client_id"], ["apps.client_id"]),)

    client_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    code: str
    text: str = Field(sa_type=Text)
    scopes: str = Field(sa_type=Text)
    declared_at: int | None = Field(sa_type=BigInteger)
    reviewer: str
    reviewed_at: int | None = Field(sa_type=BigInteger)


declarations = SQLModel.metadata.tables["declarations"]

_OF_APPS = (
    select(declarations)
    .where(declarations.c.client_id.in_(bindparam("wanted", expanding=True)))
    .order_by(declarations.c.client_id, declarations.c.version)
)
_SET_REVIEWER = (
    update(declarations)
    .where(
        declarations.c.client_id == bindparam("wanted"),
        declarations.c.version == bindparam("of"),
    )
    .values(reviewer=bindparam("by"), reviewed_at=bindparam("at"))
)


def add(connection: Connection, client_id: str, declared: DeclaredVersion) -> None:
    """Keep a new declaration of an app."""
    values = {
        "client_id": client_id,
        "version": declared.purpose.version,
        "code": declared.purpose.code,
        "text": declared.purpose.text,
        "scopes": " ".join(sorted(declared.scopes)),
        "declared_at": _seconds(declared.declared_at),
        "reviewer": declared.reviewer,
        "reviewed_at": _seconds(declared.reviewed_at),
    }
    connection.execute(insert(declarations), values)


def set_reviewer(
    connection: Connection, client_id: str, version: int, by: str, at: datetime
) -> None:
    """Keep who has reviewed a declaration, and when."""
    values = {"wanted": client_id, "of": version, "by": by, "at": _seconds(at)}
    connection.execute(_SET_REVIEWER, values)


def of_apps(
    connection: Connection, client_ids: Collection[str]
) -> dict[str, list[DeclaredVersion]]:
    """All that each of these apps has ever declared, from the first to the newest."""
    if not client_ids:
        return {}
    found = connection.execute(_OF_APPS, {"wanted": list(client_ids)})
    return {
        client_id: [_declared(row) for row in rows]
        for client_id, rows in groupby(found, attrgetter("client_id"))
    }


def _declared(row: Row[tuple[str, ...]]) -> DeclaredVersion:
    return DeclaredVersion(
        purpose=DeclaredPurpose(row.code, row.text, row.version),
        scopes=frozenset(row.scopes.split()),
        declared_at=_instant(row.declared_at),
        reviewer=row.reviewer,
        reviewed_at=_instant(row.reviewed_at),
    )


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
