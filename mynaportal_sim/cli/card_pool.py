"""`mynasim card pool`: keys for cards to come, made ahead."""

from typing import Annotated

import typer

from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.cli.progress import progress
from mynaportal_sim.settings import Mode


def pool(
    cards: Annotated[int, typer.Argument(metavar="COUNT", min=1, help="For so many cards.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make the keys of cards ahead: cards are issued quickly as long as there are any.

    They lie in the data directory, and each is taken once. Safe to run beside a portal.

    Example: mynasim card pool 100
    """
    from mynaportal_sim.issuing import counter, keys  # noqa: PLC0415  others need no portal

    settings = settings_of(data=data)
    if settings.mode is Mode.STRICT:
        raise CommandError("In strict mode there are no emulated cards; use dev mode for them.")
    ready = counter.ready_keys(settings)
    with progress("Keys", cards * keys.KEYS_PER_CARD) as made:
        keys.fill(ready, cards, made)
    whole = len(ready) // keys.KEYS_PER_CARD
    say({"made": cards, "ready": whole}, f"keys for {whole} cards are ready", json)
