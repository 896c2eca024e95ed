"""What an operator who holds database and keys can do to a log that has stood still."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from os import urandom
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, select, update

from consent.ledger import promise, store, tables
from consent.ledger.entry import AT, HOLDER, Entry, instant, read_body, seal
from consent.ledger.promise import Appended
from consent.ledger.publish import publish
from consent.ledger.sequencer import sequence
from mynaportal_sim import keys
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings

ENTRY = 3  # the index of the entry that the operator would rather not have

Change = Callable[[Connection], object]


@dataclass(frozen=True)
class Operator:
    """Somebody with everything that a portal has on one directory."""

    settings: Settings

    @classmethod
    def of(cls, data: Path) -> "Operator":
        return cls(Settings(data=data))

    def change(self, change: Change) -> None:
        """Do something to the stored log, and leave its tree and signatures as they were."""
        database = Database(self.settings.database_url)
        with database.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            change(connection)
        database.close()

    def sign_anew(self, change: Change) -> None:
        """Do something to the stored log, then build its tree from nothing and sign that."""
        signer = keys.ledger_signer(self.settings.keys)
        database = Database(self.settings.database_url)
        with database.engine.begin() as connection:
            change(connection)
            for table in (tables.tile_rows, tables.checkpoints):
                connection.execute(delete(table))
            connection.execute(update(tables.head).values(size=0))
            connection.execute(update(tables.entries).values(position=None))
        while database.run(sequence, signer, Clock(self.settings.clock).now()):
            pass
        shutil.rmtree(self.settings.ledger)
        with database.engine.begin() as connection:
            publish(connection, self.settings.ledger)
        database.close()


def flip(table: Table, column: str, where: Change) -> Change:
    """Flip one byte of one stored value."""

    def harm(connection: Connection) -> None:
        key = [*table.primary_key.columns][-1]
        wanted = key == where(connection)
        blob = bytearray(connection.execute(select(table.c[column]).where(wanted)).scalar_one())
        blob[40] ^= 1
        connection.execute(update(table).where(wanted).values({column: bytes(blob)}))

    return harm


def entry_id(connection: Connection) -> int:
    """The outbox id of the unwanted entry."""
    wanted = select(tables.entries.c.id).where(tables.entries.c.position == ENTRY)
    return int(connection.execute(wanted).scalar_one())


def newest_size(connection: Connection) -> int:
    """The size of the newest checkpoint."""
    return int(connection.execute(select(func.max(tables.checkpoints.c.size))).scalar_one())


def no_text(connection: Connection) -> None:
    """Give a leaf another type than bytes, as SQLite lets one."""
    statement = "UPDATE ledger_entries SET leaf = 'x' WHERE position = 3"
    connection.exec_driver_sql(statement)


def remove(connection: Connection) -> None:
    """Take the entry away, with its body."""
    unwanted = entry_id(connection)
    erase_in_secret(connection)
    connection.execute(delete(tables.entries).where(tables.entries.c.id == unwanted))


def erase_in_secret(connection: Connection) -> None:
    """Take away the body, and let no entry say so."""
    unwanted = entry_id(connection)
    connection.execute(delete(tables.bodies).where(tables.bodies.c.entry_id == unwanted))


def reword(connection: Connection) -> None:
    """Put another entry in its place, of the same second: leaf and body fit each other."""
    unwanted = entry_id(connection)
    filed = tables.bodies.c.entry_id == unwanted
    logged = connection.execute(select(tables.bodies).where(filed)).one()
    openings = read_body(logged.body)
    own = {name: shown.value for name, shown in openings.items() if name not in {AT, HOLDER}}
    entry = Entry("consent.denied", own, logged.holder)
    leaf, body = seal(entry, instant(openings), urandom)
    rewritten = update(tables.entries).where(tables.entries.c.id == unwanted)
    connection.execute(rewritten.values(leaf=leaf))
    connection.execute(update(tables.bodies).where(filed).values(body=body))


def cut_tail(connection: Connection) -> None:
    """Drop the last entries."""
    last = select(tables.entries.c.id).order_by(tables.entries.c.id.desc()).limit(2)
    for row in connection.execute(last).scalars().all():
        connection.execute(delete(tables.bodies).where(tables.bodies.c.entry_id == row))
        connection.execute(delete(tables.entries).where(tables.entries.c.id == row))


def back_date(connection: Connection) -> None:
    """Add an entry that says it happened an hour ago."""
    [last] = store.newest(connection, 1)
    at = instant(read_body(last.body or b"")) - timedelta(hours=1)
    store.append(connection, Entry("consent.granted", {"app_id": "late"}), at, urandom)


def drop_from_outbox(by: Operator) -> None:
    """Acknowledge an entry, with a promise, and take it away before it has a place."""
    at = Clock(by.settings.clock).now() - timedelta(minutes=2)
    given: list[Appended] = []

    def acknowledge(connection: Connection) -> None:
        store.append(connection, Entry("access.permitted", {"app_id": "dropped"}), at, urandom)
        given.extend(store.appended(connection))

    def drop(connection: Connection) -> None:
        waiting = select(tables.entries.c.id).where(tables.entries.c.position.is_(None))
        for row in connection.execute(waiting).scalars().all():
            connection.execute(delete(tables.bodies).where(tables.bodies.c.entry_id == row))
            connection.execute(delete(tables.entries).where(tables.entries.c.id == row))

    by.change(acknowledge)
    note = promise.sign(given[0], keys.ledger_signer(by.settings.keys))
    (by.settings.data / "promise").write_bytes(note)
    by.change(drop)
