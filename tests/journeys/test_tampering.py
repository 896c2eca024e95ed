"""Whoever changes what the ledger holds is found out, and the entry is named."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.kit import Portal, copy_keys, details, free_port, running

Harm = Callable[[sqlite3.Connection], None]
ENTRY = 2


def _flipped(blob: bytes, at: int = 40) -> bytes:
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]


def _change(table: str, column: str, where: str) -> Harm:
    """Flip one byte of one stored value."""

    def harm(database: sqlite3.Connection) -> None:
        [(blob,)] = database.execute(f"SELECT {column} FROM {table} WHERE {where}")
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (_flipped(blob),))

    return harm


def _retype(database: sqlite3.Connection) -> None:
    database.execute("UPDATE ledger_entries SET leaf = 'x' WHERE position = ?", (ENTRY,))


def _remove(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("DELETE FROM ledger_entries WHERE position = ?", (ENTRY,))


@pytest.fixture(scope="module")
def finished(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """The state that a portal leaves after a walk."""
    data = tmp_path_factory.mktemp("tampering") / "data"
    copy_keys(template, data)
    with running(Portal(data, free_port())) as portal:
        app = portal.register()
        _, redirect = portal.walk(app, details("checkup"))
        app.fetch(app.redeem(redirect), "/fhir/Observation")
        portal.until_indexed()
    return portal


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        pytest.param(
            _change("ledger_entries", "leaf", f"position = {ENTRY}"),
            f"entry {ENTRY}: the stored leaf does not fit",
            id="one byte of a leaf",
        ),
        pytest.param(
            _change(
                "ledger_bodies",
                "body",
                f"entry_id = (SELECT id FROM ledger_entries WHERE position = {ENTRY})",
            ),
            f"entry {ENTRY}: the stored body does not fit",
            id="one byte of a body",
        ),
        pytest.param(
            _retype, f"entry {ENTRY}: the stored leaf does not fit", id="a leaf's type"
        ),
        pytest.param(_remove, f"entry {ENTRY}: ", id="an entry"),
        pytest.param(
            _change("ledger_tiles", "hashes", "level = 0 AND number = 0"),
            "checkpoint",
            id="one byte of a stored hash",
        ),
        pytest.param(
            _change("ledger_checkpoints", "note", "size = (SELECT max(size) FROM ledger_head)"),
            "checkpoint",
            id="one byte of the checkpoint",
        ),
    ],
)
def test_verify_names_what_was_changed(finished: Portal, harm: Harm, said: str) -> None:
    path = finished.data / "portal.sqlite3"
    kept = path.read_bytes()
    try:
        with closing(sqlite3.connect(path)) as database:
            harm(database)
            database.commit()
        assert said in finished.run("ledger", "verify", status=1)
    finally:
        path.write_bytes(kept)
    finished.run("ledger", "verify")
