"""The emulated card: a Transport whose state is where a card's is, in memory and on disk."""

import os
from pathlib import Path

from card_reader.apdu import INTERINDUSTRY, NO_FCI, SELECT_BY_NAME, Command, Ins, Response
from card_reader.emulator.application import Application, Handlers, Randomness
from card_reader.emulator.commands import ALWAYS
from card_reader.emulator.contents import Contents
from card_reader.emulator.jpki import jpki_application
from card_reader.emulator.personalise import CardData, read_card
from card_reader.emulator.register import common_application, juki_application
from card_reader.emulator.text import text_application
from card_reader.emulator.visual import visual_application
from card_reader.errors import CardFileError, MalformedApduError
from card_reader.spec import (
    CARD_MANAGER_AID,
    COMMON_AID,
    JPKI_AID,
    JUKI_AID,
    TEXT_AID,
    VISUAL_AID,
)
from card_reader.spec.register import RootTag
from card_reader.status import SW


class Card:
    """A card on the reader. Selection and PIN states last until reset, retry counters for ever.

    Any bytes get a response APDU. One card may be open in several processes: they share its
    counters and nothing else.
    """

    def __init__(self, data: CardData, path: Path, randomness: Randomness) -> None:
        self.label = data.label
        objects = data.contents.data_objects if data.contents else {}
        self._root = Application({}, _ROOT_HANDLERS, randomness, objects)
        self._applications = {JPKI_AID: jpki_application(data, path, randomness)}
        if data.contents:
            self._add_others(data.contents, path, randomness)
        self._selected = self._root

    def _add_others(self, contents: Contents, path: Path, randomness: Randomness) -> None:
        self._applications |= {
            TEXT_AID: text_application(contents.text, path, randomness),
            VISUAL_AID: visual_application(contents.visual, path, randomness),
            JUKI_AID: juki_application(contents.register, path, randomness),
            COMMON_AID: common_application(contents.register, path, randomness),
        }
        within = {
            tag: value
            for tag, value in contents.data_objects.items()
            if tag == RootTag.CONTACT_ATR
        }
        for application in self._applications.values():
            application.data_objects = within
        self._applications[CARD_MANAGER_AID] = self._root

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
        refusal = _refused_class(command.cla, has_sessions=self._selected.has_sessions)
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


def _refused_class(cla: int, *, has_sessions: bool) -> int | None:
    """Why a class is refused (ISO/IEC 7816-4, 5.4.1): channels, secure messaging, chaining.

    Where secure messaging is configured, what lacks is a session (myna-card).
    """
    family = cla & 0xE0
    if family in {0x40, 0x60}:
        return SW.CHANNEL_NOT_SUPPORTED
    if family not in {0x00, 0x80}:
        return SW.CLA_NOT_SUPPORTED
    if cla & _CHANNEL:
        return SW.CHANNEL_NOT_SUPPORTED
    if cla & _SECURE_MESSAGING:
        return SW.NO_SESSION if has_sessions else SW.SECURE_MESSAGING_NOT_SUPPORTED
    return SW.CHAINING_NOT_SUPPORTED if cla & _CHAINING else None


_CHANNEL, _SECURE_MESSAGING, _CHAINING = 0x03, 0x0C, 0x10


def _select_at_root(_root: Application, command: Command) -> Response:
    return Response.status(SW.FILE_NOT_FOUND if command.data else SW.WRONG_P1P2)


_ROOT_HANDLERS: Handlers = {**ALWAYS, (INTERINDUSTRY, Ins.SELECT): _select_at_root}
