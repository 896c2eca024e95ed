"""`mynasim consent latency`: from a withdrawal to the last access, by the ledger's entries."""

from dataclasses import asdict

import typer
from rich.table import Table

from mynaportal_sim.apps import store as apps
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.app_log import app_of
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.disclosure import latency as measured
from mynaportal_sim.disclosure.latency import Latency, Summary


def latency(
    client_id: str = typer.Option("", "--app", metavar="CLIENT_ID", help="Only this app."),
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Measure how long apps could still get something after consents were taken back.

    In seconds to the last permitted access under the version that ended, 0 if there was none:
    by app, and over all of them.

    Examples: mynasim consent latency · mynasim consent latency --app CLIENT_ID --json
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        known = [app_of(database, client_id)] if client_id else database.run(apps.every)
        found = [(app, database.run(measured.of_app, app.client_id)) for app in known]
    everything = [one for _, some in found for one in some]
    table = Table("app", "endings", "followed", "tried", "median s", "99 % s", "longest s")
    for name, some in [*((app.name, some) for app, some in found), ("all", everything)]:
        table.add_row(plain(name), *(str(value) for value in asdict(Summary.of(some)).values()))
    document = {
        "apps": [
            {"app_id": app.client_id, "app_name": app.name, **_figures(some)}
            for app, some in found
        ],
        "overall": _figures(everything),
    }
    say(document, table if everything else "No consent was taken back yet.", json)


def _figures(found: list[Latency]) -> dict[str, object]:
    return {
        **asdict(Summary.of(found)),
        "refused_after": [one.refused for one in found if one.refused is not None],
    }
