"""`mynasim app log`, `receipts` and `provision-records`: what the ledger says of an app."""

import asyncio
import json as json_text
import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Column, Table

from consent.instants import rfc3339
from consent.japan import day_of
from mynaportal_sim.apps import store
from mynaportal_sim.apps.model import App
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure import of_app, sheet, walk
from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.disclosure.of_app import Listing, Row
from mynaportal_sim.disclosure.provisions import Party, Record, document, of_event
from mynaportal_sim.disclosure.walk import Period, Whose
from mynaportal_sim.domains.catalogue import catalogue

_DAY = "%Y-%m-%d"
PROVIDER = "ポータルシミュレーター"

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Which app.")]
LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")]


class Format(StrEnum):
    """How records are written."""

    CSV = "csv"
    JSON = "json"


def log(
    client_id: ClientArgument,
    refused: Annotated[
        bool, typer.Option("--refused", help="What it was refused, and why.")
    ] = False,
    limit: LimitOption = 50,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show what an app was given, or refused, as it may know it; --json has the proofs.

    Example: mynasim app log CLIENT_ID --refused
    """
    listing = Listing.REFUSALS if refused else Listing.ACCESSES
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        rows = _newest(database, app_of(database, client_id), listing, limit)
    table = Table("index", _time(), "type", "request", "categories", "records", "reason")
    for row in rows:
        event = row.event
        count = "" if event.count is None else str(event.count)
        categories = " ".join(event.categories)
        cells = (event.type, event.text("request"), categories, count, event.reason)
        table.add_row(_index(event), rfc3339(event.at), *map(plain, cells))
    nothing = "It was refused nothing." if refused else "It was given nothing."
    say([_shown(row) for row in rows], table if rows else nothing, json)


def receipts(
    client_id: ClientArgument,
    limit: LimitOption = 50,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show what people answered an app, and took back; --json has the proofs.

    Example: mynasim app receipts CLIENT_ID
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        rows = _newest(database, app_of(database, client_id), Listing.RECEIPTS, limit)
    table = Table("index", _time(), "type", "arrangement", "no.", "given", "until")
    for row in rows:
        event = row.event
        arrangement, given = event.text("arrangement"), " ".join(event.categories)
        number = event.number("number")
        cells = ("" if number is None else str(number), given, event.text("valid_until"))
        table.add_row(
            _index(event), rfc3339(event.at), *map(plain, (event.type, arrangement, *cells))
        )
    say([_shown(row) for row in rows], table if rows else "Nobody has answered it.", json)


def provision_records(
    client_id: ClientArgument,
    format_: Annotated[
        Format, typer.Option("--format", help="How to write them.")
    ] = Format.CSV,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=[_DAY], help="From this day. [default: three years ago]"
        ),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=[_DAY], help="To this day, included.")
    ] = None,
    data: DataOption = None,
    db: DatabaseOption = None,
) -> None:
    """Write the records that an app keeps of what it received (APPI, article 30).

    A person is named by the number of their arrangement, which is how the app knows them here.

    Example: mynasim app provision-records CLIENT_ID --format csv > received.csv
    """
    settings = settings_of(data=data, db=db)
    today = day_of(Clock(settings.clock).now())
    with opened(settings) as database:
        app = app_of(database, client_id)
        provider = Party(PROVIDER, address=settings.issuer.rstrip("/"))
        write = _write_sheet if format_ is Format.CSV else _write_json
        first = Period.kept(today).since if since is None else since.date()
        period = Period(first, None if until is None else until.date())
        asyncio.run(write(database, app, provider, period))


async def _write_sheet(database: Database, app: App, provider: Party, period: Period) -> None:
    known = catalogue()
    sys.stdout.buffer.write(sheet.heading("ja"))
    async for events in walk.pages(database, Whose.app(app.client_id), period):
        for event in events:
            line = sheet.line(_record(event, app, provider), known, "ja")
            sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def _write_json(database: Database, app: App, provider: Party, period: Period) -> None:
    before = "["
    async for events in walk.pages(database, Whose.app(app.client_id), period):
        for event in events:
            written = json_text.dumps(
                document(_record(event, app, provider)), ensure_ascii=False
            )
            typer.echo(f"{before}{written}", nl=False)
            before = ",\n"
    typer.echo("[]" if before == "[" else "]")


def _record(event: Event, app: App, provider: Party) -> Record:
    return of_event(
        event, provider, Party(app.name, app.organisation), event.text("arrangement")
    )


def _newest(database: Database, app: App, listing: Listing, limit: int) -> list[Row]:
    rows: list[Row] = []
    before = None
    while len(rows) < limit:
        asked = (app.client_id, listing, limit - len(rows), before)
        found = database.run(of_app.search, *asked)
        rows += found.rows
        before = found.older
        if before is None:
            break
    return rows


def app_of(database: Database, client_id: str) -> App:
    app = database.run(store.find, client_id)
    if app is None:
        raise CommandError(f"no app {client_id} is registered; see `mynasim app list`")
    return app


def _shown(row: Row) -> dict[str, object]:
    event = row.event
    fields = {name: value for name, value in event.said.items() if name != "at"}
    return {
        "index": event.position,
        "at": rfc3339(event.at),
        "type": event.type,
        "fields": fields,
        "proof": row.proof,
    }


def _time() -> Column:
    return Column("time", min_width=20)


def _index(event: Event) -> str:
    return "waits" if event.position is None else str(event.position)
