"""Signatures under answers, stored beside them."""

from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from consent.model import Signature
from consent.store.tables import consent_signatures

_FIND = select(consent_signatures).where(
    consent_signatures.c.resident_id == bindparam("resident_id"),
    consent_signatures.c.version_id == bindparam("version_id"),
)
_PLAIN = ("kind", "text", "statement_sha256", "challenge")
_BYTES = ("value", "certificate", "issuer", "revocation", "key")


def add(
    connection: Connection, resident_id: UUID, version_id: UUID, signature: Signature
) -> None:
    """Store the signature under an answer."""
    values = {name: getattr(signature, name) for name in (*_PLAIN, *_BYTES)}
    ids = {"resident_id": resident_id, "version_id": version_id}
    connection.execute(consent_signatures.insert(), ids | values)


def find(connection: Connection, resident_id: UUID, version_id: UUID) -> Signature | None:
    """The signature under an answer, None if it was not signed."""
    sought = {"resident_id": resident_id, "version_id": version_id}
    row = connection.execute(_FIND, sought).mappings().first()
    if row is None:
        return None
    return Signature(*(row[name] for name in (*_PLAIN, *_BYTES)))
