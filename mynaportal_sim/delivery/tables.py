"""The tables of deliveries. Instants are Unix seconds. No row names a resident."""

from uuid import UUID

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, Index, SQLModel


class EventDeliveryRow(SQLModel, table=True):
    """An event on its way to an app, and whether it has arrived."""

    __tablename__ = "event_deliveries"
    __table_args__ = (Index("ix_event_deliveries_waiting", "acknowledged_at", "next_at"),)

    jti: UUID = Field(primary_key=True)
    app_id: str = Field(index=True)
    arrangement_id: UUID
    what: str
    token: str = Field(sa_type=Text)
    made_at: int = Field(sa_type=BigInteger)
    next_at: int = Field(sa_type=BigInteger)
    tries: int
    fault: str
    acknowledged_at: int | None = Field(sa_type=BigInteger)


class EventTryRow(SQLModel, table=True):
    """One try of a delivery; append only."""

    __tablename__ = "event_tries"

    jti: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: int = Field(sa_type=BigInteger)
    way: str
    fault: str


event_deliveries = SQLModel.metadata.tables["event_deliveries"]
event_tries = SQLModel.metadata.tables["event_tries"]
