"""`mynasim app recipient-keys`: by what those to whom an app passes data certify themselves."""

from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer

from mynaportal_sim.apps import service
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.app_log import ClientArgument
from mynaportal_sim.cli.app_register import read_keys
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock


def recipient_keys(
    client_id: ClientArgument,
    name: Annotated[str, typer.Argument(help="The recipient, as it was registered.")],
    jwks: Annotated[
        Path, typer.Option(metavar="FILE", help="Its PUBLIC keys, a JWK Set; - for stdin.")
    ],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Register the keys by which a recipient of an app certifies what it has erased.

    From now on the app's word for it does not suffice. The keys take the place of those before:
    keep an old one in FILE while the app still brings what was signed by it.

    Example: mynasim app recipient-keys app-1234 "株式会社集計" --jwks keys.json
    """
    settings = settings_of(data=data, db=db)
    now, given = Clock(settings.clock).now(), read_keys("--jwks", jwks)
    with opened(settings) as database:
        setting = service.set_recipient_keys
        app = database.run(setting, client_id, name, given, now, token_bytes)
    thumbprints = [key.thumbprint for key in app.keys_of_recipients[name]]
    document: dict[str, object] = {
        "client_id": client_id,
        "recipient": name,
        "keys": thumbprints,
    }
    say(document, f"{name} certifies itself from now on what it erases for {app.name}.", json)
