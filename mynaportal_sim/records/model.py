"""What is asked of the store of records, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

ANY_TYPE = ""
"""For a `Query` that is about records of every FHIR type."""

# The search parameters of type token, and the element whose codings they look at (FHIR R4).
TOKEN_ELEMENTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Patient": {},
        "Observation": {"category": "category", "code": "code"},
        "DiagnosticReport": {"category": "category", "code": "code"},
        "MedicationDispense": {"code": "medicationCodeableConcept"},
    }
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose records are read, and by which app."""

    resident_id: UUID
    app_id: str

    @property
    def sought(self) -> dict[str, object]:
        """What the statements of the store are bound to."""
        return {"whose": self.resident_id, "reader": self.app_id}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included; with first after last, none."""

    first: date = date.min
    last: date = date.max


@dataclass(frozen=True, slots=True)
class Token:
    """A coding to look for: `system` None for any, "" for codings without; `code` likewise."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class TokenTest:
    """A token parameter that must hold: any of its tokens is enough."""

    parameter: str
    any_of: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """As much of one FHIR type as a scope is narrowed to: all its tests must hold."""

    tokens: tuple[TokenTest, ...] = ()
    days: tuple[tuple[Span, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A search among a resident's records of one FHIR type, or of any; all its tests must hold.

    Where there are `extracts`, only what is in one of them is found.

    `patients` are the logical ids that the patient must have, as the asking app knows them.
    `ids` is None when any will do. A page has at most `count` records, those after the record
    `after`.
    """

    resource_type: str
    patients: frozenset[str] = frozenset()
    ids: frozenset[UUID] | None = None
    tokens: tuple[TokenTest, ...] = ()
    days: tuple[tuple[Span, ...], ...] = ()
    count: int = 50
    after: UUID | None = None
    extracts: tuple[Extract, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A wish to read one record; `id` None when it could be nobody's.

    Where there are `extracts`, it is found in one of them or not at all.
    """

    resource_type: str
    id: UUID | None
    extracts: tuple[Extract, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as stored: FHIR JSON in which every id is the portal's own UUID.

    `on` is the day it belongs to, None for what has no day. A `planted` one was made up for the
    one app that can read it.
    """

    id: UUID
    category: str
    on: date | None
    resource: str
    refers_to: tuple[UUID, ...]
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Records a reader may see, newest first.

    `total` counts all that match. `hidden` are records that these refer to and the reader may
    not see.
    """

    records: tuple[Stored, ...]
    total: int
    more: bool = False
    hidden: frozenset[UUID] = frozenset()
