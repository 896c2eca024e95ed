"""Where documents wait that somebody is to sign; parts of units of work."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, select

from card_reader.document.format import Format
from consent.instants import instant, seconds
from mynaportal_sim.documents.model import (
    LIFETIME,
    TRANSITIONS,
    DocumentRequest,
    Event,
    MediaType,
    State,
    before,
)
from mynaportal_sim.documents.tables import document_requests as requests

_COLUMNS = tuple(column.name for column in requests.c)


def add(connection: Connection, request: DocumentRequest) -> None:
    """Keep a new request."""
    values = {name: getattr(request, name) for name in _COLUMNS}
    connection.execute(requests.insert(), values | {"asked_at": seconds(request.asked_at)})


def find(connection: Connection, wanted: UUID) -> DocumentRequest | None:
    """The request of that id, whatever its state."""
    row = connection.execute(select(requests).where(requests.c.id == wanted)).mappings().first()
    return None if row is None else _request(row)


def known(connection: Connection, wanted: UUID) -> bool:
    """Whether there is a request of that id."""
    found = connection.execute(select(requests.c.id).where(requests.c.id == wanted)).first()
    return found is not None


def waiting(connection: Connection, app_id: str, sub: str, now: datetime) -> int:
    """How many of an app's requests to a person wait for an answer."""
    counted = select(func.count()).where(
        requests.c.app_id == app_id,
        requests.c.sub == sub,
        requests.c.state == State.ASKED.value,
        requests.c.asked_at > seconds(now - LIFETIME),
    )
    return int(connection.execute(counted).scalar_one())


def happen(
    connection: Connection, wanted: UUID, event: Event, values: Mapping[str, object]
) -> bool:
    """Let `event` happen if the life cycle allows it now; of several at once one wins."""
    changed = connection.execute(
        requests.update()
        .where(requests.c.id == wanted, requests.c.state == before(event).value)
        .values(state=TRANSITIONS[before(event), event].value, **values)
    )
    return changed.rowcount == 1


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop what has run out, documents and signatures with it; how many went."""
    old = requests.c.asked_at <= seconds(now - LIFETIME)
    return connection.execute(requests.delete().where(old)).rowcount


def _request(row: RowMapping) -> DocumentRequest:
    signed_at = row["signed_at"]
    return DocumentRequest(
        **dict(row)
        | {
            "state": State(row["state"]),
            "media_type": MediaType(row["media_type"]),
            "form": Format(row["form"]),
            "asked_at": instant(row["asked_at"]),
            "signed_at": None if signed_at is None else instant(signed_at),
        }
    )
