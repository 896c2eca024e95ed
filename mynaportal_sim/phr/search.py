"""Search parameters of the FHIR face, from a query string to a `Query`. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from mynaportal_sim.phr import dates
from mynaportal_sim.phr.errors import InvalidParameterError, UnsupportedParameterError
from mynaportal_sim.records.model import TOKEN_ELEMENTS, Query, Span, Token, TokenTest

COUNT_DEFAULT = 50
COUNT_MAX = 200
LENGTH_MAX = 4096
FIELDS_MAX = 32
AFTER = "_after"

# The search parameter of type date for each type that has a day (FHIR R4).
DATE_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "Observation": "date",
        "DiagnosticReport": "date",
        "MedicationDispense": "whenhandedover",
    }
)

# Values of these could name a person or a record; the ledger keeps only that they were given.
_IDENTIFYING = frozenset({"_id", "patient", "subject", AFTER})
_JSON_FORMATS = frozenset({"json", "application/json", "application/fhir+json"})
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_COMMA = re.compile(r"(?<!\\),")
_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([,|$\\])")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Names:
    """How one app's names for records are read: `record_id` undoes a logical id, if it is one.

    `base` is the URL that absolute references may begin with.
    """

    record_id: Callable[[str], UUID | None]
    base: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked: the query, and the parameters it was made of, for the links."""

    query: Query
    applied: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> str:
        """The search as the ledger may have it: no value that names a person or record."""
        told = [(name, "*" if name in _IDENTIFYING else value) for name, value in self.applied]
        question = f"?{urlencode(told)}" if told else ""
        return f"GET {self.query.resource_type}{question}"


@dataclass(slots=True)
class _Draft:
    """A query while its parameters are being read."""

    names: Names
    patients: set[str] = field(default_factory=set)
    ids: frozenset[UUID] | None = None
    tokens: list[TokenTest] = field(default_factory=list)
    days: list[tuple[Span, ...]] = field(default_factory=list)
    count: int | None = None
    after: UUID | None = None


Reader = Callable[[_Draft, str, str], None]


def pairs(encoded: str) -> Pairs:
    """The names and values of a query string or form body.

    Raises InvalidParameterError if it is too long, not UTF-8, or has unprintable characters.
    """
    if len(encoded) > LENGTH_MAX:
        raise InvalidParameterError(f"a query has at most {LENGTH_MAX} characters")
    try:
        found = parse_qsl(
            encoded, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:
        raise InvalidParameterError(
            f"the query is not UTF-8, or has more than {FIELDS_MAX} parameters"
        ) from None
    for name, value in found:
        if not (value and name.isprintable() and value.isprintable()):
            raise InvalidParameterError(f"parameter {name!r} has no usable value")
    return found


def parse(resource_type: str, asked: Pairs, names: Names, *, lenient: bool = False) -> Search:
    """The search for `resource_type` that these parameters make.

    With `lenient`, unknown parameters are left out of the search and of its links; modifiers
    never are (FHIR R4 3.1.1.4.4). Raises UnsupportedParameterError and InvalidParameterError.
    """
    readers = PARAMETERS[resource_type]
    draft = _Draft(names)
    applied = []
    for name, value in asked:
        reader = readers.get(name)
        if reader is not None:
            reader(draft, name, value)
            applied.append((name, value))
        elif not lenient or ":" in name:
            raise UnsupportedParameterError(
                f"{resource_type} cannot be searched by {name!r}, only by {', '.join(readers)}"
            )
    query = Query(
        resource_type,
        frozenset(draft.patients),
        draft.ids,
        tuple(draft.tokens),
        tuple(draft.days),
        COUNT_DEFAULT if draft.count is None else min(draft.count, COUNT_MAX),
        draft.after,
    )
    return Search(query, tuple(applied))


def _read_ids(draft: _Draft, _name: str, value: str) -> None:
    known = (draft.names.record_id(logical_id) for logical_id in _alternatives(value))
    ids = frozenset(record_id for record_id in known if record_id is not None)
    draft.ids = ids if draft.ids is None else draft.ids & ids


def _read_patient(draft: _Draft, _name: str, value: str) -> None:
    for prefix in (f"{draft.names.base}/Patient/", "Patient/"):
        if value.startswith(prefix):
            value = value.removeprefix(prefix)
            break
    draft.patients.add(value)


def _read_tokens(draft: _Draft, name: str, value: str) -> None:
    any_of = tuple(_token(name, alternative) for alternative in _alternatives(value))
    draft.tokens.append(TokenTest(name, any_of))


def _read_days(draft: _Draft, _name: str, value: str) -> None:
    draft.days.append(tuple(dates.span(alternative) for alternative in value.split(",")))


def _read_count(draft: _Draft, _name: str, value: str) -> None:
    if draft.count is not None or not _COUNT.fullmatch(value):
        raise InvalidParameterError("_count is one whole number")
    draft.count = int(value)


def _read_after(draft: _Draft, name: str, value: str) -> None:
    after = draft.names.record_id(value)
    if draft.after is not None or after is None:
        raise InvalidParameterError(f"{name} is not from a link of this server")
    draft.after = after


def check_format(value: str) -> None:
    """Raise InvalidParameterError unless the parameter _format asks for JSON."""
    if value not in _JSON_FORMATS:
        raise InvalidParameterError("_format can only be json")


def _read_format(_draft: _Draft, _name: str, value: str) -> None:
    check_format(value)


def _alternatives(value: str) -> list[str]:
    return _COMMA.split(value)


def _token(name: str, value: str) -> Token:
    """A token value: `code`, `system|code`, `system|` or `|code` (FHIR R4 3.1.1.4.10)."""
    parts = [_ESCAPED.sub(r"\1", part) for part in _BAR.split(value)]
    match parts:
        case [code] if code:
            return Token(None, code)
        case [system, code] if system or code:
            return Token(system, code or None)
    raise InvalidParameterError(f"{name}: {value!r} is not code, system|code, system| or |code")


def _readers(resource_type: str) -> Mapping[str, Reader]:
    readers: dict[str, Reader] = {"_id": _read_ids}
    if resource_type != "Patient":
        readers |= {"patient": _read_patient, "subject": _read_patient}
    readers |= dict.fromkeys(TOKEN_ELEMENTS[resource_type], _read_tokens)
    if resource_type in DATE_PARAMETERS:
        readers[DATE_PARAMETERS[resource_type]] = _read_days
    readers |= {"_count": _read_count, "_format": _read_format, AFTER: _read_after}
    return MappingProxyType(readers)


PARAMETERS: Mapping[str, Mapping[str, Reader]] = MappingProxyType(
    {resource_type: _readers(resource_type) for resource_type in TOKEN_ELEMENTS}
)
"""By resource type and name, what reads a search parameter."""
