"""`mynasim app revoke-registration-token`: what an app has registered stays as it is."""

from secrets import token_bytes
from typing import Annotated

import typer

from mynaportal_sim.apps import registration_tokens
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock


def revoke_registration_token(
    client_id: Annotated[
        str, typer.Argument(metavar="CLIENT_ID", help="Which, as `mynasim app list` has it.")
    ],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let nobody read or change an app's registration by its token any more; the app stays.

    The token is the registration access token (RFC 7592) that POST /register gave, and there is
    no other for this app.

    Example: mynasim app revoke-registration-token app-0123456789abcdef01234567
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        app, ended = database.run(registration_tokens.revoke, client_id, now, token_bytes)
    said = "is revoked" if ended else "was revoked before, or it never had one"
    document = {"client_id": client_id, "client_name": app.name, "revoked": ended}
    say(document, f"{app.name}: its registration access token {said}.", json)
