"""Where in a card a conversation stands, so that a reset by somebody else can be made good."""

from card_reader.apdu import HARMLESS, INTERINDUSTRY, SELECT_BY_NAME, Command, Ins
from card_reader.errors import MalformedApduError
from card_reader.status import SW


class Place:
    """The commands that lead to the application and file that are chosen.

    Lost for good once anything was sent that does more than read: a verified PIN must be
    entered by a person again, and no PIN is ever sent twice.
    """

    def __init__(self) -> None:
        self._way: tuple[bytes, ...] | None = ()

    def way_for(self, command: bytes) -> tuple[bytes, ...] | None:
        """What to send after a reset so that `command` can follow; None if it must not."""
        return None if _reading(command) is None else self._way

    def note(self, command: bytes, answer: bytes) -> None:
        """Follow a command that was sent and what came back."""
        reading = _reading(command)
        if reading is None:
            self._way = None
        elif self._way is not None and succeeded(answer):
            self._way = _after(self._way, reading, command)


def succeeded(answer: bytes) -> bool:
    """Whether a response APDU ends in 9000."""
    return answer[-2:] == SW.OK.to_bytes(2, "big")


def _reading(apdu: bytes) -> Command | None:
    """`apdu`, if it only reads; asking for tries (VERIFY without data) does, too."""
    try:
        command = Command.parse(apdu)
    except MalformedApduError:
        return None
    asks = command.ins == Ins.VERIFY and not command.data
    reads = command.cla == INTERINDUSTRY and (command.ins in HARMLESS or asks)
    return command if reads else None


def _after(way: tuple[bytes, ...], reading: Command, apdu: bytes) -> tuple[bytes, ...]:
    if reading.ins == Ins.SELECT and reading.p1 == SELECT_BY_NAME:
        return (apdu,)
    chooses = reading.ins == Ins.SELECT or reading.short_ef is not None
    return (*way[:1], apdu) if chooses else way
