"""By what an app manages its own registration (RFC 7592: registration access token)."""

from collections.abc import Callable
from hashlib import sha256

from sqlalchemy import Connection, bindparam, insert, select
from sqlmodel import Field, SQLModel

from mynaportal_sim.jose import b64url

_TOKEN_LENGTH = 32


class RegistrationTokenRow(SQLModel, table=True):
    """The token of an app that registered itself; `digest` is its SHA-256."""

    __tablename__ = "registration_tokens"

    client_id: str = Field(primary_key=True, foreign_key="apps.client_id")
    digest: bytes = Field(unique=True)


registration_tokens = SQLModel.metadata.tables["registration_tokens"]

_OWNER = select(registration_tokens.c.client_id).where(
    registration_tokens.c.digest == bindparam("wanted")
)


def issue(connection: Connection, client_id: str, randomness: Callable[[int], bytes]) -> str:
    """The token of a new app, which is known this one time."""
    token = b64url(randomness(_TOKEN_LENGTH))
    row = {"client_id": client_id, "digest": _digest(token)}
    connection.execute(insert(registration_tokens), row)
    return token


def owner(connection: Connection, token: str) -> str | None:
    """The client_id of the app whose token it is; None if it is nobody's."""
    found: str | None = connection.execute(_OWNER, {"wanted": _digest(token)}).scalar()
    return found


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
