"""Cards on real readers, through PC/SC. No other module imports pyscard, and this one lazily.

A card is opened for this program alone: in shared mode another one could sign with a PIN that
was verified here. It is reset when it is let go, for the same reason.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from card_reader.errors import (
    CardRemovedError,
    CardResetError,
    NoCardError,
    NoReaderError,
    NoReaderSupportError,
    NoServiceError,
    ReaderBusyError,
    ReaderError,
    UnresponsiveCardError,
)

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


@contextmanager
def opened(wanted: str) -> Iterator["Reader"]:
    """The card in the reader `wanted` (its name, or a part that only its name has).

    Nobody else can use the card until the block ends; then it is reset.

    Raises NoReaderSupportError, NoServiceError, NoReaderError, NoCardError, ReaderBusyError,
    UnresponsiveCardError.
    """
    with _context() as (scard, context):
        name = chosen(wanted, _names(scard, context))
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        code, card, protocol = scard.SCardConnect(
            context, name, scard.SCARD_SHARE_EXCLUSIVE, protocols
        )
        _check(scard, code, name)
        reader = Reader(scard, name, card, protocol)
        try:
            yield reader
        finally:
            reader.let_go()


def chosen(wanted: str, names: list[str]) -> str:
    """The one of `names` that is `wanted`, or that alone contains it, whatever the case.

    Raises NoReaderError, which names what there is.
    """
    if not names:
        raise NoReaderError("There is no card reader.", _CONNECT_A_READER)
    if wanted in names:
        return wanted
    matching = [name for name in names if wanted.casefold() in name.casefold()]
    if len(matching) == 1:
        return matching[0]
    shown = ", ".join(repr(name) for name in matching or names)
    problem = (
        f"{wanted!r} could be any of these readers: {shown}."
        if matching
        else f"There is no reader {wanted!r}; there are: {shown}."
    )
    raise NoReaderError(problem, "Name one with --reader. " + _SEE_THE_LIST)


class Reader:
    """A Transport to the card in one reader."""

    def __init__(self, scard: ModuleType, name: str, card: int, protocol: int) -> None:
        self.name = name
        self._scard = scard
        self._card = card
        self._protocol = protocol
        self._untouched = True
        self._gone = False

    def __repr__(self) -> str:
        return f"Reader({self.name!r})"

    def transmit(self, command: bytes) -> bytes:
        """Send a command APDU and return the response APDU.

        Raises CardRemovedError, CardResetError, NoServiceError, UnresponsiveCardError.
        """
        code, answer = self._send(command)
        if code == self._scard.SCARD_W_RESET_CARD & _WORD and self._untouched:
            self.reset()  # before our first command: nothing of ours was lost
            code, answer = self._send(command)
        self._gone = code in {
            self._scard.SCARD_W_REMOVED_CARD & _WORD,
            self._scard.SCARD_E_NOT_TRANSACTED & _WORD,
        }
        _check(self._scard, code, self.name)
        if not answer:  # some drivers report so that the card has gone
            self._gone = True
            raise CardRemovedError
        self._untouched = False
        return answer

    def reset(self) -> None:
        """Power the card down and up again. Raises what `transmit` raises."""
        scard = self._scard
        code, self._protocol = scard.SCardReconnect(
            self._card,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            scard.SCARD_RESET_CARD,
        )
        _check(scard, code, self.name)

    def let_go(self) -> None:
        """Reset the card and let others have it; what has been pulled out is left alone, since
        some drivers never see another card after an attempt to reset that one."""
        scard = self._scard
        farewell = scard.SCARD_LEAVE_CARD if self._gone else scard.SCARD_RESET_CARD
        scard.SCardDisconnect(self._card, farewell)

    def _send(self, command: bytes) -> tuple[int, bytes]:
        scard = self._scard
        form = (
            scard.SCARD_PCI_T0
            if self._protocol == scard.SCARD_PROTOCOL_T0
            else scard.SCARD_PCI_T1
        )
        code, answer = scard.SCardTransmit(self._card, form, list(command))
        return code & _WORD, bytes(answer)


_WORD = 0xFFFFFFFF
"""Status codes come signed from some builds of pyscard."""


def _unplugged(name: str) -> NoReaderError:
    return NoReaderError(f"The reader {name!r} is gone.", "Plug it in again. " + _SEE_THE_LIST)


_ERRORS: dict[str, Callable[[str], ReaderError]] = {
    "SCARD_E_NO_SERVICE": lambda _: NoServiceError(),
    "SCARD_E_SERVICE_STOPPED": lambda _: NoServiceError(),
    "SCARD_E_SHARING_VIOLATION": ReaderBusyError,
    "SCARD_E_NO_SMARTCARD": NoCardError,
    "SCARD_W_REMOVED_CARD": lambda _: CardRemovedError(),
    "SCARD_E_NOT_TRANSACTED": lambda _: CardRemovedError(),
    "SCARD_F_COMM_ERROR": lambda _: CardRemovedError(),
    "SCARD_W_RESET_CARD": lambda _: CardResetError(),
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


def _names(scard: ModuleType, context: int) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code & _WORD == scard.SCARD_E_NO_READERS_AVAILABLE & _WORD:
        return []
    _check(scard, code)
    return list(names)
