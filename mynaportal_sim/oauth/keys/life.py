"""The life of a signing key: what may happen to it, and what it then is.

    next ──ACTIVATE──> active ──RETIRE──> retired ──(time)──> gone
      └───────────────────┴───── REMOVE ─────┴──────────────────┴──> removed

A state moves only by a row of TRANSITIONS. That a retired key is gone is no state: `status`
works it out when asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType

from consent.token import CLOCK_SKEW, LIFETIME

MAX_AGE = timedelta(seconds=300)
"""For how long a cache may hold the key set."""
FOLLOWED_WITHIN = timedelta(seconds=1)
"""Every worker goes by a change of the keys at the latest after this."""
KNOWN_AFTER = MAX_AGE + FOLLOWED_WITHIN
"""A key that has been in the key set for this long is in whatever a cache holds of it."""
PUBLISHED_FOR = LIFETIME + CLOCK_SKEW + FOLLOWED_WITHIN
"""A key that has been retired for this long has signed no token that still lives: access and ID
tokens live LIFETIME, and a worker may sign with it until it follows."""


@unique
class KeyState(StrEnum):
    """What has been done to a key; all that is stored of its life."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REMOVED = "removed"


@unique
class KeyEvent(StrEnum):
    """What can be done to a key."""

    ACTIVATE = "activate"
    RETIRE = "retire"
    REMOVE = "remove"


@unique
class KeyStatus(StrEnum):
    """How a key stands: its state, or what the clock made of that."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    GONE = "gone"
    REMOVED = "removed"


TRANSITIONS: Mapping[tuple[KeyState, KeyEvent], KeyState] = MappingProxyType(
    {
        (KeyState.NEXT, KeyEvent.ACTIVATE): KeyState.ACTIVE,
        (KeyState.NEXT, KeyEvent.REMOVE): KeyState.REMOVED,
        (KeyState.ACTIVE, KeyEvent.RETIRE): KeyState.RETIRED,
        (KeyState.ACTIVE, KeyEvent.REMOVE): KeyState.REMOVED,
        (KeyState.RETIRED, KeyEvent.REMOVE): KeyState.REMOVED,
    }
)


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key as everybody may know it, in its state since `since`.

    `kid` is its RFC 7638 thumbprint, `jwk` its public half as JSON (RFC 7517), `reason` what
    whoever brought it into its state gave as the reason.
    """

    kid: str
    state: KeyState
    since: datetime
    jwk: str
    reason: str

    def status(self, now: datetime) -> KeyStatus:
        """How the key stands at `now`."""
        if self.state is KeyState.RETIRED and now >= self.gone_at:
            return KeyStatus.GONE
        return KeyStatus(self.state)

    @property
    def gone_at(self) -> datetime:
        """When a retired key leaves the key set."""
        return self.since + PUBLISHED_FOR

    @property
    def known_at(self) -> datetime:
        """When a next key is in whatever a cache holds of the key set."""
        return self.since + KNOWN_AFTER
