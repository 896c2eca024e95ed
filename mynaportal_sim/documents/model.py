"""A document that an app asks a person to sign, from the question to what the app fetches."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique
from uuid import UUID

from card_reader.document.format import Format
from mynaportal_sim.legible import legible

DOCUMENT_MAX = 2**20
"""Longest document, in bytes."""
TITLE_MAX = 100
LIFETIME = timedelta(hours=24)
OPEN_MAX = 20
"""For how many answers of one person an app may wait."""
PURPOSE = "document:"
"""What the purpose of a challenge for a document begins with; its SHA-256 follows."""


@unique
class MediaType(StrEnum):
    """What a document can be."""

    TEXT = "text/plain"
    PDF = "application/pdf"


@unique
class State(StrEnum):
    """How far a request has come. That it has expired is worked out from the clock."""

    ASKED = "asked"
    SIGNED = "signed"
    FETCHED = "fetched"
    REFUSED = "refused"


@unique
class Event(StrEnum):
    """What happens to a request: the first two by the person, the last by the app."""

    SIGN = "sign"
    REFUSE = "refuse"
    FETCH = "fetch"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.ASKED, Event.SIGN): State.SIGNED,
    (State.ASKED, Event.REFUSE): State.REFUSED,
    (State.SIGNED, Event.FETCH): State.FETCHED,
}


def before(event: Event) -> State:
    """The one state in which `event` may happen."""
    [state] = [state for state, happens in TRANSITIONS if happens is event]
    return state


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks to have signed."""

    title: str
    media_type: MediaType
    form: Format
    document: bytes = field(repr=False)

    @property
    def fault(self) -> str | None:
        """Why nobody can be asked to sign this; None where they can."""
        if not 1 <= len(self.title) <= TITLE_MAX or not legible(self.title):
            return f"a title has 1 to {TITLE_MAX} printable characters"
        if not 1 <= len(self.document) <= DOCUMENT_MAX:
            return f"a document has 1 to {DOCUMENT_MAX} bytes"
        if self.media_type is MediaType.PDF:
            return None if self.document.startswith(b"%PDF-") else "the document is no PDF"
        if not _can_be_read(self.document):
            return "the document is no UTF-8, or has control characters"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRequest:
    """One request, to whom an app calls `sub`.

    `document` is there until it is answered, `signature`, the file beside it, until it is
    fetched.
    """

    id: UUID
    app_id: str
    sub: str
    state: State
    title: str
    media_type: MediaType
    form: Format
    document: bytes | None = field(repr=False)
    sha256: str
    size: int
    asked_at: datetime
    signed_at: datetime | None = None
    signature: bytes | None = field(default=None, repr=False)

    @property
    def expires_at(self) -> datetime:
        """When nothing of it is kept any more."""
        return self.asked_at + LIFETIME

    @property
    def purpose(self) -> str:
        """The purpose of a challenge that is answered to sign exactly this document."""
        return f"{PURPOSE}{self.sha256}"

    def waits(self, now: datetime) -> bool:
        """Whether the person can still answer."""
        return self.state is State.ASKED and now < self.expires_at

    def state_at(self, now: datetime) -> str:
        """Its state as either side is told it."""
        if now >= self.expires_at and self.state in {State.ASKED, State.SIGNED}:
            return "expired"
        return self.state.value


def _can_be_read(document: bytes) -> bool:
    try:
        lines = document.decode().split("\n")
    except UnicodeDecodeError:
        return False
    return all(legible(line.removesuffix("\r").replace("\t", " ")) for line in lines)
