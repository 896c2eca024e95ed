"""What proves an answer, as a unit of work."""

import json
from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.copies import Copy
from consent.ledger.evidence import Evidence
from consent.model import ConsentVersion, Signature
from consent.store import signatures

ANSWERS = frozenset({"consent.granted", "consent.denied"})


def proofs(
    connection: Connection, version: ConsentVersion, holder: bytes, copy: Copy, now: datetime
) -> tuple[Signature | None, Evidence | None]:
    """The signature under an answer, and the proof of its entry as that reader may see it.

    There is no proof while the entry awaits its index, or once it was erased.
    """
    signature = signatures.find(connection, version.resident_id, version.id)
    position = _position(connection, version, holder, now)
    if position is None:
        return signature, None
    if copy is Copy.APP:
        return signature, ledger.prove_to_app(connection, version.app_id, position)
    return signature, ledger.prove_to(connection, holder, now, position)


def _position(
    connection: Connection, version: ConsentVersion, holder: bytes, now: datetime
) -> int | None:
    for logged in ledger.of_holder_and_types(connection, holder, now, ANSWERS):
        if logged.body is None:
            continue
        fields = json.loads(logged.body)["fields"]
        if fields["consent_version"]["value"] == str(version.id):
            return logged.position
    return None
