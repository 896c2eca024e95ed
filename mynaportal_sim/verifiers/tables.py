"""User ids of apps, tied to certificates. No row names a resident: the certificate leads there.

A row is kept under the first certificate of its chain, so that it outlives each renewal.
"""

from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, Index, SQLModel, UniqueConstraint


class UserIdRow(SQLModel, table=True):
    """An id that an app gave a user, and the certificate by which it knows them again."""

    __tablename__ = "verifier_user_ids"
    __table_args__ = (
        UniqueConstraint("app_id", "user_id"),
        UniqueConstraint("id"),
        Index("ix_verifier_user_ids_certificate", "issuer_key_hash", "serial"),
    )

    app_id: str = Field(primary_key=True)
    issuer_key_hash: bytes = Field(primary_key=True)
    serial: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID
    user_id: str = Field(sa_type=Text)
    tied_at: int = Field(sa_type=BigInteger)


verifier_user_ids = SQLModel.metadata.tables["verifier_user_ids"]
