"""An application of the card: its files, which of them is current, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from card_reader.apdu import (
    CURRENT_EF,
    NO_FCI,
    SELECT_CURRENT_DF,
    SELECT_EF,
    SHORT_EF_MASK,
    SHORT_LE_MAX,
    Command,
    Response,
)
from card_reader.emulator.files import File, Key
from card_reader.emulator.pin import Pin
from card_reader.status import SW

Randomness = Callable[[int], bytes]
"""Gives that many random bytes."""


@dataclass(slots=True)
class Application:
    """Files, and a table of what the application answers.

    `default_key` is what a P2 of zero signs with, `data_objects` what GET DATA finds, by tag.
    `has_sessions` says that secure messaging is configured, of which no part is simulated.
    """

    files: Mapping[int, File]
    handlers: "Handlers"
    randomness: Randomness
    data_objects: Mapping[int, bytes] = field(default_factory=dict)
    default_key: Key | None = None
    has_sessions: bool = False
    current: File | None = None
    """The file that the last command to name one chose."""

    def leave(self) -> None:
        """Forget what was going on: no file is current and no PIN is verified."""
        self.current = None
        for file in self.files.values():
            if isinstance(file, Pin):
                file.verified = False

    def answer(self, command: Command) -> Response:
        """Carry out one command whose class has been checked."""
        handler = self.handlers.get((command.cla, command.ins))
        if handler is not None:
            return handler(self, command)
        known = any(ins == command.ins for _, ins in self.handlers)
        return Response.status(SW.CLA_NOT_SUPPORTED if known else SW.INS_NOT_SUPPORTED)

    def point_at(self, reference: int) -> int:
        """Make the EF current that a parameter byte names by 80 | short EF id; 80 leaves it.

        Returns the status word that says whether there is such a file.
        """
        if reference & ~SHORT_EF_MASK != CURRENT_EF:
            return SW.WRONG_P1P2
        return SW.OK if reference == CURRENT_EF else self.choose(reference & SHORT_EF_MASK)

    def choose(self, ef: int) -> int:
        """Make an EF current, if there is one."""
        if ef not in self.files:
            return SW.FILE_NOT_FOUND
        self.current = self.files[ef]
        return SW.OK


Handlers = Mapping[tuple[int, int], Callable[[Application, Command], Response]]
"""What answers a class and an instruction."""


def select(application: Application, command: Command) -> Response:
    """SELECT below the application; by name is the card's own business."""
    if command.p1 == SELECT_CURRENT_DF:  # without effect on the real card (myna-card)
        return Response.status(SW.FILE_NOT_FOUND if command.data else SW.OK)
    if command.p1 != SELECT_EF or command.p2 != NO_FCI:
        return Response.status(SW.WRONG_P1P2)
    if len(command.data) != 2:
        return Response.status(SW.WRONG_LENGTH)
    return Response.status(application.choose(int.from_bytes(command.data, "big")))


def get_challenge(application: Application, command: Command) -> Response:
    """GET CHALLENGE of 1 to 256 bytes, in any state; for more, 6985 (myna-card)."""
    if command.p1 or command.p2:
        return Response.status(SW.WRONG_P1P2)
    if command.data or command.le is None:
        return Response.status(SW.WRONG_LENGTH)
    if command.le > SHORT_LE_MAX:
        return Response.status(SW.CONDITIONS_NOT_SATISFIED)
    return Response.ok(application.randomness(command.le))
