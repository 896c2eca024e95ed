"""The life of one answer: what may happen to it, by whom, and what it then is.

A state moves only by a row of TRANSITIONS. That a consent has run out or is used up is no
state: `ConsentVersion.status` works both out when asked.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType


@unique
class State(StrEnum):
    """What has been done to a consent version; all that is stored of its life."""

    REQUESTED = "requested"
    DEFERRED = "deferred"
    CANCELLED = "cancelled"
    DENIED = "denied"
    GRANTED = "granted"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    INVALIDATED = "invalidated"
    LAPSED = "lapsed"


@unique
class Event(StrEnum):
    """What can be done to a consent version."""

    GRANT = "grant"
    DENY = "deny"
    DEFER = "defer"
    CANCEL = "cancel"
    SUSPEND = "suspend"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"
    INVALIDATE = "invalidate"
    LAPSE = "lapse"


@unique
class Actor(StrEnum):
    """Who brings an event about.

    PERSON is the one whom the data are about or whoever acts for them under a mandate; PORTAL
    acts where the rules leave nobody a choice.
    """

    PERSON = "person"
    APP = "app"
    AUTHORITY = "authority"
    PORTAL = "portal"


def _ending(state: State) -> dict[tuple[State, Event], State]:
    """What ends a consent that is in force or rests."""
    return {
        (state, Event.WITHDRAW): State.WITHDRAWN,
        (state, Event.SUPERSEDE): State.SUPERSEDED,
        (state, Event.REVOKE): State.REVOKED,
        (state, Event.INVALIDATE): State.INVALIDATED,
        (state, Event.LAPSE): State.LAPSED,
    }


TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.REQUESTED, Event.GRANT): State.GRANTED,
        (State.REQUESTED, Event.DENY): State.DENIED,
        (State.REQUESTED, Event.DEFER): State.DEFERRED,
        (State.REQUESTED, Event.CANCEL): State.CANCELLED,
        (State.DEFERRED, Event.GRANT): State.GRANTED,
        (State.DEFERRED, Event.DENY): State.DENIED,
        (State.DEFERRED, Event.CANCEL): State.CANCELLED,
        (State.GRANTED, Event.SUSPEND): State.SUSPENDED,
        (State.SUSPENDED, Event.RESUME): State.GRANTED,
        **_ending(State.GRANTED),
        **_ending(State.SUSPENDED),
    }
)

MAY: Mapping[Event, frozenset[Actor]] = MappingProxyType(
    {
        Event.GRANT: frozenset({Actor.PERSON}),
        Event.DENY: frozenset({Actor.PERSON}),
        Event.DEFER: frozenset({Actor.PERSON}),
        Event.CANCEL: frozenset({Actor.APP, Actor.PORTAL}),
        Event.SUSPEND: frozenset({Actor.PERSON, Actor.AUTHORITY}),
        Event.RESUME: frozenset({Actor.PERSON, Actor.AUTHORITY}),
        Event.WITHDRAW: frozenset({Actor.PERSON, Actor.APP}),
        Event.SUPERSEDE: frozenset({Actor.PERSON}),
        Event.REVOKE: frozenset({Actor.AUTHORITY}),
        Event.INVALIDATE: frozenset({Actor.AUTHORITY}),
        Event.LAPSE: frozenset({Actor.PORTAL}),
    }
)
"""Who may bring each event about. What an authority suspended, only an authority resumes."""

UNANSWERED = frozenset({State.REQUESTED, State.DEFERRED})
NEVER_GRANTED = UNANSWERED | {State.CANCELLED, State.DENIED}
ALIVE = frozenset({State.GRANTED, State.SUSPENDED})


@unique
class Status(StrEnum):
    """How a consent version stands: its state, or what the clock or its use made of that."""

    REQUESTED = "requested"
    DEFERRED = "deferred"
    CANCELLED = "cancelled"
    DENIED = "denied"
    GRANTED = "granted"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    INVALIDATED = "invalidated"
    LAPSED = "lapsed"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
