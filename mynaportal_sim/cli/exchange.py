"""`mynasim exchange`: what agencies exchange about a person, recorded and shown."""

import asyncio
from datetime import datetime
from secrets import token_bytes
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import ResidentOption, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.exchange import service
from mynaportal_sim.exchange.entries import Recorded
from mynaportal_sim.exchange.model import Exchange, Ground

app = typer.Typer(
    help="Record what agencies exchange about a person (やりとり履歴), and show it.",
    no_args_is_help=True,
)


def _when(text: str) -> datetime:
    """An instant as RFC 3339 has it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} is no instant; write it as 2026-11-26T09:30:00+09:00, with its zone"
        )
    return at.replace(microsecond=0)


WhenOption = Annotated[
    datetime | None, typer.Option(parser=_when, metavar="TIME", help="RFC 3339. [default: now]")
]


@app.command()
def record(  # noqa: PLR0913  one parameter per option
    *,
    inquirer: Annotated[str, typer.Option(help="The body that asked, by its name.")],
    provider: Annotated[str, typer.Option(help="The body that was asked.")],
    resident: ResidentOption,
    item: Annotated[list[str], typer.Option(help="What was handed over; repeat for several.")],
    purpose: Annotated[str, typer.Option(help="The affair that the law lets it be for.")],
    withheld: Annotated[
        Ground | None,
        typer.Option(help="Mark the record as not to be disclosed to the person, for this."),
    ] = None,
    requested_at: WhenOption = None,
    provided_at: Annotated[
        datetime | None,
        typer.Option(parser=_when, metavar="TIME", help="RFC 3339. [default: as requested]"),
    ] = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Enter an exchange in the ledger; the person finds it under “Exchanges between agencies”.

    Example: mynasim exchange record --inquirer 清瀬市 --provider 立川市 --resident sato-hanako
    --item 地方税関係情報 --purpose 児童手当の認定請求の審査
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    asked = requested_at or (provided_at or now).replace(microsecond=0)
    exchange = Exchange(
        inquirer=inquirer,
        provider=provider,
        affair=purpose,
        items=tuple(item),
        requested_at=asked,
        provided_at=provided_at or asked,
        ground=withheld,
    )
    with opened(settings) as database:
        holder = person(database, settings, resident).holder
        database.run(service.record, exchange, holder, now, token_bytes)
    marked = " It is marked: the person reads that it exists, and why." if withheld else ""
    say(_document(Recorded(None, exchange)), f"The exchange is recorded.{marked}", json)


@app.command("list")
def list_exchanges(
    resident: ResidentOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is kept of a person's exchanges, as the agencies know it, latest first.

    Example: mynasim exchange list --resident sato-hanako
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        holder = person(database, settings, resident).holder
        found = asyncio.run(database.read(service.of_person, holder, now))
    table = Table("index", "requested", "inquirer", "provider", "purpose", "items", "withheld")
    for one in found:
        table.add_row(*_cells(one))
    nothing = f"No exchange about {resident} is kept."
    say([_document(one) for one in found], table if found else nothing, json)


def _document(recorded: Recorded) -> dict[str, object]:
    exchange = recorded.exchange
    return {
        "index": recorded.position,
        "inquirer": exchange.inquirer,
        "provider": exchange.provider,
        "purpose": exchange.affair,
        "items": list(exchange.items),
        "requested_at": rfc3339(exchange.requested_at),
        "provided_at": rfc3339(exchange.provided_at),
        "withheld": exchange.ground,
    }


def _cells(recorded: Recorded) -> list[Text]:
    exchange = recorded.exchange
    return [
        plain("waits" if recorded.position is None else str(recorded.position)),
        plain(rfc3339(exchange.requested_at)),
        plain(exchange.inquirer),
        plain(exchange.provider),
        plain(exchange.affair),
        plain("、".join(exchange.items)),
        plain(exchange.ground or ""),
    ]
