"""A log with a key of its own, filled and judged; shared by the tests of the stored ledger."""

from datetime import UTC, datetime
from hashlib import sha256
from os import urandom
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from consent.ledger import checkpoint, published, store
from consent.ledger.entry import Entry, Logged, read_body
from consent.ledger.note import Signer
from consent.ledger.sequencer import sequence
from consent.ledger.verify import Report, verify
from mynaportal_sim.database import Database

NOW = datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)
KEY_SEED = sha256(b"log").digest()
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(KEY_SEED))
HANAKO, TARO = sha256(b"hanako").digest(), sha256(b"taro").digest()


def happened(number: int, holder: bytes | None = HANAKO) -> Entry:
    return Entry("access.permitted", {"request": number, "reason": "ok"}, holder)


def append_all(
    connection: Connection, numbers: range, holder: bytes | None = HANAKO
) -> list[int]:
    return [store.append(connection, happened(n, holder), NOW, urandom) for n in numbers]


def filled(database: Database, count: int, batch: int = 1000) -> None:
    database.run(append_all, range(count))
    while database.run(sequence, SIGNER, NOW, batch):
        pass


def judged(connection: Connection) -> Report:
    return verify(
        store.in_order(connection),
        store.all_tiles(connection),
        store.all_checkpoints(connection),
        SIGNER.verifier,
    )


def numbers(logged: list[Logged]) -> list[object]:
    return [read_body(entry.body or b"")["request"].value for entry in logged]


def reader(directory: Path) -> published.Read:
    """What reads the files that a log has published into a directory."""

    def read(path: str) -> bytes | None:
        file = directory / path
        return file.read_bytes() if file.is_file() else None

    return read


def judged_from_files(read: published.Read) -> Report:
    """What the log is found to be from its public files alone."""
    note = published.checkpoint(read)
    size = checkpoint.opened(note, SIGNER.verifier).size
    return verify(
        published.entries(read, size),
        published.tiles(read, size),
        [(size, note)],
        SIGNER.verifier,
        bodiless=True,
    )
