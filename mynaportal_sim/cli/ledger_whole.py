"""The whole of a log, judged where it is stored or from its public files, and told."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection

from consent.ledger import published, store
from consent.ledger import verify as verification
from consent.ledger.checkpoint import opened
from consent.ledger.cosignature import Witnessed
from consent.ledger.note import Verifier
from consent.ledger.store import Size
from consent.ledger.verify import Fault, Finding, Report
from mynaportal_sim.cli.log_files import reading
from mynaportal_sim.cli.progress import tracked
from mynaportal_sim.cli.state import opened as opened_state
from mynaportal_sim.settings import Settings

_ABOUT = {
    Fault.TILE_CHANGED: "tile",
    Fault.TREE_DIFFERS: "checkpoint of size",
    Fault.FORKED: "checkpoint of size",
    Fault.TAIL_CUT: "checkpoint of size",
    Fault.CHECKPOINT_UNTRUSTED: "checkpoint of size",
    Fault.CHECKPOINT_MALFORMED: "checkpoint of size",
}


def judge_stored(
    settings: Settings, trusted: Verifier, witnessed: Sequence[Witnessed]
) -> tuple[Report, Size]:
    """What the log in a data directory or database is found to be."""
    with opened_state(settings) as database:
        return asyncio.run(database.read(_judged, trusted, witnessed))


def judge_published(
    place: str, settings: Settings, trusted: Verifier, witnessed: Sequence[Witnessed]
) -> tuple[Report, Size]:
    """What the log at a URL or in a directory is found to be, from its public files.

    Raises:
        MissingFileError, MalformedError: a file is not there or not what it should be.
        UntrustedNoteError: the checkpoint is not signed by this log's key.
    """
    with reading(place, settings) as read:
        note = published.checkpoint(read)
        size = opened(note, trusted).size
        report = verification.verify(
            tracked("Verifying", published.entries(read, size), size),
            published.tiles(read, size),
            [(size, note)],
            trusted,
            witnessed=witnessed,
            bodiless=True,
        )
    return report, Size(size, 0)


def _judged(
    connection: Connection, trusted: Verifier, witnessed: Sequence[Witnessed]
) -> tuple[Report, Size]:
    size = store.size(connection)
    report = verification.verify(
        tracked("Verifying", store.in_order(connection), size.indexed),
        store.all_tiles(connection),
        store.all_checkpoints(connection),
        trusted,
        witnessed=witnessed,
        waiting=store.waiting(connection),
    )
    return report, size


def lines(
    report: Report, size: Size, trusted: Verifier, witnessed: Sequence[Witnessed]
) -> list[str]:
    """The report as sentences."""
    told = [_sentence(found) for found in report.findings]
    if report.whole:
        told.append(
            f"Whole: {report.size:,} entries, {report.bodies:,} with a body, fit the tree"
            f" that {named(trusted)} signed."
        )
        told += [
            f"{one.by} saw it whole up to {one.checkpoint.size:,} entries"
            f" at {one.at:%Y-%m-%dT%H:%M:%SZ}."
            for one in witnessed
        ]
    elif report.signed is not None:
        told.append(f"The tree fits what was signed up to size {report.signed.size:,}.")
    if size.waiting:
        told.append(f"{size.waiting:,} more await an index.")
    return told


def as_json(report: Report, size: Size, witnessed: Sequence[Witnessed]) -> dict[str, object]:
    """The report for programs."""
    signed = report.signed and {"size": report.signed.size, "root": report.signed.root.hex()}
    findings = [
        {**asdict(found), "fault": found.fault.name.lower(), "says": _sentence(found)}
        for found in report.findings
    ]
    return {
        "whole": report.whole,
        "size": report.size,
        "bodies": report.bodies,
        "waiting": size.waiting,
        "signed": signed,
        "witnesses": [{"name": one.by, "size": one.checkpoint.size} for one in witnessed],
        "findings": findings,
    }


def named(trusted: Verifier) -> str:
    """A key as people tell it from others."""
    return f"{trusted.name}+{trusted.key_id.hex()}"


def _sentence(found: Finding) -> str:
    about = _ABOUT.get(found.fault, "entry")
    detail = f" ({found.detail})" if found.detail else ""
    more = f"; so do {found.count - 1:,} more" if found.count > 1 else ""
    return f"{about} {found.at}: {found.fault}{detail}{more}"
