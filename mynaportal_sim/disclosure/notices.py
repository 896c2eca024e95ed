"""What a person is told late: access to their data without their consent, and attempts at it.

Such an entry has its index long before they may know of it, so what they have seen of these is
not a place in the log but an instant: all of which they could know then.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, bindparam, select
from sqlmodel import Field, SQLModel

from consent.insertion import insert_once
from consent.ledger import store as ledger
from consent.service.without import ACCESS, REFUSED
from mynaportal_sim.disclosure.alerts import Alert, Kind
from mynaportal_sim.disclosure.event import Event, read

NEVER = datetime.fromtimestamp(0, UTC)
_KINDS = {ACCESS: Kind.WITHOUT_CONSENT, REFUSED: Kind.WITHOUT_CONSENT_REFUSED}


class NoticesSeenRow(SQLModel, table=True):
    """A person, and the instant up to which they have seen what they were told late."""

    __tablename__ = "notices_seen"

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    until_at: int = Field(sa_column=Column(BigInteger, nullable=False))


notices_seen = SQLModel.metadata.tables["notices_seen"]
_FIND = select(notices_seen.c.until_at).where(notices_seen.c.holder == bindparam("wanted"))


def notices(connection: Connection, holder: bytes, now: datetime) -> list[Alert]:
    """What a person may know of at `now`, the newest first; an erased entry tells nothing."""
    logged = ledger.of_holder_and_types(connection, holder, now, tuple(_KINDS))
    events = [read(one) for one in logged if one.body is not None]
    return [Alert(_KINDS[event.type], event) for event in events]


def unseen(told: Sequence[Alert], seen: datetime) -> list[Alert]:
    """Those of which the person could not know when they last looked."""
    return [alert for alert in told if told_from(alert.event) > seen]


def told_from(event: Event) -> datetime:
    """From when on the person may know of what an entry tells."""
    return max(event.at, event.instant("told_from") or event.at)


def seen(connection: Connection, holder: bytes) -> datetime:
    """The instant up to which a person has seen what they were told; `NEVER` if never."""
    until: int | None = connection.execute(_FIND, {"wanted": holder}).scalar()
    return NEVER if until is None else datetime.fromtimestamp(until, UTC)


def mark_seen(connection: Connection, holder: bytes, until: datetime) -> None:
    """Mark as seen what could be known at `until`, and no less than before."""
    statement = insert_once(notices_seen, connection).values(
        holder=holder, until_at=int(until.timestamp())
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[notices_seen.c.holder],
            set_={"until_at": statement.excluded.until_at},
            where=notices_seen.c.until_at < statement.excluded.until_at,
        )
    )
