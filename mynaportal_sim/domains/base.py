"""What a kind of data is made of, and what every kind says alike in FHIR."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from consent.catalogue import Category
from mynaportal_sim.residents.model import Resident

Json = str | int | float | bool | list["Json"] | dict[str, "Json"]
Resource = dict[str, Json]

OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"
# Code systems of this simulator's own, where no public one could be confirmed.
OWN_SYSTEM = "https://mynaportal-sim.invalid/fhir/CodeSystem/"

# HTEST is HL7's own mark for data about nobody; the tag says it to people.
_SIMULATED: Mapping[str, Json] = {
    "security": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": "HTEST",
            "display": "test health data",
        }
    ],
    "tag": [
        {
            "system": f"{OWN_SYSTEM}origin",
            "code": "simulated",
            "display": "模擬データ (simulated data)",
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Record:
    """One FHIR resource about a person.

    `id` and every reference within `resource` are UUIDs; nothing outside the portal sees them.
    `on` is the day the datum belongs to, None for what has no day. `refers_to` names the other
    records that `resource` points at, the person's own Patient excepted.
    """

    id: UUID
    on: date | None
    resource: Resource
    refers_to: tuple[UUID, ...] = ()

    @property
    def resource_type(self) -> str:
        return str(self.resource["resourceType"])


class Title(NamedTuple):
    """What a person calls a record, in both languages."""

    ja: str
    en: str


Draw = Callable[[Resident, Random, date], Iterator[Record]]
Decoy = Callable[[Resident, Random, date], Iterator[Record]]
Entitle = Callable[[Resource], Title]


@dataclass(frozen=True, slots=True)
class Domain:
    """A category a person can consent to, and how its data come about.

    `draw` is deterministic in its random source, and as `today` moves on it repeats the records
    of the past unchanged. `decoy` makes up what could have been found on a day on which nothing
    was; a kind of data has none where somebody might be treated by it. `entitle` says in a few
    words what one of its resources is. What `follows` the register of residents has versions:
    its records say what is so now, and are drawn anew when that changes.
    """

    category: Category
    resource_types: tuple[str, ...]
    draw: Draw
    entitle: Entitle
    decoy: Decoy | None = None
    follows: bool = False

    def records(self, resident: Resident, today: date) -> Iterator[Record]:
        """This resident's records as of `today`; the persona's id is the seed."""
        return self.draw(resident, seeded(resident, self.category.code), today)


def seeded(resident: Resident, category: str) -> Random:
    """What a resident's records of a category are drawn from, the same on each run."""
    return Random(f"{resident.persona}/{category}")  # noqa: S311  fiction, not secrets


def record_id(resident: Resident, key: str) -> UUID:
    """The id of one of a resident's records, the same on each run."""
    return uuid5(resident.id, key)


def resource(resource_type: str, identity: UUID, **elements: Json) -> Resource:
    """A resource with the marks that all simulated data carry."""
    return {
        "resourceType": resource_type,
        "id": str(identity),
        "meta": dict(_SIMULATED),
        **elements,
    }


def subject(resident: Resident) -> Json:
    """The reference to a resident's own Patient, whose record has the resident's id."""
    return reference("Patient", resident.id)


def reference(resource_type: str, identity: UUID) -> Json:
    """A literal reference to another record."""
    return {"reference": f"{resource_type}/{identity}"}


def coding(system: str, code: str, display: str) -> Json:
    """One code of one system."""
    return {"system": system, "code": code, "display": display}


def named(concept: Json) -> Title:
    """How a CodeableConcept names itself: its text, and what its first coding shows."""
    match concept:
        case {"text": str(text), "coding": [{"display": str(shown)}, *_]}:
            return Title(text, shown)
    raise ValueError("a concept has a text and a coding")


def quantity(value: float, unit: str) -> Json:
    """A measured value in a UCUM unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def chronic_since(resident: Resident) -> dict[str, int]:
    """From which age a resident has which lasting condition, so that all domains agree.

    Keys are `hypertension`, `dyslipidaemia`, `diabetes`; the ages are drawn so that about as
    many people are affected as in Japan's National Health and Nutrition Survey.
    """
    rng = Random(f"{resident.persona}/conditions")  # noqa: S311  fiction, not secrets
    return {
        "hypertension": round(rng.gauss(64, 14)),
        "dyslipidaemia": round(rng.gauss(70, 16)),
        "diabetes": round(rng.gauss(84, 17)),
    }
