"""What each application of the card answers: SELECT, READ BINARY, VERIFY, GET CHALLENGE."""

from collections.abc import Callable, Mapping

from card_reader.apdu import (
    CURRENT_EF,
    INTERINDUSTRY,
    NO_FCI,
    SELECT_CURRENT_DF,
    SELECT_EF,
    SHORT_EF_MASK,
    SHORT_LE_MAX,
    Command,
    Ins,
    Response,
)
from card_reader.emulator.files import File, Transparent
from card_reader.emulator.pin import Pin
from card_reader.spec import PIN_MAX
from card_reader.status import SW

Randomness = Callable[[int], bytes]
"""Gives that many random bytes."""

_BY_SHORT_EF = 0x80


class Application:
    """Files, which of them is current, and a table of what the application answers."""

    def __init__(
        self, files: Mapping[int, File], handlers: "Handlers", randomness: Randomness
    ) -> None:
        self._files = files
        self._handlers = handlers
        self._randomness = randomness
        self._current: File | None = None

    def leave(self) -> None:
        """Forget what was going on: no file is current and no PIN is verified."""
        self._current = None
        for file in self._files.values():
            if isinstance(file, Pin):
                file.verified = False

    def answer(self, command: Command) -> Response:
        """Carry out one command whose class has been checked."""
        handler = self._handlers.get((command.cla, command.ins))
        if handler is not None:
            return handler(self, command)
        known = any(ins == command.ins for _, ins in self._handlers)
        return Response.status(SW.CLA_NOT_SUPPORTED if known else SW.INS_NOT_SUPPORTED)

    def point_at(self, reference: int) -> int:
        """Make the EF current that a parameter byte names by 80 | short EF id; 80 leaves it.

        Returns the status word that says whether there is such a file.
        """
        if reference & ~SHORT_EF_MASK != CURRENT_EF:
            return SW.WRONG_P1P2
        return SW.OK if reference == CURRENT_EF else self._choose(reference & SHORT_EF_MASK)

    @property
    def current(self) -> File | None:
        """The file that the last command to name one chose."""
        return self._current

    def _choose(self, ef: int) -> int:
        if ef not in self._files:
            return SW.FILE_NOT_FOUND
        self._current = self._files[ef]
        return SW.OK

    def select(self, command: Command) -> Response:
        """SELECT below the application; by name is the card's own business."""
        if command.p1 == SELECT_CURRENT_DF:  # without effect on the real card (myna-card)
            return Response.status(SW.FILE_NOT_FOUND if command.data else SW.OK)
        if command.p1 != SELECT_EF or command.p2 != NO_FCI:
            return Response.status(SW.WRONG_P1P2)
        if len(command.data) != 2:
            return Response.status(SW.WRONG_LENGTH)
        return Response.status(self._choose(int.from_bytes(command.data, "big")))

    def read_binary(self, command: Command) -> Response:
        """READ BINARY by offset, or by short EF identifier and offset."""
        if command.data or command.le is None:
            return Response.status(SW.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        if command.p1 & _BY_SHORT_EF:
            chosen = self.point_at(command.p1) if command.p1 != _BY_SHORT_EF else SW.WRONG_P1P2
            if chosen != SW.OK:
                return Response.status(chosen)
            offset = command.p2
        return _read(self._current, offset, command.le)

    def verify(self, command: Command) -> Response:
        """VERIFY with a value, or without data to ask for the tries left."""
        if command.p1:
            return Response.status(SW.WRONG_P1P2)
        if command.le is not None or len(command.data) > PIN_MAX:
            return Response.status(SW.WRONG_LENGTH)
        pointed = self.point_at(command.p2)
        if pointed != SW.OK:
            return Response.status(pointed)
        pin = self._current
        if not isinstance(pin, Pin):
            return Response.status(SW.INCOMPATIBLE_FILE if pin else SW.NO_CURRENT_EF)
        return Response.status(pin.verify(command.data) if command.data else pin.status())

    def get_challenge(self, command: Command) -> Response:
        """GET CHALLENGE of 1 to 256 bytes, in any state."""
        if command.p1 or command.p2:
            return Response.status(SW.WRONG_P1P2)
        if command.data or command.le is None or command.le > SHORT_LE_MAX:
            return Response.status(SW.WRONG_LENGTH)
        return Response.ok(self._randomness(command.le))


Handlers = Mapping[tuple[int, int], Callable[[Application, Command], Response]]
"""What answers a class and an instruction."""

COMMON: Handlers = {
    (INTERINDUSTRY, Ins.SELECT): Application.select,
    (INTERINDUSTRY, Ins.READ_BINARY): Application.read_binary,
    (INTERINDUSTRY, Ins.VERIFY): Application.verify,
    (INTERINDUSTRY, Ins.GET_CHALLENGE): Application.get_challenge,
}


def _read(file: File | None, offset: int, length: int) -> Response:
    if file is None:
        return Response.status(SW.NO_CURRENT_EF)
    if not isinstance(file, Transparent):
        return Response.status(SW.INCOMPATIBLE_FILE)
    if file.guard is not None and not file.guard.verified:
        return Response.status(SW.SECURITY_STATUS_NOT_SATISFIED)
    if offset >= len(file.content):
        return Response.status(SW.WRONG_OFFSET)
    return Response.ok(file.content[offset : offset + length])
