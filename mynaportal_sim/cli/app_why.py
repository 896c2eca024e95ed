"""`mynasim app why`: what was looked at in a request that was refused."""

from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.inspector import store
from mynaportal_sim.inspector.model import Inspected, Result

_MARKS = {
    Result.HELD: Text("✓", "green"),
    Result.LET_PASS: Text("!", "yellow"),
    Result.REFUSED: Text("✗", "bold red"),
    Result.NOT_REACHED: Text("·", "dim"),
}


def why(
    trace: Annotated[
        str, typer.Argument(metavar="ID", help="The answer's error_uri, or the end of it.")
    ],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show a refused request as it was received, and each check in order with its result.

    Example: mynasim app why http://localhost:8400/why/kq3…
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        found = database.run(store.find, trace.rpartition("/")[2], now)
    if found is None:
        raise CommandError(
            "no refusal is kept by that id; give the error_uri of an answer of the last week"
        )
    say(found.plain(), _shown(found), json)


def _shown(refusal: Inspected) -> Group:
    received = refusal.received
    sender = refusal.client_id or "nobody named"
    proven = "" if refusal.proven else " (not proven)"
    head = f"{received.method} {received.path} at {rfc3339(refusal.at)} by {sender}{proven}"
    request = Table("received", "value", show_edge=False)
    for name, value in {**received.headers, **received.parameters}.items():
        request.add_row(plain(name), plain(value))
    checks = Table("", "check", "what is asked for", "source", show_edge=False)
    for one in refusal.looked:
        said = f"{one.asks}\n{one.said}" if one.asks and one.said else one.asks or one.said
        checks.add_row(_MARKS[one.result], plain(one.name), plain(said), plain(one.source))
    error = plain(f"{refusal.status} {refusal.error}: {refusal.said}")
    return Group(plain(head), error, Text(), request, Text(), checks)
