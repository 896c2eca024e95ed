"""Logs made for a test, and their exports."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from os import urandom
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import SQLModel

from consent.ledger import store
from consent.ledger.entry import Entry
from consent.ledger.note import Signer
from consent.ledger.sequencer import sequence
from mynaportal_sim.database import Database
from mynaportal_sim.research.export import Source, export
from mynaportal_sim.research.formats import Format
from mynaportal_sim.research.manifest import Manifest

BEGIN = datetime(2026, 11, 26, 21, 0, 0, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))
SOURCE = Source(SIGNER.verifier)
BOTH = tuple(Format)

Moments = Iterable[tuple[datetime, Entry]]


def logged(database: Database, moments: Moments) -> None:
    """Log entries at their moments, in this order, and sign the whole."""
    for at, entry in moments:
        database.run(store.append, entry, at, urandom)
    while database.run(sequence, SIGNER, BEGIN):
        pass


def written(database: Database, directory: Path, formats: Sequence[Format] = BOTH) -> Manifest:
    """Export a log."""
    return database.run(export, directory, SOURCE, formats, lambda _count: None)


def exported(place: Path, moments: Moments, formats: Sequence[Format] = BOTH) -> Path:
    """The export of a log of these entries."""
    with closing(Database(f"sqlite:///{place}/log.sqlite3")) as database:
        SQLModel.metadata.create_all(database.engine)
        logged(database, moments)
        written(database, place / "export", formats)
    return place / "export"
