"""By what an app manages its own registration (RFC 7592: registration access token)."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlmodel import Field, SQLModel

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from mynaportal_sim import opaque
from mynaportal_sim.apps import store
from mynaportal_sim.apps.errors import NoSuchAppError
from mynaportal_sim.apps.model import App
from mynaportal_sim.opaque import Randomness


class RegistrationTokenRow(SQLModel, table=True):
    """The token of an app that registered itself; `digest` is its SHA-256."""

    __tablename__ = "registration_tokens"

    client_id: str = Field(primary_key=True, foreign_key="apps.client_id")
    digest: bytes = Field(unique=True)


registration_tokens = SQLModel.metadata.tables["registration_tokens"]

_OWNER = select(registration_tokens.c.client_id).where(
    registration_tokens.c.digest == bindparam("wanted")
)
_REVOKE = delete(registration_tokens).where(
    registration_tokens.c.client_id == bindparam("wanted")
)


def issue(connection: Connection, client_id: str, randomness: Randomness) -> str:
    """The token of a new app, which is known this one time."""
    token = opaque.new(randomness)
    row = {"client_id": client_id, "digest": opaque.digest(token)}
    connection.execute(insert(registration_tokens), row)
    return token


def owner(connection: Connection, token: str) -> str | None:
    """The client_id of the app whose token it is; None if it is nobody's."""
    found: str | None = connection.execute(_OWNER, {"wanted": opaque.digest(token)}).scalar()
    return found


def revoke(
    connection: Connection, client_id: str, now: datetime, randomness: Randomness
) -> tuple[App, bool]:
    """The app that can no longer manage its registration, and whether it could until now.

    Raises:
        NoSuchAppError: there is no such app.
    """
    app = store.find(connection, client_id)
    if app is None:
        raise NoSuchAppError(client_id)
    ended = connection.execute(_REVOKE, {"wanted": client_id}).rowcount == 1
    if ended:
        fields = {"app_id": client_id, "app_name": app.name}
        entry = Entry("app.registration_token_revoked", {**fields})
        ledger.append(connection, entry, now, randomness)
    return app, ended
