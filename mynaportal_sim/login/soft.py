"""Soft cards: emulated cards that lie with the portal, chosen in the browser.

Only the reader is missing. The APDUs, the statement and the token are those of a card at home.
"""

import re
from collections.abc import Callable
from pathlib import Path

from card_reader.client.consent import sign_consent
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.client.signing import Signed
from card_reader.emulator.card import Card
from card_reader.emulator.store import made
from card_reader.errors import (
    LastTryError,
    MalformedPinError,
    PinBlockedError,
    WrongPinError,
)
from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from mynaportal_sim.login.challenge import Challenge
from mynaportal_sim.login.errors import NoSuchPersonaError
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.token import LoginToken

AGENT_VERSION = "soft"
_PERSONA = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class SoftCards:
    """The card of each persona, `<directory>/<persona>.json`.

    A card stays on its reader until it is issued anew; it is reset after each answer, so that
    no PIN stays verified. Call from one thread.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._cards: dict[str, tuple[bytes, Card]] = {}

    def answer(
        self, persona: str, pin: str, challenge: Challenge, *, last_try: bool = False
    ) -> LoginToken | Refusal:
        """Have the card sign `challenge`; the PIN goes to the card and is kept nowhere.

        A malformed PIN does not reach the card, and neither does any PIN when one try is left,
        unless `last_try` says that the person wants it so.

        Raises:
            NoSuchPersonaError: there is no such card.
            CardFileError: there is one, and it is damaged.
        """

        def sign(jpki: Jpki) -> Signed:
            return sign_challenge(jpki, challenge.to_sign, pin, allow_last_try=last_try)

        return self._asked(persona, challenge, sign)

    def agree(
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

        def sign(jpki: Jpki) -> Signed:
            return sign_consent(jpki, statement, password, allow_last_try=last_try)

        if not self.can_sign(persona):
            return Refusal(Code.SIGNING_CERT_MISSING)
        return self._asked(persona, challenge, sign)

    def can_sign(self, persona: str) -> bool:
        """Whether the card has a key for signatures; that of a child has none.

        Raises:
            NoSuchPersonaError: there is no such card.
        """
        return Jpki(Session(self._card(persona))).holds(Kind.SIGNING)

    def _asked(
        self, persona: str, challenge: Challenge, sign: Callable[[Jpki], Signed]
    ) -> LoginToken | Refusal:
        card = self._card(persona)
        try:
            signed = sign(Jpki(Session(card)))
        except MalformedPinError:
            return Refusal(Code.PIN_MALFORMED)
        except LastTryError:
            return Refusal(Code.PIN_LAST_TRY, tries_left=1)
        except WrongPinError as error:
            return _wrong(error.tries_left)
        except PinBlockedError:
            return _wrong(0)
        finally:
            card.reset()
        return LoginToken.of(challenge.login_id, challenge.origin, signed, AGENT_VERSION)

    def _card(self, persona: str) -> Card:
        path = self._directory / f"{persona}.json"
        if not _PERSONA.fullmatch(persona) or not path.exists():
            raise NoSuchPersonaError
        issued = made(path)
        if persona not in self._cards or self._cards[persona][0] != issued:
            self._cards[persona] = (issued, Card.load(path))
        return self._cards[persona][1]


def _wrong(tries_left: int) -> Refusal:
    code = Code.PIN_INCORRECT if tries_left else Code.PIN_LOCKED
    return Refusal(code, tries_left=tries_left)
