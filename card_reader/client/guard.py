"""What may be sent to a card without the simulation mark: nothing that could harm it."""

from card_reader.apdu import (
    EF_ID_LENGTH,
    HARMLESS,
    INTERINDUSTRY,
    SELECT_BY_NAME,
    SELECT_EF,
    Command,
    Ins,
    Response,
)
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.errors import CommandRefusedError, StatusError
from card_reader.spec import MY_NUMBER_FILES
from card_reader.status import SW
from card_reader.transport import Transport

_OTHER_OCCURRENCE = 0x03
"""Bits of P2 of SELECT (ISO/IEC 7816-4): the last, next or previous of that name."""


def guard_for(session: Session) -> "Guard | None":
    """The guard that the card behind `session` needs; None if its certificates are simulated.

    Selects the JPKI application, if there is one.
    """
    try:
        simulated = Jpki(session).is_simulation()
    except StatusError:
        simulated = False
    return None if simulated else Guard()


class Guard:
    """Follows which application is selected, and refuses what safety rule 1 forbids.

    Only SELECT, READ and GET CHALLENGE pass, and neither file with an individual number is
    chosen or read. Everything else is refused, also what nobody has thought of.
    """

    def __init__(self) -> None:
        self._application: bytes | None = None

    def check(self, command: Command) -> None:
        """Raises CommandRefusedError if `command` must not reach the card."""
        if command.cla != INTERINDUSTRY or command.ins not in HARMLESS:
            raise CommandRefusedError(
                "This card does not carry the simulation mark:"
                f" {command.cla:02X}{command.ins:02X} is not sent to it."
            )
        if command.ins == Ins.SELECT:
            self._check_select(command)
        elif command.ins != Ins.GET_CHALLENGE:
            self._check_file(command.short_ef)

    def follow(self, command: Command, response: Response) -> None:
        """Take note of a command that was sent and of its answer.

        After a selection that did not end in 9000 it counts as unknown what is selected.
        """
        if (command.ins, command.p1) == (Ins.SELECT, SELECT_BY_NAME):
            self._application = command.data if response.sw == SW.OK else None

    def _check_select(self, command: Command) -> None:
        by_name = command.p1 == SELECT_BY_NAME and not _resembles(command.data)
        by_id = command.p1 == SELECT_EF and len(command.data) == EF_ID_LENGTH
        if command.p2 & _OTHER_OCCURRENCE or not (by_name or by_id):
            raise CommandRefusedError(
                "This card does not carry the simulation mark: select an application by its"
                " whole name (P1=04), or a file in it by its two bytes (P1=02)."
            )
        if by_id:
            self._check_file(int.from_bytes(command.data, "big"))

    def _check_file(self, ef: int | None) -> None:
        """That a command names; None is the current one, which passed when it was chosen."""
        if self._application is None:
            raise CommandRefusedError("Select an application first, so that the file is known.")
        if ef is not None and MY_NUMBER_FILES.get(self._application) == ef:
            raise CommandRefusedError(
                "This card does not carry the simulation mark: the file with the individual"
                " number is not read from it."
            )


class Guarded:
    """A way to a card on which the guard lets through what it may have."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._guard = Guard()

    def transmit(self, command: bytes) -> bytes:
        """Raises CommandRefusedError instead of sending what the guard holds back."""
        meant = Command.parse(command)
        self._guard.check(meant)
        answer = self._transport.transmit(command)
        self._guard.follow(meant, Response.parse(answer))
        return answer


def _resembles(name: bytes) -> bool:
    """Whether `name` is not quite that of an application with a number, so might find it."""
    return any(
        aid != name and (aid.startswith(name) or name.startswith(aid))
        for aid in MY_NUMBER_FILES
    )
