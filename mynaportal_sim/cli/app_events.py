"""`mynasim app events`: what an app was told of its consents, and whether it has heard."""

from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.app_log import ClientArgument, LimitOption, app_of
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.delivery import store
from mynaportal_sim.delivery.model import Delivery, Try


def events(
    client_id: ClientArgument,
    resend: Annotated[
        UUID | None, typer.Option(metavar="JTI", help="Send this one again, now.")
    ] = None,
    limit: LimitOption = 50,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show the events for an app, newest first, with each try to deliver them.

    Examples: mynasim app events CLIENT_ID · mynasim app events CLIENT_ID --resend JTI
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        app = app_of(database, client_id)
        if resend is not None:
            now = Clock(settings.clock).now()
            if not database.run(store.resend, app.client_id, resend, now):
                raise CommandError(
                    f"{client_id} has no event {resend}; leave --resend out to list them"
                )
        found = database.run(store.of_app, app.client_id, limit)
        tries = database.run(store.tries, [one.jti for one in found])
    table = Table("jti", "made", "event", "arrangement", "tries", "heard", "fault")
    for one in found:
        heard = rfc3339(one.acknowledged_at) if one.acknowledged_at else "waits"
        cells = (str(one.jti), rfc3339(one.made_at), one.what, str(one.arrangement_id))
        table.add_row(*map(plain, (*cells, str(one.tries), heard, one.fault)))
    nothing = "There is no event for it."
    shown = [_document(one, tries[one.jti]) for one in found]
    say(shown, table if found else nothing, json)


def _document(one: Delivery, tries: list[Try]) -> dict[str, object]:
    arrived = one.acknowledged_at
    return {
        "jti": str(one.jti),
        "event": one.what,
        "arrangement": str(one.arrangement_id),
        "made_at": rfc3339(one.made_at),
        "next_try_at": rfc3339(one.next_at) if arrived is None else None,
        "acknowledged_at": None if arrived is None else rfc3339(arrived),
        "fault": one.fault,
        "tries": [
            {"at": rfc3339(done.at), "way": done.way.value, "fault": done.fault}
            for done in tries
        ],
        "token": one.token,
    }
