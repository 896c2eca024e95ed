"""Medicines that were handed out, by day, out of FHIR MedicationDispenses. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from mynaportal_sim.sample_app.days import day_of
from mynaportal_sim.sample_app.fhir import Resource, texts


@dataclass(frozen=True, slots=True)
class Dispense:
    """One medicine of one day. `days` is for how many, None where nobody said."""

    day: date
    name: str
    name_en: str
    days: int | None
    dosage: str
    pharmacy: str


@dataclass(frozen=True, slots=True)
class Medicines:
    """What was handed out, latest day first, and how many entries could not be read."""

    by_day: tuple[tuple[date, tuple[Dispense, ...]], ...]
    unreadable: int


def read(dispenses: Iterable[Resource]) -> Medicines:
    """Put what was handed out in order."""
    read_ones = [_dispense(one) for one in dispenses]
    found = [one for one in read_ones if one is not None]
    found.sort(key=lambda one: one.name)
    found.sort(key=lambda one: one.day, reverse=True)
    by_day = groupby(found, key=lambda one: one.day)
    return Medicines(
        tuple((day, tuple(group)) for day, group in by_day), len(read_ones) - len(found)
    )


def _dispense(one: Resource) -> Dispense | None:
    day = day_of(one.get("whenHandedOver"))
    concept = one.get("medicationCodeableConcept")
    if day is None or not isinstance(concept, dict):
        return None
    display = next(texts(concept, "coding", "display"), "")
    name = next(texts(concept, "text"), display)
    supply = one.get("daysSupply")
    days = supply.get("value") if isinstance(supply, dict) else None
    if not name:
        return None
    return Dispense(
        day,
        name,
        display or name,
        days if isinstance(days, int) and not isinstance(days, bool) else None,
        next(texts(one, "dosageInstruction", "text"), ""),
        next(texts(one, "performer", "actor", "display"), ""),
    )
