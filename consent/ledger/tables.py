"""The ledger's tables: an outbox that becomes a log, its tree, and the bodies beside it.

The hashes of leaves are kept apart from the leaves, so that a changed leaf is told from them. A
body has a table of its own because it can be erased while its leaf stays.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
)
from sqlmodel import Field, SQLModel

_Id = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER keys count up by themselves


class LedgerEntryRow(SQLModel, table=True):
    """A leaf; `id` is its place in the outbox, `position` its index once it has one."""

    __tablename__ = "ledger_entries"

    id: int | None = Field(default=None, sa_column=Column(_Id, primary_key=True))
    position: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerBodyRow(SQLModel, table=True):
    """What opens a leaf, whose entry it is and which app it is about; erasable.

    Before `shown_from_at` (Unix seconds) its holder is not shown that there is such an entry.
    """

    __tablename__ = "ledger_bodies"
    __table_args__ = (
        Index("ix_ledger_bodies_holder", "holder", "entry_id"),
        Index("ix_ledger_bodies_app_id", "app_id", "entry_id"),
    )

    entry_id: int = Field(
        sa_column=Column(
            _Id, ForeignKey("ledger_entries.id"), primary_key=True, autoincrement=False
        )
    )
    holder: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    app_id: str | None = Field(default=None, sa_column=Column(String))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    shown_from_at: int | None = Field(default=None, sa_column=Column(BigInteger))


class LedgerTileRow(SQLModel, table=True):
    """A tile of the tree, up to 256 hashes of 32 bytes; level 0 holds the hashes of leaves."""

    __tablename__ = "ledger_tiles"

    level: int = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerHeadRow(SQLModel, table=True):
    """The one row that a sequencer holds locked; `size` leaves have an index."""

    __tablename__ = "ledger_head"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class LedgerCheckpointRow(SQLModel, table=True):
    """A signed checkpoint (a note, UTF-8), when it was signed, and by how many witnesses."""

    __tablename__ = "ledger_checkpoints"
    __table_args__ = (Index("ix_ledger_checkpoints_witnessed", "cosignatures", "size"),)

    size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    signed_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    cosignatures: int = Field(
        default=0, sa_column=Column(Integer, nullable=False, server_default="0")
    )


class LedgerWitnessRow(SQLModel, table=True):
    """The largest size that a witness, named by its verifier key, has cosigned, and when."""

    __tablename__ = "ledger_witnesses"

    key: str = Field(sa_column=Column(String, primary_key=True))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    cosigned_at: int = Field(sa_column=Column(BigInteger, nullable=False))


entries = SQLModel.metadata.tables["ledger_entries"]
bodies = SQLModel.metadata.tables["ledger_bodies"]
tile_rows = SQLModel.metadata.tables["ledger_tiles"]
head = SQLModel.metadata.tables["ledger_head"]
checkpoints = SQLModel.metadata.tables["ledger_checkpoints"]
witnesses = SQLModel.metadata.tables["ledger_witnesses"]

Index(
    "ix_ledger_entries_outbox",
    entries.c.id,
    sqlite_where=entries.c.position.is_(None),
    postgresql_where=entries.c.position.is_(None),
)
