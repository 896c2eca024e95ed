"""`mynasim card present`: an emulated card in a reader that every PC/SC program sees."""

import signal
import sys
from pathlib import Path
from time import sleep
from typing import Annotated

import typer
from rich.console import Console

from card_reader import vpcd
from card_reader.emulator.card import Card
from card_reader.errors import VirtualReaderError
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.options import JsonOption
from mynaportal_sim.hardening import keep_pins_out_of_dumps

_AGAIN_AFTER = 0.5  # seconds


def present(
    card: Annotated[Path, typer.Argument(metavar="FILE", help="The card to present.")],
    port: Annotated[
        int,
        typer.Option(min=1, max=65535, help="Where the virtual reader listens; 2nd slot: +1."),
    ] = vpcd.PORT,
    host: Annotated[str, typer.Option(help="The machine whose pcscd has it.")] = vpcd.HOST,
    json: JsonOption = False,
) -> None:
    """Present an emulated card to pcscd until Ctrl-C takes it out.

    Needs pcscd and vsmartcard-vpcd (apt). The card then lies in a reader called "Virtual PCD";
    `mynasim card list` and any other PC/SC program see it, and wrong PINs cost tries.

    Example: mynasim card present hanako.json
    """
    keep_pins_out_of_dumps()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    emulated, console = Card.load(card), Console(stderr=True, highlight=False)
    shown = f"{emulated.label} is in the virtual reader; Ctrl-C takes it out."
    slot = {"card": str(card), "label": emulated.label, "host": host, "port": port}
    waiting = False
    try:
        while True:
            try:
                with vpcd.inserted(host, port) as connection:
                    waiting = False
                    say(slot, shown, json)
                    sys.stdout.flush()
                    vpcd.serve(connection, emulated)
            except VirtualReaderError:
                if not waiting:
                    raise
            if not waiting:
                console.print("pcscd has let go of the card; waiting for it to come back …")
            waiting = True
            emulated.reset()
            sleep(_AGAIN_AFTER)
    except KeyboardInterrupt:
        console.print("The card is out.")
