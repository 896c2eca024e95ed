"""The life of a login, or of a signature, by a second device (reference `login`, 7.7).

The browser shows a code. Whoever claims it is the second device: it learns what it is about,
and signs. It then shows six digits, and only when a person has typed them in the browser is
that browser logged in. So a code that an attacker sends around logs
nobody in by itself (RFC 10027).

A signature under a text needs no digits: the browser is logged in, takes what was signed, and
the certificate must be the logged-in person's.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique
from uuid import UUID

CODE_LIFETIME = timedelta(seconds=60)
LIFETIME = timedelta(minutes=3)
ROTATIONS_MAX = 3
TRIES_MAX = 3
"""How often the six digits may be typed."""


@unique
class State(StrEnum):
    """How far a login has come. That it has expired is worked out from the clock."""

    CREATED = "created"
    CLAIMED = "claimed"
    SIGNED = "signed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    DENIED = "denied"
    CANCELLED = "cancelled"


@unique
class Event(StrEnum):
    """What happens to a login; the last three end it."""

    ROTATE = "rotate"
    CLAIM = "claim"
    SIGN = "sign"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    DENY = "deny"
    CANCEL = "cancel"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.CREATED, Event.ROTATE): State.CREATED,
    (State.CREATED, Event.CLAIM): State.CLAIMED,
    (State.CREATED, Event.CANCEL): State.CANCELLED,
    (State.CLAIMED, Event.SIGN): State.SIGNED,
    (State.CLAIMED, Event.REFUSE): State.REFUSED,
    (State.CLAIMED, Event.DENY): State.DENIED,
    (State.CLAIMED, Event.CANCEL): State.CANCELLED,
    (State.SIGNED, Event.CONFIRM): State.CONFIRMED,
    (State.SIGNED, Event.REFUSE): State.REFUSED,
    (State.SIGNED, Event.DENY): State.DENIED,
    (State.SIGNED, Event.CANCEL): State.CANCELLED,
}
"""Confirming logs the browser in by the same request, so nothing comes after it."""


def before(event: Event) -> tuple[State, ...]:
    """The states in which `event` may happen."""
    return tuple(state for state, happens in TRANSITIONS if happens is event)


def after(event: Event) -> State:
    """Where `event` leads, whatever the state before it."""
    [state] = {after for (_, happens), after in TRANSITIONS.items() if happens is event}
    return state


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a login was begun, as the second device shows it to be recognised."""

    browser: str
    network: str


@dataclass(frozen=True, slots=True)
class ToSign:
    """A text to be signed by the certificate of a kind, and what its challenge names.

    `bound_to` is what the challenge's interaction shall be; `carried` is handed back as it is.
    """

    text: str
    kind: str
    purpose: str
    bound_to: str
    carried: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondDevice:
    """One login by a second device; secrets are there as SHA-256 digests only.

    With `to_sign` it is no login: `token` is then what the card made, until it is taken.
    """

    id: UUID
    state: State
    rotation: int
    session: bytes
    session_hash: str = field(repr=False)
    interaction: str | None
    surroundings: Surroundings
    begun_at: datetime
    code_expires_at: datetime
    device: bytes | None = field(repr=False)
    login_id: str | None
    confirm: bytes | None = field(repr=False)
    tries: int
    resident_id: UUID | None
    certificate: str | None
    reason: str | None
    to_sign: ToSign | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def expires_at(self) -> datetime:
        """When nothing of it is of use any more."""
        return self.begun_at + LIFETIME

    def has_expired(self, now: datetime) -> bool:
        """Whether it ran out before it was confirmed or ended."""
        open_states = {state for state, _ in TRANSITIONS}
        return self.state in open_states and now >= self.expires_at

    def code_has_expired(self, now: datetime) -> bool:
        """Whether the code on the screen can no longer be claimed."""
        return self.state is State.CREATED and now >= self.code_expires_at

    @property
    def words(self) -> tuple[str, str]:
        """Two words, in Japanese and English, that both sides show for a person to compare."""
        quality, thing = self.id.bytes[0] % len(_QUALITIES), self.id.bytes[1] % len(_THINGS)
        japanese, english = zip(_QUALITIES[quality], _THINGS[thing], strict=True)
        return "".join(japanese), " ".join(english)


_QUALITIES = (
    ("あかい", "red"), ("あおい", "blue"), ("しろい", "white"), ("くろい", "black"),
    ("きいろい", "yellow"), ("まるい", "round"), ("ながい", "long"), ("ちいさな", "little"),
    ("おおきな", "big"), ("はやい", "quick"), ("しずかな", "quiet"), ("あたらしい", "new"),
    ("あたたかい", "warm"), ("つめたい", "cold"), ("かるい", "light"), ("つよい", "strong"),
)  # fmt: skip
_THINGS = (
    ("きつね", "fox"), ("うさぎ", "rabbit"), ("くじら", "whale"), ("つばめ", "swallow"),
    ("かえる", "frog"), ("りんご", "apple"), ("みかん", "orange"), ("すいか", "melon"),
    ("やかん", "kettle"), ("かばん", "bag"), ("とけい", "clock"), ("ぼうし", "hat"),
    ("ふうせん", "balloon"), ("じてんしゃ", "bicycle"), ("でんしゃ", "train"), ("ふね", "ship"),
)  # fmt: skip
