"""Up to where a person has seen their alerts.

Filed under the pseudonym that their entries are filed under, so that nothing new leads from a
person to the ledger. The mark is an index of the log: an entry that commits late comes after.
"""

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, bindparam, select
from sqlmodel import Field, SQLModel

from consent.insertion import insert_once
from consent.ledger import store as ledger

NOTHING = -1
"""Before every index."""


class AlertsSeenRow(SQLModel, table=True):
    """A person, and the index of the last entry that they have seen the alerts of."""

    __tablename__ = "alerts_seen"

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    position: int = Field(sa_column=Column(BigInteger, nullable=False))


alerts_seen = SQLModel.metadata.tables["alerts_seen"]
_FIND = select(alerts_seen.c.position).where(alerts_seen.c.holder == bindparam("wanted"))


def seen(connection: Connection, holder: bytes) -> int:
    """The index up to which a person has seen alerts; `NOTHING` if they never have."""
    position: int | None = connection.execute(_FIND, {"wanted": holder}).scalar()
    return NOTHING if position is None else position


def acknowledge(connection: Connection, holder: bytes, position: int) -> None:
    """Mark alerts as seen up to this index, never beyond the log's end nor less than before."""
    if position == NOTHING:
        return
    end = ledger.size(connection).indexed - 1
    statement = insert_once(alerts_seen, connection).values(
        holder=holder, position=min(position, end)
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[alerts_seen.c.holder],
            set_={"position": statement.excluded.position},
            where=alerts_seen.c.position < statement.excluded.position,
        )
    )
