"""`mynasim ledger`: read the log, prove an entry, and judge the whole of it."""

import asyncio
import json as json_text
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from consent.ledger import evidence, store, verify
from consent.ledger.entry import AT, HOLDER, Logged, Value, instant, read_body, read_leaf
from consent.ledger.evidence import Evidence, Proven
from consent.ledger.note import Verifier
from consent.ledger.store import Size
from consent.ledger.verify import Fault, Finding, Report
from mynaportal_sim import keys
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings

app = typer.Typer(
    help="Read the ledger, prove an entry, verify the whole.", no_args_is_help=True
)

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="VERIFIER-KEY",
        help="The key you trust, as `mynasim ledger key` printed it; else that of DIR.",
    ),
]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an operator reads of an entry; an erased one keeps its type and minute."""

    index: int | None
    time: str
    type: str
    erased: bool
    fields: dict[str, Value]


_ABOUT = {
    Fault.TILE_CHANGED: "tile",
    Fault.TREE_DIFFERS: "checkpoint of size",
    Fault.CHECKPOINT_UNTRUSTED: "checkpoint of size",
    Fault.CHECKPOINT_MALFORMED: "checkpoint of size",
}


@app.command("list")
def list_entries(
    data: DataOption = None,
    db: DatabaseOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    json: JsonOption = False,
) -> None:
    """Show the newest entries.

    Example: mynasim ledger list --limit 10
    """
    with _database(settings_of(data=data, db=db)) as database:
        shown = [_shown(entry) for entry in asyncio.run(database.read(store.newest, limit))]
    if json:
        typer.echo(json_text.dumps([asdict(entry) for entry in shown], ensure_ascii=False))
        return
    table = Table("index", "time (UTC)", "type", "app", "categories", "reason", box=None)
    for entry in shown:
        table.add_row(*_cells(entry))
    Console().print(table)


@app.command()
def prove(
    index: Annotated[int, typer.Argument(min=0, help="The entry's index in the log.")],
    show: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="A field to open in the proof; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to the output.")
    ] = None,
    data: DataOption = None,
    db: DatabaseOption = None,
) -> None:
    """Write a proof that an entry is in the log, which stands alone (c2sp.org/tlog-proof).

    Example: mynasim ledger prove 3 --show reason --out entry3.tlog-proof
    """
    with _database(settings_of(data=data, db=db)) as database:
        proof = asyncio.run(database.read(store.prove, index, show or ()))
    if proof is None:
        raise CommandError(
            f"no signed checkpoint covers an entry {index}; see `mynasim ledger list`"
        )
    lacking = sorted(set(show or ()) - proof.shown.keys())
    if lacking:
        raise CommandError(
            f"entry {index} has no field {', '.join(lacking)} that can be opened"
        )
    if out is None:
        typer.echo(bytes(proof), nl=False)
    else:
        out.write_bytes(bytes(proof))


@app.command("verify")
def verify_log(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="A proof to check, without any server."
        ),
    ] = None,
    key: KeyOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Verify the whole log, or one proof; exit with 0 only if all of it holds.

    Examples: mynasim ledger verify · mynasim ledger verify entry3.tlog-proof --key "$KEY"
    """
    settings = settings_of(data=data, db=db)
    trusted = Verifier.parse(key) if key else keys.ledger_signer(settings.keys).verifier
    if file is not None:
        _check_proof(file, trusted, json)
        return
    with _database(settings) as database:
        report, size = asyncio.run(database.read(_judged, trusted))
    if json:
        typer.echo(json_text.dumps(_as_json(report, size)))
    else:
        _tell(report, size, trusted)
    if not report.whole:
        raise typer.Exit(1)


@app.command("key")
def verifier_key(data: DataOption = None, json: JsonOption = False) -> None:
    """Print the key that verifies the log's checkpoints (C2SP signed-note).

    Example: KEY=$(mynasim ledger key)
    """
    key = str(keys.ledger_signer(settings_of(data=data).keys).verifier)
    typer.echo(json_text.dumps({"verifier_key": key}) if json else key)


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    if settings.db is None and not settings.data.is_dir():
        raise CommandError(f"there is nothing in {settings.data}; `mynasim up` starts a portal")
    with closing(Database(settings.database_url)) as database:
        yield database


def _shown(entry: Logged) -> Shown:
    leaf = read_leaf(entry.leaf)
    openings = read_body(entry.body) if entry.body is not None else {}
    at = instant(openings) if openings else leaf.minute
    own = {name: shown.value for name, shown in openings.items() if name not in {AT, HOLDER}}
    return Shown(
        index=entry.position,
        time=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        type=leaf.type,
        erased=entry.body is None,
        fields=own,
    )


def _cells(entry: Shown) -> list[Text]:
    app_name = entry.fields.get("app_name", entry.fields.get("app_id", ""))
    categories = entry.fields.get("categories", "")
    return [
        _plain("waits" if entry.index is None else str(entry.index)),
        _plain(entry.time.replace("T", " ").rstrip("Z")),
        _plain(entry.type),
        _plain("(erased)" if entry.erased else str(app_name)),
        _plain(" ".join(categories) if isinstance(categories, list) else str(categories)),
        _plain(str(entry.fields.get("reason", ""))),
    ]


def _plain(text: str) -> Text:
    """Text that cannot steer the terminal, whoever chose it."""
    return Text("".join(char if char.isprintable() else "\ufffd" for char in text))


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
    return verify.verify(entries, tiles, checkpoints, trusted), size


def _tell(report: Report, size: Size, trusted: Verifier) -> None:
    for found in report.findings:
        typer.echo(_sentence(found))
    if report.whole:
        typer.echo(
            f"Whole: {report.size:,} entries, {report.bodies:,} with a body, fit the tree"
            f" that {trusted.name}+{trusted.key_id.hex()} signed."
        )
    elif report.signed is not None:
        typer.echo(f"The tree fits what was signed up to size {report.signed.size:,}.")
    if size.waiting:
        typer.echo(f"{size.waiting:,} more await an index.")


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


def _check_proof(file: Path, trusted: Verifier, json: bool) -> None:
    proof = Evidence.parse(file.read_bytes())
    verdict = evidence.judge(proof, trusted)
    if not isinstance(verdict, Proven):
        raise CommandError(f"{file} proves nothing: {verdict.reason}")
    shown = {name: opening.value for name, opening in verdict.shown.items()}
    size, leaf = verdict.checkpoint.size, verdict.leaf
    if json:
        told = {"proven": True, "index": proof.index, "size": size, "type": leaf.type}
        told |= {"minute": f"{leaf.minute:%Y-%m-%dT%H:%MZ}", "fields": shown}
        typer.echo(json_text.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"Proven: entry {proof.index} of the {size:,} that {trusted.name} signed is")
    lines = {"type": leaf.type, "minute": f"{leaf.minute:%Y-%m-%d %H:%M} UTC", **shown}
    for name, value in lines.items():
        typer.echo(f"  {_plain(name)}: {_plain(str(value))}")
