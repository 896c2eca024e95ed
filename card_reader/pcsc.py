"""Cards on real readers, through PC/SC. No other module imports pyscard, and this one lazily.

A card is opened for this program alone: in shared mode another one could sign with a PIN that
was verified here. It is reset when it is let go, for the same reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from card_reader.apdu import Command
from card_reader.errors import (
    CardRemovedError,
    CardResetError,
    MalformedDataError,
    NoCardError,
    NoReaderError,
    NoReaderSupportError,
    NoServiceError,
    ReaderBusyError,
    ReaderError,
    ServiceDeniedError,
    UnresponsiveCardError,
)
from card_reader.pinpad import FEATURE_REQUEST, Feature, features
from card_reader.place import Place, succeeded

_CONNECT_A_READER = (
    "Connect one. Without a reader, `mynasim card present FILE` puts an emulated card in a"
    " virtual one."
)
_SEE_THE_LIST = "`mynasim card list` shows the readers and what is in them."


@dataclass(frozen=True, slots=True)
class Slot:
    """A reader as the service sees it."""

    name: str
    holds_card: bool
    in_use: bool


def slots() -> list[Slot]:
    """Every reader, whether or not a card is in it.

    Raises NoReaderSupportError, NoServiceError.
    """
    with _context() as (scard, context):
        return _slots(scard, context)


@contextmanager
def opened(wanted: str) -> Iterator["Reader"]:
    """The card in the reader that `chosen` finds by `wanted`.

    Nobody else can use the card until the block ends; then it is reset.

    Raises NoReaderSupportError, NoServiceError, NoReaderError, NoCardError, ReaderBusyError,
    UnresponsiveCardError.
    """
    with _context() as (scard, context):
        name = chosen(wanted, _slots(scard, context))
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, card, protocol = scard.SCardConnect(
            context, name, scard.SCARD_SHARE_EXCLUSIVE, protocols
        )
        _check(scard, code, name)
        reader = Reader(scard, context, name, (card, protocol))
        try:
            yield reader
        finally:
            reader.let_go()


def has_pinpad(name: str) -> bool:
    """Whether a PIN can be typed on the reader itself; False while another uses it alone.

    Raises what `slots` raises.
    """
    with _context() as (scard, context):
        code, reader, _ = scard.SCardConnect(context, name, scard.SCARD_SHARE_DIRECT, 0)
        if code & _WORD != scard.SCARD_S_SUCCESS:
            return False
        try:
            return Feature.VERIFY_PIN_DIRECT in _features(scard, reader)
        finally:
            scard.SCardDisconnect(reader, scard.SCARD_LEAVE_CARD)


def chosen(wanted: str, slots: Sequence[Slot]) -> str:
    """The name of the reader that is called `wanted`, or has it in its name, whatever the case.

    Of several that do, the only one with a card is meant: a virtual reader has two slots, a
    reader with and without contact two names.

    Raises NoReaderError, which names what there is.
    """
    names = [slot.name for slot in slots]
    if not names:
        raise NoReaderError("There is no card reader.", _CONNECT_A_READER)
    if wanted in names:
        return wanted
    fitting = [slot for slot in slots if wanted.casefold() in slot.name.casefold()]
    matching = [slot.name for slot in fitting]
    holding = [slot.name for slot in fitting if slot.holds_card]
    if len(matching) == 1 or len(holding) == 1:
        return (holding or matching)[0]
    shown = ", ".join(repr(name) for name in matching or names)
    meant = (
        f"{wanted!r} could be any of these readers" if wanted else "There are several readers"
    )
    problem = (
        f"{meant}: {shown}."
        if matching
        else f"There is no reader {wanted!r}; there are: {shown}."
    )
    raise NoReaderError(problem, "Name one with --reader. " + _SEE_THE_LIST)


class Reader:
    """A Transport to the card in one reader."""

    def __init__(
        self, scard: ModuleType, context: int, name: str, connection: tuple[int, int]
    ) -> None:
        self.name = name
        self._scard = scard
        self._context = context
        self._card, self._protocol = connection
        self._place = Place()
        self._gone = False
        self._perhaps_gone = {
            self._code("SCARD_E_NOT_TRANSACTED"),
            self._code("SCARD_F_COMM_ERROR"),
        }

    def __repr__(self) -> str:
        return f"Reader({self.name!r})"

    def transmit(self, command: bytes) -> bytes:
        """Send a command APDU and return the response APDU.

        If somebody else reset the card, its place (application and file) is found again and
        `command` sent once more, but only while everything sent so far, and `command`, reads.

        Raises CardRemovedError, CardResetError, NoServiceError, UnresponsiveCardError.
        """
        code, answer = self._send(command)
        if code == self._code("SCARD_W_RESET_CARD"):
            code, answer = self._send_after_reset(command)
        if code in self._perhaps_gone or not (code or answer):  # how, is up to the driver
            there = self._still_there()
            code = self._code("SCARD_E_NOT_TRANSACTED" if there else "SCARD_W_REMOVED_CARD")
        self._gone = code == self._code("SCARD_W_REMOVED_CARD")
        self._place.note(command, answer)
        _check(self._scard, code, self.name)
        return answer

    @property
    def has_pinpad(self) -> bool:
        """Whether a PIN can be typed on the reader itself."""
        return Feature.VERIFY_PIN_DIRECT in _features(self._scard, self._card)

    def verify_on_pinpad(self, structure: bytes) -> bytes:
        """Have the PIN typed there, by a PIN_VERIFY_STRUCTURE; the response APDU.

        Raises what `transmit` raises.
        """
        control = _features(self._scard, self._card)[Feature.VERIFY_PIN_DIRECT]
        self._place.note(bytes(Command.verify(b"\xff")), b"")  # a PIN counts as sent
        code, answer = self._scard.SCardControl(self._card, control, list(structure))
        _check(self._scard, code, self.name)
        return bytes(answer)

    def reset(self) -> None:
        """Power the card down and up again. Raises what `transmit` raises."""
        self._reconnect(self._scard.SCARD_RESET_CARD)
        self._place = Place()

    def let_go(self) -> None:
        """Reset the card and let others have it; what has been pulled out is left alone, since
        some drivers never see another card after an attempt to reset that one."""
        scard = self._scard
        farewell = scard.SCARD_LEAVE_CARD if self._gone else scard.SCARD_RESET_CARD
        scard.SCardDisconnect(self._card, farewell)

    def _reconnect(self, initialization: int) -> None:
        scard = self._scard
        code, self._protocol = scard.SCardReconnect(
            self._card,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            initialization,
        )
        _check(scard, code, self.name)

    def _send_after_reset(self, command: bytes) -> tuple[int, bytes]:
        way = self._place.way_for(command)
        if way is None:
            raise CardResetError
        self._reconnect(self._scard.SCARD_LEAVE_CARD)
        for step in way:
            code, answer = self._send(step)
            _check(self._scard, code, self.name)
            if not succeeded(answer):
                raise CardResetError
        return self._send(command)

    def _still_there(self) -> bool:
        """Whether the card stays for as long as the service takes to notice its absence."""
        scard, state = self._scard, self._scard.SCARD_STATE_UNAWARE
        for patience in (0, _NOTICED_WITHIN):
            _, states = scard.SCardGetStatusChange(
                self._context, patience, [(self.name, state)]
            )
            state = states[0][1] if states else state
            if not state & scard.SCARD_STATE_PRESENT:
                return False
        return True

    def _code(self, symbol: str) -> int:
        return int(getattr(self._scard, symbol)) & _WORD

    def _send(self, command: bytes) -> tuple[int, bytes]:
        scard = self._scard
        form = (
            scard.SCARD_PCI_T0
            if self._protocol == scard.SCARD_PROTOCOL_T0
            else scard.SCARD_PCI_T1
        )
        code, answer = scard.SCardTransmit(self._card, form, list(command))
        return code & _WORD, bytes(answer)


_NOTICED_WITHIN = 1000  # milliseconds; the virtual reader's driver looks twice a second
_WORD = 0xFFFFFFFF
"""Status codes come signed from some builds of pyscard."""


def _features(scard: ModuleType, handle: int) -> Mapping[int, int]:
    """The control code of each feature of PC/SC part 10; empty for a reader that has none."""
    request = scard.SCARD_CTL_CODE(FEATURE_REQUEST)
    code, answer = scard.SCardControl(handle, request, [])
    if code & _WORD != scard.SCARD_S_SUCCESS:
        return {}
    try:
        return features(bytes(answer))
    except MalformedDataError:
        return {}


def _unplugged(name: str) -> NoReaderError:
    return NoReaderError(f"The reader {name!r} is gone.", "Plug it in again. " + _SEE_THE_LIST)


_ERRORS: dict[str, Callable[[str], ReaderError]] = {
    "SCARD_E_NO_SERVICE": lambda _: NoServiceError(),
    "SCARD_E_SERVICE_STOPPED": lambda _: NoServiceError(),
    "SCARD_E_INVALID_HANDLE": lambda _: NoServiceError(),  # the service began anew
    "SCARD_W_SECURITY_VIOLATION": lambda _: ServiceDeniedError(),
    "SCARD_E_SHARING_VIOLATION": ReaderBusyError,
    "SCARD_E_NO_SMARTCARD": NoCardError,
    "SCARD_W_REMOVED_CARD": lambda _: CardRemovedError(),
    "SCARD_W_RESET_CARD": lambda _: CardResetError(),
    "SCARD_E_NOT_TRANSACTED": UnresponsiveCardError,
    "SCARD_F_COMM_ERROR": UnresponsiveCardError,
    "SCARD_W_UNRESPONSIVE_CARD": UnresponsiveCardError,
    "SCARD_W_UNPOWERED_CARD": UnresponsiveCardError,
    "SCARD_W_UNSUPPORTED_CARD": UnresponsiveCardError,
    "SCARD_E_PROTO_MISMATCH": UnresponsiveCardError,
    "SCARD_E_UNKNOWN_READER": _unplugged,
    "SCARD_E_READER_UNAVAILABLE": _unplugged,
}


def _check(scard: ModuleType, code: int, name: str = "") -> None:
    """Raise what a status code other than success means."""
    if code & _WORD == scard.SCARD_S_SUCCESS:
        return
    for symbol, error in _ERRORS.items():
        if code & _WORD == getattr(scard, symbol) & _WORD:
            raise error(name)
    said = scard.SCardGetErrorMessage(code)
    raise ReaderError(f"The reader answered {code & _WORD:08X} ({said.rstrip('. ')}).")


@contextmanager
def _context() -> Iterator[tuple[ModuleType, int]]:
    """pyscard's functions, and a conversation with the service."""
    try:
        scard = import_module("smartcard.scard")
    except ImportError:
        raise NoReaderSupportError from None
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(scard, code)
    try:
        yield scard, context
    finally:
        scard.SCardReleaseContext(context)


def _slots(scard: ModuleType, context: int) -> list[Slot]:
    names = _names(scard, context)
    if not names:
        return []
    asked = [(name, scard.SCARD_STATE_UNAWARE) for name in names]
    code, states = scard.SCardGetStatusChange(context, 0, asked)
    _check(scard, code)
    return [
        Slot(
            name,
            bool(state & scard.SCARD_STATE_PRESENT),
            bool(state & (scard.SCARD_STATE_EXCLUSIVE | scard.SCARD_STATE_INUSE)),
        )
        for name, state, _atr in states
    ]


def _names(scard: ModuleType, context: int) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code & _WORD == scard.SCARD_E_NO_READERS_AVAILABLE & _WORD:
        return []
    _check(scard, code)
    return list(names)
