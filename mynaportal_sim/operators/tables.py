"""The tables of operators' links and sessions. Instants are Unix seconds."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class OperatorLinkRow(SQLModel, table=True):
    """A link that nobody has used yet; `digest` is the SHA-256 of its token."""

    __tablename__ = "operator_links"

    digest: bytes = Field(primary_key=True)
    app_id: str
    way: str
    ends_at: int = Field(index=True, sa_type=BigInteger)


class OperatorSessionRow(SQLModel, table=True):
    """A session of whoever operates an app; `digest` is the SHA-256 of its id."""

    __tablename__ = "operator_sessions"

    digest: bytes = Field(primary_key=True)
    app_id: str
    ends_at: int = Field(index=True, sa_type=BigInteger)


operator_links = SQLModel.metadata.tables["operator_links"]
operator_sessions = SQLModel.metadata.tables["operator_sessions"]
