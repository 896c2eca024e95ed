"""The register of cards: what there is, which certificates it has held, and what happened.

From an old certificate, `card_certificates` leads to the one that took its place; from any, to
its card and so to how its holder stands.
"""

from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class CardRow(SQLModel, table=True):
    """A card or a phone; `auth_…` and `signing_…` name the certificates that it holds now."""

    __tablename__ = "cards"

    id: str = Field(primary_key=True)
    resident_id: UUID = Field(index=True)
    kind: str
    state: str
    since_at: int = Field(sa_type=BigInteger)
    issued_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    revision: int
    replaces: str | None
    linked_to: str | None
    auth_issuer: bytes | None
    auth_serial: int | None = Field(sa_type=BigInteger)
    signing_issuer: bytes | None
    signing_serial: int | None = Field(sa_type=BigInteger)


class CardCertificateRow(SQLModel, table=True):
    """A certificate that a card holds or held, and which one took its place."""

    __tablename__ = "card_certificates"

    issuer_key_hash: bytes = Field(primary_key=True)
    serial: int = Field(primary_key=True, sa_type=BigInteger)
    card_id: str = Field(index=True)
    kind: str
    issued_at: int = Field(sa_type=BigInteger)
    next_issuer: bytes | None
    next_serial: int | None = Field(sa_type=BigInteger)


class LifeEventRow(SQLModel, table=True):
    """An event in a person's life, as the counter dealt with it."""

    __tablename__ = "life_events"

    id: UUID = Field(primary_key=True)
    resident_id: UUID = Field(index=True)
    card_id: str | None
    event: str
    happened_at: int = Field(sa_type=BigInteger)


cards = SQLModel.metadata.tables["cards"]
card_certificates = SQLModel.metadata.tables["card_certificates"]
life_events = SQLModel.metadata.tables["life_events"]
