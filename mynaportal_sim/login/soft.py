"""Soft cards: emulated cards that lie with the portal, chosen in the browser.

Only the reader is missing. The APDUs, the statement and the token are those of a card at home.
"""

import logging
import re
from asyncio import Lock, to_thread
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from card_reader.client.consent import sign_consent
from card_reader.client.document import sign_document
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.client.signing import Signed
from card_reader.document.format import Format
from card_reader.emulator.card import Card
from card_reader.emulator.store import made
from card_reader.errors import (
    CardFileError,
    LastTryError,
    MalformedPinError,
    MemoryFailureError,
    PinBlockedError,
    WrongPinError,
)
from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from mynaportal_sim.login.challenge import Challenge
from mynaportal_sim.login.errors import NoSuchPersonaError
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.token import LoginToken

T = TypeVar("T")

AGENT_VERSION = "soft"
_log = logging.getLogger(__name__)
_NONE: tuple[bytes, None] = (b"", None)
_PERSONA = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class SoftCards:
    """The card of each persona, `<directory>/<persona>.json`.

    A card stays on its reader until it is issued anew; it is reset after each answer, so that
    no PIN stays verified. It answers one question at a time, in a thread: its file may be held
    by another process for seconds.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)
        self._idle: dict[str, tuple[bytes, Card]] = {}

    async def answer(
        self, persona: str, pin: str, challenge: Challenge, *, last_try: bool = False
    ) -> LoginToken | Refusal:
        """Have the card sign `challenge`; the PIN goes to the card and is kept nowhere.

        A malformed PIN does not reach the card, and neither does any PIN when one try is left,
        unless `last_try` says that the person wants it so.

        Raises:
            NoSuchPersonaError: there is no such card.
        """

        def sign(jpki: Jpki) -> Signed:
            return sign_challenge(jpki, challenge.to_sign, pin, allow_last_try=last_try)

        return await self._asked(persona, challenge, sign)

    async def agree(
        self,
        persona: str,
        password: str,
        statement: ConsentStatement,
        challenge: Challenge,
        *,
        last_try: bool = False,
    ) -> LoginToken | Refusal:
        """Have the card's key for signatures sign `statement`, under a challenge for it.

        The password goes the way of the PIN. Raises as `answer` does.
        """

        def sign(jpki: Jpki) -> Signed | Refusal:
            if not jpki.holds(Kind.SIGNING):
                return Refusal(Code.SIGNING_CERT_MISSING)
            return sign_consent(jpki, statement, password, allow_last_try=last_try)

        return await self._asked(persona, challenge, sign)

    async def sign_document(
        self,
        persona: str,
        password: str,
        asked: tuple[Format, bytes],
        challenge: Challenge,
        *,
        last_try: bool = False,
    ) -> LoginToken | Refusal:
        """Have the card's key for signatures sign a document in a format, as `agree` does."""
        form, document = asked

        def sign(jpki: Jpki) -> Signed | Refusal:
            if not jpki.holds(Kind.SIGNING):
                return Refusal(Code.SIGNING_CERT_MISSING)
            at = challenge.issued_at
            return sign_document(jpki, form, document, password, at, allow_last_try=last_try)

        return await self._asked(persona, challenge, sign)

    async def can_sign(self, persona: str) -> bool | Refusal:
        """Whether the card has a key for signatures; that of a child has none.

        Raises:
            NoSuchPersonaError: there is no such card.
        """
        return await self._used(persona, lambda jpki: jpki.holds(Kind.SIGNING))

    async def _asked(
        self, persona: str, challenge: Challenge, sign: Callable[[Jpki], Signed | Refusal]
    ) -> LoginToken | Refusal:
        signed = await self._used(persona, sign)
        if isinstance(signed, Refusal):
            return signed
        return LoginToken.of(challenge.login_id, challenge.origin, signed, AGENT_VERSION)

    async def _used(self, persona: str, use: Callable[[Jpki], T]) -> T | Refusal:
        """What `use` makes of a card when it is its turn, or why the card did not go along."""
        path = self._directory / f"{persona}.json"
        if not _PERSONA.fullmatch(persona) or not path.exists():
            raise NoSuchPersonaError
        async with self._turns[persona]:
            return await to_thread(self._on_reader, persona, path, use)

    def _on_reader(self, persona: str, path: Path, use: Callable[[Jpki], T]) -> T | Refusal:
        """The same in a thread, which alone has the card: nobody else finds it idle."""
        try:
            issued, (known, card) = made(path), self._idle.pop(persona, _NONE)
            if card is None or issued != known:
                card = Card.load(path)
            try:
                return use(Jpki(Session(card)))
            finally:
                card.reset()
                self._idle[persona] = (issued, card)
        except (CardFileError, MemoryFailureError) as error:
            _log.warning("the card of %s: %s", persona, error)
            return Refusal(Code.CARD_UNAVAILABLE)
        except MalformedPinError:
            return Refusal(Code.PIN_MALFORMED)
        except LastTryError:
            return Refusal(Code.PIN_LAST_TRY, tries_left=1)
        except WrongPinError as error:
            return _wrong(error.tries_left)
        except PinBlockedError:
            return _wrong(0)


def _wrong(tries_left: int) -> Refusal:
    code = Code.PIN_INCORRECT if tries_left else Code.PIN_LOCKED
    return Refusal(code, tries_left=tries_left)
