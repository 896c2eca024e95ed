"""What witnesses have cosigned of the stored log."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from consent.insertion import insert_once
from consent.ledger.cosignature import Witness, with_line
from consent.ledger.errors import UntrustedNoteError
from consent.ledger.tables import checkpoints, witnesses


class Seen(NamedTuple):
    """How far a witness, named by its verifier key, has seen the log, and when."""

    key: str
    size: int
    at: datetime


_SEEN = select(witnesses.c.key, witnesses.c.size, witnesses.c.cosigned_at)
_NOTE = (
    select(checkpoints.c.note)
    .where(checkpoints.c.size == bindparam("of_size"))
    .with_for_update()
)
_ADD = (
    update(checkpoints)
    .where(checkpoints.c.size == bindparam("of_size"))
    .values(note=bindparam("with_line"), cosignatures=checkpoints.c.cosignatures + 1)
)
_ADVANCE = (
    update(witnesses)
    .where(witnesses.c.key == bindparam("of_key"), witnesses.c.size < bindparam("to_size"))
    .values(size=bindparam("to_size"), cosigned_at=bindparam("at"))
)


def seen(connection: Connection) -> list[Seen]:
    """How far each witness that ever cosigned has come."""
    rows = connection.execute(_SEEN.order_by(witnesses.c.key)).all()
    return [
        Seen(row.key, row.size, datetime.fromtimestamp(row.cosigned_at, UTC)) for row in rows
    ]


def size_of(connection: Connection, witness: Witness) -> int:
    """The largest size that a witness has cosigned, 0 if none."""
    found = connection.execute(_SEEN.where(witnesses.c.key == str(witness))).first()
    return 0 if found is None else int(found.size)


def add(connection: Connection, witness: Witness, size: int, lines: str) -> None:
    """Keep a witness's line under the checkpoint of this size, once.

    `lines` is what the witness answered; lines of other keys are dropped.

    Raises:
        MalformedError: the answer holds no signature lines.
        UntrustedNoteError: it holds none of this witness's that fits the checkpoint.
    """
    note: bytes = connection.execute(_NOTE, {"of_size": size}).scalar_one()
    at = witness.cosigned_at(note)
    if at is None:
        own, at = _own(note, witness, lines)
        connection.execute(_ADD, {"of_size": size, "with_line": with_line(note, own)})
    row = {"of_key": str(witness), "to_size": size, "at": int(at.timestamp())}
    if connection.execute(_ADVANCE, row).rowcount == 0:
        first = {"key": row["of_key"], "size": size, "cosigned_at": row["at"]}
        added = insert_once(witnesses, connection).on_conflict_do_nothing()
        connection.execute(added, first)


def _own(note: bytes, witness: Witness, lines: str) -> tuple[str, datetime]:
    """The witness's own line among those it answered, and when it says it cosigned."""
    for line in lines.splitlines(keepends=True):
        at = witness.cosigned_at(with_line(note, line))
        if at is not None:
            return line, at
    raise UntrustedNoteError(f"the answer holds no cosignature of {witness.name}")
