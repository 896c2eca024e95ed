"""`mynasim ledger verify`: judge the whole log, or one proof without any server."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import Connection

from consent.ledger import evidence, store
from consent.ledger import verify as verification
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.checkpoint import opened as opened_note
from consent.ledger.evidence import Evidence, Proven
from consent.ledger.note import Verifier
from consent.ledger.store import Size
from consent.ledger.verify import Fault, Finding, Report
from mynaportal_sim import keys
from mynaportal_sim.cli import growth
from mynaportal_sim.cli.answer import instant, plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.growth import Growth
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened

FileArgument = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, help="A proof to check, without any server."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="VERIFIER-KEY",
        help="The key you trust, as `mynasim ledger key` printed it; else that of DIR.",
    ),
]
OldOption = Annotated[
    Path | None,
    typer.Option(
        "--old",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="A proof or checkpoint you kept: a proof of growth must begin with its log.",
    ),
]

_ABOUT = {
    Fault.TILE_CHANGED: "tile",
    Fault.TREE_DIFFERS: "checkpoint of size",
    Fault.CHECKPOINT_UNTRUSTED: "checkpoint of size",
    Fault.CHECKPOINT_MALFORMED: "checkpoint of size",
}


def verify(
    file: FileArgument = None,
    key: KeyOption = None,
    old: OldOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Verify the whole log, or one proof; exit with 0 only if all of it holds.

    Examples: mynasim ledger verify · mynasim ledger verify entry3.tlog-proof --key "$KEY" ·
    mynasim ledger verify growth.json --old entry3.tlog-proof --key "$KEY"
    """
    settings = settings_of(data=data, db=db)
    trusted = Verifier.parse(key) if key else keys.ledger_signer(settings.keys).verifier
    if file is not None:
        _check_file(file, old, trusted, json)
        return
    if old is not None:
        raise typer.BadParameter("--old goes with a proof of growth")
    with opened(settings) as database:
        report, size = asyncio.run(database.read(_judged, trusted))
    say(_as_json(report, size), "\n".join(_lines(report, size, trusted)), json)
    if not report.whole:
        raise typer.Exit(1)


def _judged(connection: Connection, trusted: Verifier) -> tuple[Report, Size]:
    size = store.size(connection)
    entries = track(
        store.in_order(connection),
        "Verifying",
        total=size.indexed,
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    tiles, checkpoints = store.all_tiles(connection), store.all_checkpoints(connection)
    return verification.verify(entries, tiles, checkpoints, trusted), size


def _lines(report: Report, size: Size, trusted: Verifier) -> list[str]:
    lines = [_sentence(found) for found in report.findings]
    if report.whole:
        lines.append(
            f"Whole: {report.size:,} entries, {report.bodies:,} with a body, fit the tree"
            f" that {_named(trusted)} signed."
        )
    elif report.signed is not None:
        lines.append(f"The tree fits what was signed up to size {report.signed.size:,}.")
    if size.waiting:
        lines.append(f"{size.waiting:,} more await an index.")
    return lines


def _sentence(found: Finding) -> str:
    about = _ABOUT.get(found.fault, "entry")
    detail = f" ({found.detail})" if found.detail else ""
    more = f"; so do {found.count - 1:,} more" if found.count > 1 else ""
    return f"{about} {found.at}: {found.fault}{detail}{more}"


def _as_json(report: Report, size: Size) -> dict[str, object]:
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
        "findings": findings,
    }


def _check_file(file: Path, old: Path | None, trusted: Verifier, json: bool) -> None:
    content = file.read_bytes()
    if content.lstrip().startswith(b"{"):
        _check_growth(file, Growth.parse(content), old, trusted, json)
    elif old is not None:
        raise CommandError(f"{file} is the proof of an entry; --old goes with one of growth")
    else:
        _check_entry(file, Evidence.parse(content), trusted, json)


def _check_entry(file: Path, proof: Evidence, trusted: Verifier, json: bool) -> None:
    verdict = evidence.judge(proof, trusted)
    if not isinstance(verdict, Proven):
        raise CommandError(f"{file} proves nothing: {verdict.reason}")
    shown = {name: opening.value for name, opening in verdict.shown.items()}
    size, leaf = verdict.checkpoint.size, verdict.leaf
    minute = instant(leaf.minute)
    told = {"proven": True, "index": proof.index, "size": size, "type": leaf.type}
    lines = [f"Proven: entry {proof.index} of the {size:,} that {trusted.name} signed is"]
    for name, value in {"type": leaf.type, "minute": minute, **shown}.items():
        lines.append(f"  {plain(name)}: {plain(str(value))}")
    say({**told, "minute": minute, "fields": shown}, "\n".join(lines), json)


def _check_growth(
    file: Path, proof: Growth, kept: Path | None, trusted: Verifier, json: bool
) -> None:
    grown = growth.judge(proof, trusted)
    if grown is None:
        raise CommandError(
            f"{file} does not prove that the log only grew between these two checkpoints"
        )
    old, new = grown.old, grown.new
    if kept is not None and _kept(kept, trusted) != old:
        raise CommandError(
            f"{file} begins with a log of {old.size:,} entries that is not the one in {kept}"
        )
    known = "is yours" if kept else "compare it with one you kept (--old FILE)"
    text = (
        f"Proven: {_named(trusted)} only added to its log of {old.size:,} entries until"
        f" there were {new.size:,}\n  root of the {old.size:,}: {old.root.hex()} ({known})"
    )
    told = {"proven": True, "old_root": old.root.hex(), "new_root": new.root.hex()}
    say({**told, "old_size": old.size, "new_size": new.size}, text, json)


def _kept(file: Path, trusted: Verifier) -> Checkpoint:
    """The checkpoint in a kept file: the proof of an entry or of growth, or a bare note."""
    content = file.read_bytes()
    if content.lstrip().startswith(b"{"):
        return opened_note(Growth.parse(content).new, trusted)
    if content.startswith(evidence.HEADER.encode()):
        return opened_note(Evidence.parse(content).checkpoint, trusted)
    return opened_note(content, trusted)


def _named(trusted: Verifier) -> str:
    return f"{trusted.name}+{trusted.key_id.hex()}"
