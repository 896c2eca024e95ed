"""The table of erasures. Instants are Unix seconds. No row names a resident."""

from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field, Index, SQLModel


class ErasureCaseRow(SQLModel, table=True):
    """What an app must erase since one version of a consent has ended."""

    __tablename__ = "erasure_cases"
    __table_args__ = (Index("ix_erasure_cases_app", "app_id", "version_id"),)

    version_id: UUID = Field(primary_key=True)
    arrangement_id: UUID
    app_id: str
    app_name: str
    holder: bytes | None = Field(sa_type=LargeBinary)
    ended: str
    ended_at: int = Field(sa_type=BigInteger)
    on_end: str
    due_at: int = Field(sa_type=BigInteger)
    categories: str = Field(sa_type=Text)
    passed_on: str = Field(sa_type=Text)
    state: str
    state_since_at: int = Field(sa_type=BigInteger)
    certificate: str = Field(sa_type=Text)
    retained_until_at: int | None = Field(sa_type=BigInteger)
    awaited: str = Field(sa_type=Text)
    fault: str
    refused_at: int | None = Field(sa_type=BigInteger)


erasure_cases = SQLModel.metadata.tables["erasure_cases"]
