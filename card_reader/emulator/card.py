"""The emulated card: a Transport whose state is where a card's is, in memory and on disk."""

import os
from pathlib import Path

from card_reader.apdu import INTERINDUSTRY, NO_FCI, SELECT_BY_NAME, Command, Ins, Response
from card_reader.emulator.application import COMMON, Application, Handlers, Randomness
from card_reader.emulator.jpki import jpki_application
from card_reader.emulator.personalise import CardData, read_card
from card_reader.errors import CardFileError, MalformedApduError
from card_reader.spec import JPKI_AID
from card_reader.status import SW


class Card:
    """A card on the reader. Selection and PIN states last until reset, retry counters for ever.

    Any bytes get a response APDU. One card may be open in several processes: they share its
    counters and nothing else.
    """

    def __init__(self, data: CardData, path: Path, randomness: Randomness) -> None:
        self.label = data.label
        self._applications = {JPKI_AID: jpki_application(data, path, randomness)}
        self._root = Application({}, _ROOT_HANDLERS, randomness)
        self._selected = self._root

    @classmethod
    def load(cls, path: Path, randomness: Randomness = os.urandom) -> "Card":
        """The card that `path` holds, freshly powered up.

        Raises CardFileError if the file is missing, damaged or foreign.
        """
        path = path.resolve()
        return cls(read_card(path), path, randomness)

    def __repr__(self) -> str:
        return f"Card({self.label!r})"

    def reset(self) -> None:
        """Power the card down and up again."""
        self._enter(self._root)

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU; 6581 if the card file can no longer be used."""
        try:
            return bytes(self._answer(Command.parse(command)))
        except MalformedApduError:
            return bytes(Response.status(SW.WRONG_LENGTH))
        except CardFileError:
            return bytes(Response.status(SW.MEMORY_FAILURE))

    def _answer(self, command: Command) -> Response:
        refusal = _refused_class(command.cla)
        if refusal is not None:
            return Response.status(refusal)
        if (command.cla, command.ins, command.p1) == _SELECT_BY_NAME:
            return Response.status(self._select(command))
        return self._selected.answer(command)

    def _select(self, command: Command) -> int:
        """Only whole names: terminals probe with the names of other cards and with parts."""
        application = self._applications.get(command.data)
        if application is None:
            return SW.FILE_NOT_FOUND
        if command.p2 != NO_FCI:
            return SW.WRONG_P1P2
        self._enter(application)
        return SW.OK

    def _enter(self, application: Application) -> None:
        self._selected.leave()
        self._selected = application


_SELECT_BY_NAME = (INTERINDUSTRY, Ins.SELECT, SELECT_BY_NAME)


def _refused_class(cla: int) -> int | None:
    """Why a class is refused (ISO/IEC 7816-4, 5.4.1): channels, secure messaging, chaining."""
    family = cla & 0xE0
    if family in {0x40, 0x60}:
        return SW.CHANNEL_NOT_SUPPORTED
    if family not in {0x00, 0x80}:
        return SW.CLA_NOT_SUPPORTED
    for bits, status in _CLASS_BITS.items():
        if cla & bits:
            return status
    return None


_CLASS_BITS = {
    0x03: SW.CHANNEL_NOT_SUPPORTED,
    0x0C: SW.SECURE_MESSAGING_NOT_SUPPORTED,
    0x10: SW.CHAINING_NOT_SUPPORTED,
}


def _select_at_root(_root: Application, command: Command) -> Response:
    return Response.status(SW.FILE_NOT_FOUND if command.data else SW.WRONG_P1P2)


_ROOT_HANDLERS: Handlers = {**COMMON, (INTERINDUSTRY, Ins.SELECT): _select_at_root}
