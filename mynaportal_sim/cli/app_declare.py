"""`mynasim app declare`: what an app wants data for, in words that people read."""

from secrets import token_bytes
from typing import Annotated

import typer

from mynaportal_sim.apps import registration, service
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.app_register import DEFAULT_PURPOSE
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.domains.catalogue import catalogue


def declare(
    client_id: Annotated[str, typer.Argument(help="The app, as `mynasim app list` names it.")],
    purpose_text: Annotated[str, typer.Option(help="The purpose in the app's words.")],
    purpose: Annotated[str, typer.Option(help="The purpose's code.")] = DEFAULT_PURPOSE,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Declare a purpose anew: whoever agreed to the old words is asked again.

    From the next access on the app is refused with purpose_changed until it has asked.

    Example: mynasim app declare app-1234 --purpose-text "健診結果の推移をグラフで表示するため"
    """
    if purpose not in catalogue().purposes:
        known = ", ".join(sorted(catalogue().purposes))
        raise CommandError(f"--purpose: {purpose} is unknown; choose of {known}")
    registration.concrete(purpose_text)
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        declared = database.run(
            service.declare, client_id, purpose, purpose_text, now, token_bytes
        )
    document: dict[str, object] = {
        "client_id": client_id,
        "purpose": declared.code,
        "purpose_text": declared.text,
        "purpose_version": declared.version,
    }
    say(document, f"{client_id} declares version {declared.version}: {declared.text}", json)
