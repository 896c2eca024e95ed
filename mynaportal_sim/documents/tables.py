"""Documents that wait for a signature, and signatures that wait for their app.

No row names a resident: the app's own name for them leads there.
"""

from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field, Index, SQLModel


class DocumentRequestRow(SQLModel, table=True):
    """One request; instants are Unix seconds."""

    __tablename__ = "document_requests"
    __table_args__ = (Index("ix_document_requests_app_sub", "app_id", "sub"),)

    id: UUID = Field(primary_key=True)
    app_id: str
    sub: str
    state: str
    title: str = Field(sa_type=Text)
    media_type: str
    form: str
    document: bytes | None = Field(sa_type=LargeBinary)
    sha256: str
    size: int
    asked_at: int = Field(index=True, sa_type=BigInteger)
    signed_at: int | None = Field(sa_type=BigInteger)
    signature: bytes | None = Field(sa_type=LargeBinary)


document_requests = SQLModel.metadata.tables["document_requests"]
