"""The tables of people's records, for the store and for migrations only."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class RecordRow(SQLModel, table=True):
    """A FHIR resource about a resident; `on_day` is NULL for what belongs to no day.

    One that was made up to be found again is `planted_for` the only app that can read it.
    """

    __tablename__ = "records"
    __table_args__ = (Index("ix_records_type", "resident_id", "resource_type", "on_day"),)

    resident_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    category: str
    resource_type: str
    on_day: date | None
    refers_to: str = Field(sa_type=Text)
    resource: str = Field(sa_type=Text)
    planted_for: str | None


class RecordTokenRow(SQLModel, table=True):
    """A coding by which a record can be found."""

    __tablename__ = "record_tokens"

    resident_id: UUID = Field(primary_key=True)
    record_id: UUID = Field(primary_key=True)
    parameter: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    code: str = Field(primary_key=True)


class CanarySightingRow(SQLModel, table=True):
    """That what was planted for an app was seen in a file; each file counts once."""

    __tablename__ = "canary_sightings"

    resident_id: UUID = Field(primary_key=True)
    app_id: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)


records = SQLModel.metadata.tables["records"]
record_tokens = SQLModel.metadata.tables["record_tokens"]
canary_sightings = SQLModel.metadata.tables["canary_sightings"]
