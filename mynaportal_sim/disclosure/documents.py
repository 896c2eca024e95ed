"""A consent as a document in another system's format, and what such a document means here."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum, unique
from functools import partial
from uuid import UUID

from consent.errors import CannotSayError, NotUnderstoodError
from consent.model import ConsentVersion
from consent.views import abdm, cdr, fhir, smart
from consent.views.meaning import Naming, Understood
from mynaportal_sim.domains.abdm import WORDS
from mynaportal_sim.domains.smart import WORDS as SCOPES
from mynaportal_sim.pseudonyms import Pseudonyms

# Under which a person's own copies name records; no app's id has a space.
PERSON = "the person"

Document = dict[str, object] | list[dict[str, object]]


@unique
class Format(StrEnum):
    """In which a consent can be had."""

    FHIR = "fhir"
    ABDM = "abdm"
    CDR = "cdr"
    SMART = "smart"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def media_type(self) -> str:
        return "application/fhir+json" if self is Format.FHIR else "application/json"


_LABELS = {
    Format.FHIR: "FHIR R4",
    Format.ABDM: "ABDM",
    Format.CDR: "CDR",
    Format.SMART: "SMART",
}


def for_person(
    version: ConsentVersion, format_: Format, pseudonyms: Pseudonyms, now: datetime
) -> Document:
    """The person's copy of one answer. Raises CannotSayError if the format would give more."""
    naming = _naming(version, pseudonyms, PERSON)
    if format_ is Format.FHIR:
        return fhir.tell(version, now, naming)
    if format_ is Format.ABDM:
        return abdm.tell(version, now, WORDS, naming)
    if format_ is Format.SMART:
        return smart.tell(version, now, SCOPES, naming)
    return cdr.tell(version, now, WORDS.country, naming)


def formats_of(
    version: ConsentVersion, pseudonyms: Pseudonyms, now: datetime
) -> list[tuple[str, str]]:
    """The formats that can say one answer without giving more, with their names."""
    able = []
    for format_ in Format:
        with suppress(CannotSayError):
            for_person(version, format_, pseudonyms, now)
            able.append((format_.value, format_.label))
    return able


def for_app(
    version: ConsentVersion, pseudonyms: Pseudonyms, now: datetime
) -> dict[str, object]:
    """The app's copy, as a FHIR Consent under the app's own names."""
    return fhir.tell(version, now, _naming(version, pseudonyms, version.app_id), for_app=True)


def meaning(document: object) -> tuple[Format, Understood]:
    """The format of a document and what it means here.

    Raises NotUnderstoodError, with the path, for what cannot be kept without giving more.
    """
    format_ = _format_of(document)
    return format_, _READERS[format_](document)


_READERS: Mapping[Format, Callable[[object], Understood]] = {
    Format.FHIR: fhir.read,
    Format.ABDM: lambda document: abdm.read(document, WORDS),
    Format.CDR: lambda document: cdr.read(document, WORDS.country),
    Format.SMART: lambda document: smart.read(document, SCOPES),
}
_TELLING_MEMBERS = {
    "resourceType": Format.FHIR,
    "consentDetail": Format.ABDM,
    "cdr_arrangement_id": Format.CDR,
    "active": Format.SMART,
}


def _format_of(document: object) -> Format:
    first = document[0] if isinstance(document, list) and document else document
    for member, format_ in _TELLING_MEMBERS.items():
        if isinstance(first, dict) and member in first:
            return format_
    wanted = ", ".join(_TELLING_MEMBERS)
    raise NotUnderstoodError("$", f"is no consent in a known format, which has {wanted}")


def _naming(version: ConsentVersion, pseudonyms: Pseudonyms, reader: str) -> Naming:
    name = partial(pseudonyms.logical_id, reader)

    def record(record_id: UUID) -> UUID:
        return UUID(hex=name(record_id))

    return Naming(name(version.resident_id), name(version.id), record)
