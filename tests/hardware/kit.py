"""Cards in the virtual reader, and commands that find them there."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

from card_reader import pcsc, vpcd
from card_reader.apdu import Command, Ins
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import EF, SIMULATION_VALUE
from card_reader.transport import Powered
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from tests import commands

SEEN_WITHIN = 5.0  # seconds; the driver looks twice a second


class Commands:
    """`mynasim`, as a person runs it."""

    def run(self, *arguments: str | Path, status: int = 0, stdin: str = "") -> str:
        """What the command printed; it must exit with `status`."""
        done = commands.run(arguments, os.environ, stdin)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stdout or done.stderr

    def answer(self, *arguments: str | Path, status: int = 0) -> object:
        """What the command answered with `--json`."""
        return json.loads(self.run(*arguments, "--json", status=status))


COMMAND = Commands()


@dataclass
class Recorded:
    """A card that remembers what it was sent, and can be pulled out before any APDU."""

    card: Powered
    sent: list[bytes] = field(default_factory=list)
    pull_before: int | None = None
    pull: Callable[[], None] = lambda: None

    def transmit(self, command: bytes) -> bytes:
        if self.pull_before is not None and len(self.sent) >= self.pull_before:
            self.pull()
            return b"\x6f\x00"  # which nobody hears
        self.sent.append(command)
        return self.card.transmit(command)

    def reset(self) -> None:
        self.card.reset()


@dataclass
class Unmarked:
    """A card whose certificates, unlike its like, do not say that they are simulated."""

    card: Powered
    _selected: bytes = b""

    def transmit(self, command: bytes) -> bytes:
        parsed, said = Command.parse(command), self.card.transmit(command)
        if parsed.ins == Ins.SELECT:
            self._selected = parsed.data
        if parsed.ins != Ins.READ_BINARY or self._selected not in _CERTIFICATES:
            return said
        offset, end = parsed.p1 << 8 | parsed.p2, len(said) - 2
        whole = self._whole().replace(_MARK, bytes(len(_MARK)))
        return whole[offset : offset + end] + said[end:]

    def reset(self) -> None:
        self.card.reset()

    def _whole(self) -> bytes:
        parts = (
            self.card.transmit(bytes(Command.read_binary(offset, 256)))[:-2]
            for offset in range(0, 4096, 256)
        )
        return b"".join(parts)


_CERTIFICATES = {ef.to_bytes(2, "big") for ef in (EF.AUTHENTICATION_CA, EF.SIGNING_CA)}
_MARK = SIMULATION_VALUE


@contextmanager
def inserted(service: PrivatePcscd, card: Powered, slot: int = 0) -> Iterator[str]:
    """Put `card` into a slot until the block ends; the reader's name."""
    name = service.readers[slot]
    with vpcd.inserted(port=service.port + slot) as connection:
        if isinstance(card, Recorded):
            card.pull = lambda: connection.shutdown(socket.SHUT_RDWR)
        thread = Thread(target=vpcd.serve, args=(connection, card), daemon=True)
        thread.start()
        try:
            _await(name, there=True)
            yield name
        finally:
            with suppress(OSError):  # pulled out before
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
    _await(name, there=False)


@contextmanager
def simulated(service: PrivatePcscd, path: Path, slot: int = 0) -> Iterator[str]:
    """Put an emulated card into a slot, once it has shown its simulation mark."""
    with inserted(service, Card.load(path), slot) as name:
        assert [one.name for one in pcsc.slots()] == list(service.readers)
        with pcsc.opened(name) as opened:
            assert Jpki(Session(opened)).is_simulation()
        yield name


def _await(name: str, *, there: bool) -> None:
    deadline = monotonic() + SEEN_WITHIN
    while {slot.name: slot.holds_card for slot in pcsc.slots()}[name] is not there:
        assert monotonic() < deadline, f"the service did not see the card in {name}"
        sleep(0.02)
