"""What of refused requests is kept."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel


class InspectedRow(SQLModel, table=True):
    """A refusal, in the order in which they came; `content` is JSON, its secrets masked."""

    __tablename__ = "inspected_requests"

    number: int | None = Field(default=None, primary_key=True)
    trace: str = Field(unique=True)
    client_id: str = Field(index=True)
    at: int = Field(sa_type=BigInteger)
    content: str = Field(sa_type=Text)


inspected = SQLModel.metadata.tables["inspected_requests"]
