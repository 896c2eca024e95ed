"""How a page proves that it is the one in front of which the agent's owner sits.

The owner reads an eight-digit code off the agent and types it into the page; the agent then
asks them about the page's origin. What the page gets is a token that works from there alone.
Codes and tokens live in memory, hashed; `now` is a monotonic clock's seconds.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from card_reader.agent.refusal import Code, Refusal

Randomness = Callable[[int], bytes]
"""Answers with as many random bytes as it is asked for."""

CODE_DIGITS = 8
CODE_LIFETIME = 120.0  # seconds
WRONG_MAX = 5
TOKEN_LIFETIME = 12 * 3600.0  # seconds
TOKEN_BYTES = 32
_TOKENS_MAX = 64


class Codes:
    """The one code that is good now, if any, and how often a wrong one was tried."""

    def __init__(self) -> None:
        self._digest = b""
        self._until = 0.0
        self._wrong = 0

    @property
    def closed(self) -> bool:
        """Whether too many were wrong; nothing but a restart opens this again."""
        return self._wrong >= WRONG_MAX

    def new(self, now: float, randomness: Randomness) -> str | Refusal:
        """A code in place of any before it."""
        if self.closed:
            return Refusal(Code.PAIRING_CLOSED)
        number = int.from_bytes(randomness(16), "big") % 10**CODE_DIGITS
        code = f"{number:0{CODE_DIGITS}}"
        self._digest, self._until = _digest(code), now + CODE_LIFETIME
        return code

    def take(self, code: str, now: float) -> Refusal | None:
        """Use the code up, if this is it."""
        if self.closed:
            return Refusal(Code.PAIRING_CLOSED)
        is_it = hmac.compare_digest(self._digest, _digest(code))
        if not is_it or now >= self._until:
            self._wrong += 1
            return Refusal(Code.CODE_WRONG)
        self._digest, self._wrong = b"", 0
        return None


@dataclass(frozen=True, slots=True)
class _Held:
    digest: bytes
    origin: str
    until: float


class Tokens:
    """Who has paired: a hash of each token, the origin that may use it, and until when."""

    def __init__(self) -> None:
        self._held: list[_Held] = []

    def issue(self, origin: str, now: float, randomness: Randomness) -> str:
        """A token for pages of `origin`, good for twelve hours."""
        token = urlsafe_b64encode(randomness(TOKEN_BYTES)).rstrip(b"=").decode()
        kept = [held for held in self._held if now < held.until]
        new = _Held(_digest(token), origin, now + TOKEN_LIFETIME)
        self._held = [*kept, new][-_TOKENS_MAX:]
        return token

    def holds(self, token: str, origin: str, now: float) -> bool:
        """Whether a page of `origin` may use `token`; each is compared, in constant time."""
        brought = _digest(token)
        fits = [
            hmac.compare_digest(held.digest, brought)
            for held in self._held
            if held.origin == origin and now < held.until
        ]
        return any(fits)

    def paired(self, origin: str, now: float) -> bool:
        """Whether a page of `origin` has a token that still works."""
        return any(held.origin == origin and now < held.until for held in self._held)

    def forget(self) -> int:
        """Let no token work any more; how many there were."""
        forgotten, self._held = len(self._held), []
        return forgotten


def _digest(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()
