"""The life of a mandate: what may happen to it, by whom, and what it then is.

That it has run out, or has lapsed since its principal came of age, is no state:
`Mandate.status` works both out when asked.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType

from consent.model import Role


@unique
class MandateState(StrEnum):
    """What has been done to a mandate; all that is stored of its life."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    REVOKED = "revoked"


@unique
class MandateEvent(StrEnum):
    """What can be done to a mandate."""

    ACCEPT = "accept"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"
    REVOKE = "revoke"


@unique
class Party(StrEnum):
    """Who brings an event about."""

    PRINCIPAL = "principal"
    AGENT = "agent"
    AUTHORITY = "authority"


@unique
class MandateStatus(StrEnum):
    """How a mandate stands: its state, or what the clock made of that."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    REVOKED = "revoked"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    LAPSED = "lapsed"


TRANSITIONS: Mapping[tuple[MandateState, MandateEvent], MandateState] = MappingProxyType(
    {
        (MandateState.PROPOSED, MandateEvent.ACCEPT): MandateState.ACTIVE,
        (MandateState.PROPOSED, MandateEvent.END): MandateState.ENDED,
        (MandateState.ACTIVE, MandateEvent.SUSPEND): MandateState.SUSPENDED,
        (MandateState.ACTIVE, MandateEvent.END): MandateState.ENDED,
        (MandateState.ACTIVE, MandateEvent.REVOKE): MandateState.REVOKED,
        (MandateState.SUSPENDED, MandateEvent.RESUME): MandateState.ACTIVE,
        (MandateState.SUSPENDED, MandateEvent.END): MandateState.ENDED,
        (MandateState.SUSPENDED, MandateEvent.REVOKE): MandateState.REVOKED,
    }
)

_BY_AUTHORITY = {
    event: frozenset({Party.AUTHORITY})
    for event in (MandateEvent.SUSPEND, MandateEvent.RESUME, MandateEvent.REVOKE)
}
_OF_LAW = MappingProxyType(
    _BY_AUTHORITY
    | {
        MandateEvent.ACCEPT: frozenset[Party](),
        MandateEvent.END: frozenset({Party.AUTHORITY}),
    }
)
ENTITLED: Mapping[Role, Mapping[MandateEvent, frozenset[Party]]] = MappingProxyType(
    {
        Role.GUARDIAN: _OF_LAW,
        Role.ADULT_GUARDIAN: _OF_LAW,
        Role.PROXY: MappingProxyType(
            _BY_AUTHORITY
            | {
                MandateEvent.ACCEPT: frozenset({Party.AGENT}),
                MandateEvent.END: frozenset({Party.PRINCIPAL, Party.AGENT}),
            }
        ),
    }
)
"""Who may bring each event about. What the law gives, neither of the two ends by a click."""
