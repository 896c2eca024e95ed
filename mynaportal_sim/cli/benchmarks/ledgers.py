"""Leaves, and ledgers of nothing else, that rows are measured on."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import SQLModel

from consent.ledger import tables
from consent.ledger.entry import Entry, seal
from consent.ledger.note import Signer
from mynaportal_sim.database import Database

SIGNER = Signer("bench.invalid/ledger", Ed25519PrivateKey.from_private_bytes(bytes(32)))

_COMMITMENT = 43  # characters of an unpadded base64url SHA-256


def entry() -> Entry:
    """What an access leaves."""
    fields: dict[str, str | int | list[str]] = {
        "app_id": "app-0123456789abcdef01234567",
        "app_name": "すこやか手帳",
        "arrangement": "6f1c1e4e-8f0e-4a51-9b57-0d3f6f9b1c55",
        "categories": ["checkup"],
        "purpose": "self-care",
        "request": "GET /fhir/Observation",
    }
    return Entry("access.permitted", fields, holder=bytes(32))


def sealed_leaf(now: datetime) -> bytes:
    """The leaf of such an entry."""
    return seal(entry(), now, os.urandom).leaf


def some_leaves(count: int, now: datetime) -> list[bytes]:
    """Leaves of one length that differ in one commitment: quicker than sealing as many."""
    pattern = sealed_leaf(now)
    start = pattern.index(b'":"', pattern.index(b'"app_id"')) + len(b'":"')
    before, after = pattern[:start], pattern[start + _COMMITMENT :]
    return [
        before + urlsafe_b64encode(os.urandom(32))[:_COMMITMENT] + after for _ in range(count)
    ]


@contextmanager
def ledger_in(path: Path) -> Iterator[Database]:
    """A database with the ledger's tables and no others."""
    database = Database(f"sqlite:///{path}")
    own = [tables.entries, tables.bodies, tables.tile_rows, tables.head, tables.checkpoints]
    SQLModel.metadata.create_all(database.engine, tables=own)
    try:
        yield database
    finally:
        database.close()
