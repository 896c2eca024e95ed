"""The life of a card, or of what a phone holds in a card's place.

A state moves only by a row of TRANSITIONS. That a card has run out is no state:
`Holding.status` works it out when asked. Names of the states are those of the rules that
municipalities follow: 一時停止, 廃止, 返納.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType


@unique
class State(StrEnum):
    """What has been done to a card; all that is stored of its life."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    RETURNED = "returned"
    REPLACED = "replaced"


@unique
class Happening(StrEnum):
    """What can be done to a card."""

    SUSPEND = "suspend"
    RESUME = "resume"
    STOP = "stop"
    RETURN = "return"
    REPLACE = "replace"


@unique
class Status(StrEnum):
    """How a card stands: its state, or what the clock made of that."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    RETURNED = "returned"
    REPLACED = "replaced"
    EXPIRED = "expired"


TRANSITIONS: Mapping[tuple[State, Happening], State] = MappingProxyType(
    {
        (State.ACTIVE, Happening.SUSPEND): State.SUSPENDED,
        (State.ACTIVE, Happening.STOP): State.STOPPED,
        (State.ACTIVE, Happening.RETURN): State.RETURNED,
        (State.ACTIVE, Happening.REPLACE): State.REPLACED,
        (State.SUSPENDED, Happening.RESUME): State.ACTIVE,
        (State.SUSPENDED, Happening.STOP): State.STOPPED,
        (State.SUSPENDED, Happening.RETURN): State.RETURNED,
        (State.SUSPENDED, Happening.REPLACE): State.REPLACED,
        (State.STOPPED, Happening.RETURN): State.RETURNED,
        (State.STOPPED, Happening.REPLACE): State.REPLACED,
    }
)
"""What can happen in which state, and to what it leads; nothing else can."""

LIVING = frozenset({State.ACTIVE, State.SUSPENDED})
