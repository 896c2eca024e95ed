"""A card answers a page's challenge: from the reader to the token, with a person in between.

Before the person has agreed, nothing is read but the simulation mark of the card's CA and the
label that tells a card from a phone. What is signed is built here from the challenge; the card
is reset when it is let go, however this ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import sleep
from typing import Protocol, runtime_checkable

from card_reader.agent.cards import Cards, Lacking
from card_reader.agent.operation import Event, Failure, Token
from card_reader.agent.pin import PROMPT_LIFETIME, Asker, No, Prompt, Shown
from card_reader.apdu import Response
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_once_verified
from card_reader.client.login_token import login_token
from card_reader.client.session import Session
from card_reader.errors import (
    CardError,
    CardFileError,
    CardRemovedError,
    CardResetError,
    LastTryError,
    MalformedDataError,
    MalformedPinError,
    MemoryFailureError,
    NoCardError,
    NoJpkiError,
    NoReaderError,
    NoReaderSupportError,
    NoServiceError,
    PinBlockedError,
    ReaderBusyError,
    ServiceDeniedError,
    StatusError,
    TransportError,
    UnresponsiveCardError,
    WrongPinError,
)
from card_reader.pinpad import Typed, verify_structure
from card_reader.spec import PHONE_LABELS, Kind
from card_reader.statement import Challenge
from card_reader.status import SW
from card_reader.transport import Powered

_AUTHENTICATION = Kind.USER_AUTHENTICATION
_LOOKED_EVERY = 0.25  # seconds
_CARD_WITHIN = 60.0  # seconds
_DIGITS = 4


class Progress(Protocol):
    """Where an operation's course is told to; it may have been stopped meanwhile."""

    def happen(self, event: Event) -> None:
        """Something happened. Raises StoppedError if the operation is over."""
        ...

    def stopped(self) -> bool:
        """Whether it is over."""
        ...


@runtime_checkable
class Keyed(Protocol):
    """A reader that may have keys of its own."""

    @property
    def has_pinpad(self) -> bool:
        """Whether it has."""
        ...

    def verify_on_pinpad(self, structure: bytes) -> bytes:
        """The response APDU once a PIN was typed there, by a PIN_VERIFY_STRUCTURE."""
        ...


class StoppedError(Exception):
    """The operation is over: it was cancelled, or its page has gone."""


@dataclass(frozen=True, slots=True)
class Failed:
    """How an operation ended without a token."""

    failure: Failure
    retries_left: int | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page asks for; `display` is what its portal says of itself."""

    challenge: Challenge
    display: Mapping[str, str]
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """The road of every login: by which cards, asking whom."""

    cards: Cards
    asker: Asker
    version: str
    pinpad: bool = True
    monotonic: Callable[[], float] = field(kw_only=True)

    def run(self, wish: Wish, progress: Progress) -> Token | Failed | None:
        """The token, or why there is none; None if the person or the page has cancelled."""
        try:
            found = self._card(wish, progress)
            if isinstance(found, Failed):
                return found
            with self.cards.opened(found) as transport:
                return self._with_card(wish, found, transport, progress)
        except StoppedError:
            return None
        except CardError as error:
            return failed(error)

    def _card(self, wish: Wish, progress: Progress) -> str | Failed:
        """The reader with the card, once there is one."""
        until, seen = self.monotonic() + _CARD_WITHIN, False
        while True:
            found = self.cards.find(wish.reader)
            if (found is not Lacking.READER) is not seen:
                seen = not seen
                progress.happen(Event.READER_FOUND if seen else Event.READER_LOST)
            if not isinstance(found, Lacking):
                progress.happen(Event.CARD_FOUND)
                return found
            if found is Lacking.CHOICE or self.monotonic() > until:
                return Failed(Failure(found.value))
            if progress.stopped():
                raise StoppedError
            sleep(_LOOKED_EVERY)

    def _with_card(
        self, wish: Wish, reader: str, transport: Powered, progress: Progress
    ) -> Token | Failed | None:
        jpki = Jpki(Session(transport))
        shown = _shown(wish, reader, jpki)
        with self.asker.opened(shown) as prompt:
            if no := prompt.agree(progress.stopped):
                return _without(no, Failure.CONSENT_TIMEOUT)
            progress.happen(Event.AGREED)
            if end := self._verified(jpki, transport, prompt, progress):
                return end if isinstance(end, Failed) else _without(end, Failure.PIN_TIMEOUT)
        asked, signed = wish.challenge, sign_once_verified(jpki, wish.challenge)
        return login_token(asked.login_id, asked.origin, *signed, self.version)

    def _verified(
        self, jpki: Jpki, transport: Powered, prompt: Prompt, progress: Progress
    ) -> No | Failed | None:
        """Have the PIN entered and the card judge it; None if it was right."""
        tries = jpki.tries(_AUTHENTICATION)
        if not tries:
            return Failed(Failure.PIN_LOCKED, 0)
        if self.pinpad and isinstance(transport, Keyed) and transport.has_pinpad:
            return _on_pinpad(transport, tries, prompt, progress)
        entered = prompt.pin(tries, progress.stopped)
        if isinstance(entered, No):
            return entered
        with entered as pin:
            progress.happen(Event.PIN_ENTERED)
            jpki.verify(_AUTHENTICATION, pin.text(), allow_last_try=tries == 1)
        return None


def _on_pinpad(
    reader: Keyed, tries: int, prompt: Prompt, progress: Progress
) -> No | Failed | None:
    if no := prompt.on_pinpad(tries, progress.stopped):
        return no
    sw = Response.parse(reader.verify_on_pinpad(verify_structure(_DIGITS, PROMPT_LIFETIME))).sw
    if sw in _NOT_TYPED:
        return _NOT_TYPED[sw]
    if sw == Typed.LENGTH_WRONG:
        return Failed(Failure.PIN_MALFORMED, tries)
    progress.happen(Event.PIN_ENTERED)
    return None if sw == SW.OK else failed(StatusError.of(sw))


_NOT_TYPED = {int(Typed.TIMED_OUT): No.TIMED_OUT, int(Typed.CANCELLED): No.CANCELLED}


def _shown(wish: Wish, reader: str, jpki: Jpki) -> Shown:
    label = jpki.label()
    thing = "スマートフォン" if label in PHONE_LABELS else "マイナンバーカード"
    return Shown(
        origin=wish.challenge.origin,
        service=wish.display["service"],
        purpose=wish.challenge.purpose,
        request_code=wish.display["request_code"],
        card=f"{thing} ({label})",
        reader=reader,
        simulation=jpki.is_simulation(),
    )


def _without(no: No, late: Failure) -> Failed | None:
    if no is No.CANCELLED:
        return None
    reasons = {
        No.TIMED_OUT: late,
        No.NOT_CONFIRMED: Failure.PIN_LAST_TRY,
        No.NOBODY: Failure.PROMPT_UNAVAILABLE,
    }
    return Failed(reasons[no], 1 if no is No.NOT_CONFIRMED else None)


_FAILURES: tuple[tuple[type[CardError], Failure], ...] = (
    (NoReaderSupportError, Failure.PCSC_UNAVAILABLE),
    (NoServiceError, Failure.PCSC_UNAVAILABLE),
    (ServiceDeniedError, Failure.PCSC_UNAVAILABLE),
    (NoReaderError, Failure.NO_READER),
    (NoCardError, Failure.CARD_REMOVED),
    (ReaderBusyError, Failure.CARD_BUSY),
    (UnresponsiveCardError, Failure.CARD_UNSUPPORTED),
    (CardRemovedError, Failure.CARD_REMOVED),
    (CardResetError, Failure.CARD_RESET),
    (CardFileError, Failure.CARD_UNAVAILABLE),
    (MemoryFailureError, Failure.CARD_UNAVAILABLE),
    (TransportError, Failure.CARD_UNAVAILABLE),
    (MalformedPinError, Failure.PIN_MALFORMED),
    (LastTryError, Failure.PIN_LAST_TRY),
    (PinBlockedError, Failure.PIN_LOCKED),
    (NoJpkiError, Failure.CARD_UNSUPPORTED),
    (MalformedDataError, Failure.CARD_UNSUPPORTED),
    (CardError, Failure.CARD_REFUSED),
)


def failed(error: CardError) -> Failed:
    """What a page is told of an error between here and the card."""
    if isinstance(error, WrongPinError):
        left = error.tries_left
        return Failed(Failure.PIN_INCORRECT if left else Failure.PIN_LOCKED, left)
    failure = next(failure for kind, failure in _FAILURES if isinstance(error, kind))
    return Failed(failure, 0 if failure is Failure.PIN_LOCKED else None, error.remedy)
