"""What must hold of a card whatever it is sent; hypothesis and atheris think up the bytes."""

from collections.abc import Iterable
from pathlib import Path

from card_reader.apdu import Ins
from card_reader.emulator.card import Card
from tests.card_reader.emulator.kit import JPKI, say

SIGN = "802A009701AA00"


class Probe:
    """A card with its file, to which any conversation does no harm."""

    def __init__(self, path: Path) -> None:
        self._card = Card.load(path)
        self._path = path
        self._file = path.read_bytes()

    def converse(self, commands: Iterable[bytes]) -> None:
        """Say `commands` to the card as it is after a reset, and look what became of it.

        Each gets a status word, and data only with 9000. Without a VERIFY the file is as it
        was, so no counter changed. Then the card can be used as ever, with no PIN verified.
        """
        self._card.reset()
        may_count = False
        for command in commands:
            answer = self._card.transmit(command)
            status = int.from_bytes(answer[-2:], "big")
            assert len(answer) >= 2, command.hex()
            assert status >> 12 in {6, 9}, command.hex()
            assert len(answer) == 2 or status == 0x9000, command.hex()
            may_count |= command[1:2] == bytes((Ins.VERIFY,))
        changed = self._path.read_bytes() != self._file
        assert may_count or not changed
        if changed:
            self._path.write_bytes(self._file)
        assert say(self._card, JPKI)[1] == "9000"
        assert say(self._card, SIGN)[1] == "6982"


def cut(data: bytes) -> list[bytes]:
    """Commands out of one string: a length, a command, a length, a command …"""
    commands, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        commands.append(data[at + 1 : end])
        at = end
    return commands
