"""The proofs of several entries in one ZIP, with an index that programs read.

Each proof is a file of its own (C2SP tlog-proof), which needs neither the others nor a server.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.ledger import store as ledger
from consent.ledger.evidence import Evidence
from mynaportal_sim.disclosure.event import Event

INDEX = "index.json"
FORMAT = "mynaportal-sim/proofs/1"


class Proven(NamedTuple):
    """An entry, and its evidence; None while it awaits its index, or once it was erased."""

    event: Event
    evidence: Evidence | None


def of_events(
    connection: Connection, holder: bytes, now: datetime, events: Sequence[Event]
) -> list[Proven]:
    """What proves these entries of a person's; each costs a look into the tree.

    Raises:
        MalformedError: the stored tree or a body is damaged.
    """
    return [
        Proven(
            event,
            None
            if event.position is None
            else ledger.prove_to(connection, holder, now, event.position),
        )
        for event in events
    ]


def archive(proven: Sequence[Proven], key: str, now: datetime) -> bytes:
    """A ZIP of the proofs and of `index.json`, which names each entry, also without a proof.

    `key` is the verifier key by which the log is signed; whoever checks should have it from
    somebody they trust.
    """
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as files:
        index = {
            "format": FORMAT,
            "saved": rfc3339(now),
            "key": key,
            "check": f"mynasim ledger verify FILE --key '{key}'",
            "entries": [_indexed(one) for one in proven],
        }
        _add(files, INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode(), now)
        for event, evidence in proven:
            if evidence is not None and event.position is not None:
                _add(files, name_of(event.position), bytes(evidence), now)
    return held.getvalue()


def name_of(position: int) -> str:
    """The name of the file that proves the entry at this index."""
    return f"entry-{position}.tlog-proof"


def _indexed(one: Proven) -> dict[str, object]:
    event, evidence = one
    position = event.position
    return {
        "file": None if evidence is None or position is None else name_of(position),
        "index": position,
        "at": rfc3339(event.at),
        "type": event.type,
        "fields": {name: value for name, value in event.said.items() if name != "at"},
    }


def _add(files: ZipFile, name: str, content: bytes, now: datetime) -> None:
    entry = ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    files.writestr(entry, content)
