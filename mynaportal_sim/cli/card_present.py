"""`mynasim card present`: an emulated card in a reader that every PC/SC program sees."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from card_reader import vpcd
from card_reader.emulator.card import Card
from card_reader.errors import VirtualReaderError
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.vpcd import Control
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import JsonOption

_AGAIN_AFTER = 0.2  # seconds
_STARTS_WITHIN = 4.0  # seconds from waking pcscd to its driver's listening
_READERS = {vpcd.PORT: "Virtual PCD 00 00", vpcd.PORT + 1: "Virtual PCD 00 01"}
"""What pcscd calls the driver's slots where its configuration is Debian's."""


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
    `mynasim card list` and any other PC/SC program see it, and wrong PINs cost tries. When
    pcscd stops, the card waits for it to come back. --json prints a line once the card is in.

    Example: mynasim card present hanako.json
    """
    keep_pins_out_of_dumps()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    emulated, console = Card.load(card), Console(stderr=True, highlight=False)
    name = _READERS.get(port)
    slot = {
        "card": str(card),
        "label": emulated.label,
        "host": host,
        "port": port,
        "reader": name,
    }
    where = f"the reader {name!r}" if name else f"the virtual reader at port {port}"

    def tell() -> None:
        say(slot, plain(f"{emulated.label} is in {where}. Ctrl-C takes it out."), json)
        sys.stdout.flush()

    slot_state = _Slot(tell, console)
    try:
        with console.status(slot_state):
            _keep_in(host, port, emulated, slot_state)
    except KeyboardInterrupt:
        console.print("The card is out.")


class _Slot:
    """What pcscd does with the card, told as it happens.

    Commands are counted and never shown: PINs are among them.
    """

    def __init__(self, tell: Callable[[], None], console: Console) -> None:
        self.was_in = False
        self._tell = tell
        self._console = console
        self._holds_card = self._is_powered = False
        self._commands = 0

    def __rich__(self) -> Text:
        if not self._holds_card:
            return Text("waiting for pcscd …")
        power = "in use" if self._is_powered else "at rest"
        return Text(f"{power}; commands so far: {self._commands:,}")

    def watch(self, payload: bytes) -> None:
        """See what the driver sends; the first shows that the card is really in."""
        if not self._holds_card:
            self._enter()
        if len(payload) > 1:
            self._commands += 1
        elif payload[0] != Control.GET_ATR:
            self._is_powered = payload[0] != Control.POWER_OFF

    def left(self) -> None:
        """The connection has ended."""
        if self._holds_card:
            self._console.print("pcscd has let go of the card; waiting for it to come back …")
        self._holds_card = self._is_powered = False

    def _enter(self) -> None:
        self._holds_card = True
        if self.was_in:
            self._console.print("pcscd is back; the card is in again.")
        else:
            self.was_in = True
            self._tell()


def _keep_in(host: str, port: int, card: Card, slot: _Slot) -> None:
    """Put the card in, and again whenever pcscd comes back; never returns.

    Raises VirtualReaderError if there is no virtual reader at first, or another card is in it.
    """
    deadline = monotonic() + _STARTS_WITHIN
    while True:
        connected = False
        with _service_awake(host) as awake:
            try:
                with vpcd.inserted(host, port) as connection:
                    connected = True
                    vpcd.serve(connection, card, slot.watch)
            except VirtualReaderError:
                starting = awake and monotonic() < deadline
                if connected or not (slot.was_in or starting):
                    raise
        slot.left()
        card.reset()
        sleep(_AGAIN_AFTER)


@contextmanager
def _service_awake(host: str) -> Iterator[bool]:
    """A connection to this machine's pcscd; whether there is one.

    systemd starts Debian's pcscd when someone connects, and it ends a minute after the last
    program has gone: the virtual reader, and the card with it, would come and go.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as service:
        connected = False
        if host == vpcd.HOST:
            with suppress(OSError):
                service.connect(os.environ.get("PCSCLITE_CSOCK_NAME", "/run/pcscd/pcscd.comm"))
                connected = True
        yield connected
