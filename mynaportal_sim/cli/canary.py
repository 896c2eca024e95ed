"""`mynasim canary`: records that are made up for one app, to find the copies that it keeps."""

from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer
from rich.table import Table

from mynaportal_sim import keys
from mynaportal_sim.apps import store as apps
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.app_log import ClientArgument, app_of
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import ResidentOption
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records import canaries
from mynaportal_sim.records.canaries import Planted, Plot, Sighting
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident

FILE_MAX = 64 * 2**20

app = typer.Typer(
    help="Plant records that only one app can get, and know the copies that it keeps.",
    no_args_is_help=True,
)


@app.command()
def plant(
    client_id: ClientArgument,
    resident: ResidentOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Make up a check-up of a person's that one app gets among the real ones.

    Only check-ups: nobody is to be treated by a medicine that was never given. The person reads
    in their history that it was planted; the app cannot tell it from the others.

    Example: mynasim canary plant CLIENT_ID --resident sato-hanako
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        known = app_of(database, client_id)
        found = database.run(residents.by_persona, resident)
        if found is None:
            raise CommandError(f"there is no persona {resident}; the login page lists them all")
        names = keys.pseudonyms(settings.keys)
        plot = Plot(found, known.client_id, known.name, names)
        now = Clock(settings.clock).now()
        done = database.run(canaries.plant, plot, now, token_bytes)
    say(_planted(done, resident), f"Planted a check-up of {done.day} for {known.name}.", json)


@app.command("list")
def list_planted(
    data: DataOption = None, db: DatabaseOption = None, json: JsonOption = False
) -> None:
    """List what was planted, for which app among whose records.

    Example: mynasim canary list
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        found = _everything(database, keys.pseudonyms(settings.keys))
    table = Table("app", "resident", "day", "records")
    for resident, one in found:
        cells = (one.app_id, resident.persona, one.day.isoformat(), str(len(one.marks.names)))
        table.add_row(*map(plain, cells))
    shown = [_planted(one, resident.persona) for resident, one in found]
    say(shown, table if found else "Nothing is planted.", json)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="JSON, CSV or other text that turned up.")],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Look for canaries in a file; ends with 1 if there are any.

    Each that is found is entered in the ledger once for each file, and is an alert for its
    person. It is known by the app's own names of records, or by most of the values of its day.

    Example: mynasim canary check leaked.json
    """
    settings = settings_of(data=data, db=db)
    text = _text(file)
    names, now = keys.pseudonyms(settings.keys), Clock(settings.clock).now()
    found: list[Sighting] = []
    with opened(settings) as database:
        for resident, one in _everything(database, names):
            known = database.run(apps.find, one.app_id)
            plot = Plot(
                resident, one.app_id, one.app_id if known is None else known.name, names
            )
            said = database.run(canaries.report, plot, one, text, now, token_bytes)
            found += [] if said is None else [said]
    table = Table("app", "resident", "day", "marks", "why", "new")
    for sighting in found:
        cells = (sighting.app_name, sighting.persona, sighting.day.isoformat())
        more = (str(sighting.marks), sighting.why.value, "yes" if sighting.is_new else "no")
        table.add_row(*map(plain, (*cells, *more)))
    say([_seen(one) for one in found], table if found else "No canary is in it.", json)
    if found:
        raise typer.Exit(1)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > FILE_MAX:
            raise CommandError(f"{file} is longer than {FILE_MAX // 2**20} MiB; split it")
        return file.read_bytes().decode(errors="replace")
    except OSError as error:
        raise CommandError(f"{file} cannot be read ({error.strerror})") from None


def _everything(database: Database, names: Pseudonyms) -> list[tuple[Resident, Planted]]:
    return [
        (resident, one)
        for resident in database.run(residents.everyone)
        for one in database.run(canaries.planted, resident, names)
    ]


def _planted(one: Planted, persona: str) -> dict[str, object]:
    return {
        "app_id": one.app_id,
        "resident": persona,
        "day": one.day.isoformat(),
        "records": len(one.marks.names),
    }


def _seen(one: Sighting) -> dict[str, object]:
    return {
        "app_id": one.app_id,
        "app_name": one.app_name,
        "resident": one.persona,
        "day": one.day.isoformat(),
        "marks": one.marks,
        "why": one.why.value,
        "new": one.is_new,
    }
