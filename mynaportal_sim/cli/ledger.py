"""`mynasim ledger`: read the log, prove an entry, and judge the whole of it."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from consent.instants import rfc3339
from consent.ledger import store
from consent.ledger.entry import AT, HOLDER, Logged, Value, read_body, read_leaf
from consent.ledger.entry import instant as happened_at
from mynaportal_sim import keys
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.ledger_erase import erase
from mynaportal_sim.cli.ledger_export import export
from mynaportal_sim.cli.ledger_prove import prove
from mynaportal_sim.cli.ledger_verify import verify
from mynaportal_sim.cli.ledger_witness import witness
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened

app = typer.Typer(
    help="Read the ledger, prove an entry, verify the whole.", no_args_is_help=True
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an operator reads of an entry; an erased one keeps its type and minute."""

    index: int | None
    time: str
    type: str
    erased: bool
    fields: dict[str, Value]


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
    with opened(settings_of(data=data, db=db)) as database:
        shown = [_shown(entry) for entry in asyncio.run(database.read(store.newest, limit))]
    table = Table(
        "index", Column("time", min_width=20), "type", "app", "categories", "reason", box=None
    )
    for entry in shown:
        table.add_row(*_cells(entry))
    say([asdict(entry) for entry in shown], table, json)


app.command()(prove)
app.command()(verify)
app.command()(witness)
app.command()(erase)
app.command()(export)


@app.command("key")
def verifier_key(data: DataOption = None, json: JsonOption = False) -> None:
    """Print the key that verifies the log's checkpoints (C2SP signed-note).

    Example: KEY=$(mynasim ledger key)
    """
    key = str(keys.ledger_signer(settings_of(data=data).keys).verifier)
    say({"verifier_key": key}, key, json)


def _shown(entry: Logged) -> Shown:
    leaf = read_leaf(entry.leaf)
    openings = read_body(entry.body) if entry.body is not None else {}
    at = happened_at(openings) if openings else leaf.minute
    own = {name: shown.value for name, shown in openings.items() if name not in {AT, HOLDER}}
    return Shown(
        index=entry.position,
        time=rfc3339(at),
        type=leaf.type,
        erased=entry.body is None,
        fields=own,
    )


def _cells(entry: Shown) -> list[Text]:
    app_name = entry.fields.get("app_name", entry.fields.get("app_id", ""))
    categories = entry.fields.get("categories", "")
    return [
        plain("waits" if entry.index is None else str(entry.index)),
        plain(entry.time),
        plain(entry.type),
        plain("(erased)" if entry.erased else str(app_name)),
        plain(" ".join(categories) if isinstance(categories, list) else str(categories)),
        plain(str(entry.fields.get("reason", ""))),
    ]
