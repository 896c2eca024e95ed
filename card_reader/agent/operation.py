"""What can happen while a card answers a page, as a table, and what the page is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

PAGE_GONE_AFTER = 30.0
"""Seconds without a question from the page after which its operation is cancelled."""


@unique
class State(StrEnum):
    """How far an operation has come."""

    WAITING_READER = "waiting_reader"
    WAITING_CARD = "waiting_card"
    WAITING_CONSENT = "waiting_consent"
    WAITING_PIN = "waiting_pin"
    SIGNING = "signing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@unique
class Event(StrEnum):
    """What happens to one."""

    READER_FOUND = "reader_found"
    READER_LOST = "reader_lost"
    CARD_FOUND = "card_found"
    AGREED = "agreed"
    PIN_ENTERED = "pin_entered"
    SIGNED = "signed"
    FAIL = "fail"
    CANCEL = "cancel"


@unique
class Failure(StrEnum):
    """Why one has failed, or was cancelled by other than the page."""

    PCSC_UNAVAILABLE = "pcsc_unavailable"
    NO_READER = "no_reader"
    NO_CARD = "no_card"
    SEVERAL_CARDS = "several_cards"
    CARD_BUSY = "card_busy"
    CARD_UNSUPPORTED = "card_unsupported"
    CARD_REMOVED = "card_removed"
    CARD_RESET = "card_reset"
    CARD_REFUSED = "card_refused"
    CARD_UNAVAILABLE = "card_unavailable"
    CONSENT_TIMEOUT = "consent_timeout"
    PIN_TIMEOUT = "pin_timeout"
    PIN_MALFORMED = "pin_malformed"
    PIN_LAST_TRY = "pin_last_try"
    PIN_INCORRECT = "pin_incorrect"
    PIN_LOCKED = "pin_locked"
    PROMPT_UNAVAILABLE = "prompt_unavailable"
    PAGE_GONE = "page_gone"
    INTERNAL = "internal"


LIFE: Mapping[tuple[State, Event], State] = {
    (State.WAITING_READER, Event.READER_FOUND): State.WAITING_CARD,
    (State.WAITING_READER, Event.FAIL): State.FAILED,
    (State.WAITING_READER, Event.CANCEL): State.CANCELLED,
    (State.WAITING_CARD, Event.READER_LOST): State.WAITING_READER,
    (State.WAITING_CARD, Event.CARD_FOUND): State.WAITING_CONSENT,
    (State.WAITING_CARD, Event.FAIL): State.FAILED,
    (State.WAITING_CARD, Event.CANCEL): State.CANCELLED,
    (State.WAITING_CONSENT, Event.AGREED): State.WAITING_PIN,
    (State.WAITING_CONSENT, Event.FAIL): State.FAILED,
    (State.WAITING_CONSENT, Event.CANCEL): State.CANCELLED,
    (State.WAITING_PIN, Event.PIN_ENTERED): State.SIGNING,
    (State.WAITING_PIN, Event.FAIL): State.FAILED,
    (State.WAITING_PIN, Event.CANCEL): State.CANCELLED,
    (State.SIGNING, Event.SIGNED): State.DONE,
    (State.SIGNING, Event.FAIL): State.FAILED,
    (State.SIGNING, Event.CANCEL): State.CANCELLED,
}
"""Whatever is not in it does not happen; a state without a row is final."""
FINAL = frozenset(State) - {state for state, _ in LIFE}

Token = dict[str, object]


@dataclass(slots=True)
class Operation:
    """One operation of a page. `seen` is when it last asked, by a monotonic clock."""

    id: str
    origin: str
    seen: float
    state: State = State.WAITING_READER
    failure: Failure | None = None
    hint: str = ""
    retries_left: int | None = None
    token: Token | None = field(default=None, repr=False)
    told: State | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.state not in FINAL

    @property
    def has_news(self) -> bool:
        """Whether the page does not know its state yet; of a final one it always may ask."""
        return self.state is not self.told or not self.is_open

    def happen(self, event: Event) -> bool:
        """Go where the table leads; whether it has a row for this."""
        state = LIFE.get((self.state, event))
        if state is None:
            return False
        self.state = state
        return True

    def abandoned(self, now: float) -> bool:
        """Whether the page has been gone for too long."""
        return self.is_open and now - self.seen > PAGE_GONE_AFTER

    def tell(self) -> dict[str, object]:
        """What the page is told now. The token is given once."""
        told: dict[str, object] = {"state": self.state.value}
        if self.retries_left is not None:
            told["retries_left"] = self.retries_left
        if self.failure is not None:
            told["error"] = self.failure.value
        if self.hint:
            told["hint"] = self.hint
        if self.token is not None:
            told["token"], self.token = self.token, None
        self.told = self.state
        return told
