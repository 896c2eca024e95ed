"""`mynasim consent check`: whether stored answers are still what people answered."""

from typing import Annotated

import typer

from mynaportal_sim import keys
from mynaportal_sim.cli.findings import Finding, report
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import Person, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Settings
from mynaportal_sim.signing import stored
from mynaportal_sim.signing.stored import Fault, Stray

_FOUND = {
    Fault.CHANGED: "was changed since it was answered",
    Fault.UNKNOWN: "has no entry in the ledger, so nobody ever gave it",
}
_ADVICE = "restore the database; `mynasim ledger verify` says whether the ledger is whole"


def check(
    resident: Annotated[
        str, typer.Option(metavar="PERSONA", help="Only this person's. [default: everybody's]")
    ] = "",
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Hold each stored answer against what the ledger committed to when it was given.

    Answers are never changed: an amendment is another version. Exits with 1 if one was.

    Examples: mynasim consent check · mynasim consent check --resident sato-hanako --json
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    looked_at, strays = 0, list[Stray]()
    with opened(settings) as database:
        for one in _people(database, settings, resident):
            held = database.run(stored.held, one.resident_id, one.holder, now)
            looked_at += held.looked_at
            strays += held.strays
    report(list(map(_told, strays)) or [_all_well(looked_at)], json)


def _people(database: Database, settings: Settings, resident: str) -> list[Person]:
    if resident:
        return [person(database, settings, resident)]
    pseudonyms = keys.pseudonyms(settings.keys)
    everyone = database.run(residents.accounts)
    return [Person(one.id, pseudonyms.holder(one.id)) for one in everyone]


def _told(stray: Stray) -> Finding:
    version = stray.version
    return Finding(
        str(version.id), False, f"to {version.app_id} {_FOUND[stray.fault]}", _ADVICE
    )


def _all_well(looked_at: int) -> Finding:
    return Finding("answers", True, f"{looked_at:,} are what was answered")
