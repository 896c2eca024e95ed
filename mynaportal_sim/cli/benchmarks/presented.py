"""A card on a reader that PC/SC reaches: `mynasim card present` into a private pcscd."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

from card_reader import pcsc
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from mynaportal_sim.cli.benchmarks.errors import BenchError, NoPrivatePcscdError
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd, private_pcscd
from mynaportal_sim.cli.benchmarks.server import CORES, on_cores, own_environment

_SEEN_WITHIN = 15.0  # seconds


@contextmanager
def on_a_reader(place: Path, card: Path) -> Iterator[str]:
    """Present the card until the block ends; the reader's name.

    This process reaches no other readers from now on. Nothing but SELECT and READ BINARY is
    sent before it is certain that this is the only reader, and its card a simulated one.

    Raises:
        NoPrivatePcscdError: pcscd, the virtual reader or pyscard is missing; says which.
        BenchError: the card did not come into the reader, or there is more than that reader.
    """
    if find_spec("smartcard") is None:
        raise NoPrivatePcscdError("pyscard is not installed: ./mynasim set-up reader")
    with ExitStack() as stack:
        with on_cores(CORES):
            service = stack.enter_context(private_pcscd(place))
            os.environ.update(service.environment)
            stack.enter_context(_presented(card, service, place / "card.log"))
        name, _empty = service.readers
        with pcsc.opened(name) as opened:
            if not Jpki(Session(opened)).is_simulation():
                raise BenchError(f"the card in {name!r} carries no simulation mark")
        yield name


@contextmanager
def _presented(card: Path, service: PrivatePcscd, log: Path) -> Iterator[None]:
    """A process that is the card; the block begins when the service sees it."""
    command = [sys.executable, "-m", "mynaportal_sim", "card", "present", str(card)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own command line
            [*command, "--port", str(service.port)],
            env=own_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _await(service, process, log)
        yield
    finally:
        process.terminate()
        process.wait()


def _await(service: PrivatePcscd, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = monotonic() + _SEEN_WITHIN
    while process.poll() is None and monotonic() < deadline:
        slots = pcsc.slots()
        if tuple(slot.name for slot in slots) != service.readers:
            raise BenchError("PC/SC reaches readers that are not the private ones")
        if slots[0].holds_card:
            return
        sleep(0.02)
    raise BenchError(f"the card did not come into the reader: {log.read_text()[-500:]}")
