"""A delivery of one event to one app, and when it is tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique
from uuid import UUID

from mynaportal_sim.legible import legible

BACKOFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
"""How long to wait after the first, second, … failure; after the last, that again and again."""
_FAULT_MAX = 200


@unique
class Way(StrEnum):
    """How a try went to the app."""

    PUSH = "push"  # RFC 8935
    POLL = "poll"  # RFC 8936


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way, until the app acknowledges it.

    `arrangement_id` is what it is about; for a user id, that of its tie to a certificate.
    `token` is the signed event; a later try says the same, by the key of its time. `fault` is
    what was wrong the last time.
    """

    jti: UUID
    app_id: str
    arrangement_id: UUID
    what: str
    token: str
    made_at: datetime
    next_at: datetime
    tries: int = 0
    fault: str = ""
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One try to deliver: empty `fault` is an acknowledgement."""

    at: datetime
    way: Way
    fault: str


def wait(tries: int) -> timedelta:
    """How long to wait after so many tries, 1 or more, have failed."""
    return BACKOFF[min(tries, len(BACKOFF)) - 1]


def readable(text: str) -> str:
    """What an app says of a fault, as far as people are shown it: printable, and short."""
    shown = text.strip()[:_FAULT_MAX]
    return "".join(char if legible(char) else "\ufffd" for char in shown)
