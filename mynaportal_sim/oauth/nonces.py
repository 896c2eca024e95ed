"""Nonces that a DPoP proof repeats, so that it was made just now (RFC 9449 8, 9).

A nonce stands for a minute. Nothing of it is stored: every worker makes the same one.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from mynaportal_sim.jose import b64url
from mynaportal_sim.pseudonyms import Pseudonyms

MINUTES = 5
"""For how many intervals a nonce is good: the one it stands for, and those after it."""
_SECONDS = 60
_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Nonces:
    """Makes nonces and knows them again; with `demanded`, no proof is good without one."""

    pseudonyms: Pseudonyms
    demanded: bool = False

    def newest(self, now: datetime) -> str:
        """The nonce to use from now on."""
        return self._of(int(now.timestamp()) // _SECONDS)

    def knows(self, nonce: str, now: datetime) -> bool:
        """Whether a nonce is still good at `now`."""
        minute = int(now.timestamp()) // _SECONDS
        good = [self._of(minute - ago) for ago in range(MINUTES)]
        return any(hmac.compare_digest(one.encode(), nonce.encode()) for one in good)

    def _of(self, minute: int) -> str:
        return b64url(self.pseudonyms.interval("dpop", minute)[:_LENGTH])
