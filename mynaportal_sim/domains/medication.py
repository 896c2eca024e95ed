"""薬剤情報: what pharmacies dispensed, as FHIR MedicationDispense.

Codes are this simulator's own: the public price list (薬価基準) names products, and which code
a product has on which day could not be confirmed.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from itertools import groupby
from random import Random
from typing import Self

from card_reader.spec.person import Sex
from consent.catalogue import Category
from mynaportal_sim.domains.base import (
    OWN_SYSTEM,
    UCUM,
    Domain,
    Json,
    Record,
    Resource,
    Title,
    chronic_since,
    coding,
    named,
    record_id,
    resource,
    subject,
)
from mynaportal_sim.residents.model import Resident

# Mynaportal shows 36 months of claims, the first of them for care in September 2021.
FIRST_MONTH = date(2021, 9, 1)
MONTHS_SHOWN = 36
# A month's claims are checked before they are shown, around the 11th of the month after next.
_REGISTERED_AFTER = timedelta(days=41)

_CHILDHOOD_ENDS = 12
_POLLEN_MONTHS = (2, 3, 4)
_PHARMACIES = ("模擬あおぞら薬局", "模擬ひまわり薬局", "模擬駅前調剤薬局")


@dataclass(frozen=True, slots=True)
class Medicine:
    """A row of `medicines.csv`: a product, what it is given for, and how it is taken."""

    key: str
    name_ja: str
    name_en: str
    amount: float
    unit: str
    times: int
    usage: str

    def dosage(self, days: int) -> str:
        """The instruction as a medicine notebook (お薬手帳) prints it."""
        return f"1回{self.amount:g}{self.unit} 1日{self.times}回 {self.usage} {days}日分"


def _medicine(row: dict[str, str]) -> Medicine:
    return Medicine(
        row["key"],
        row["name_ja"],
        row["name_en"],
        float(row["amount"]),
        row["unit"],
        int(row["times"]),
        row["usage"],
    )


with files(__package__).joinpath("medicines.csv").open("r", encoding="utf-8") as _table:
    MEDICINES: Mapping[str, tuple[Medicine, ...]] = {
        given_for: tuple(_medicine(row) for row in rows)
        for given_for, rows in groupby(csv.DictReader(_table), key=lambda row: row["given_for"])
    }
"""The medicines by what they are given for."""


@dataclass(frozen=True, slots=True)
class _Habits:
    """What stays with a person: lasting illnesses by the age they began, pharmacy, rhythm."""

    lasting: Mapping[str, int]
    hay_fever: bool
    every_months: int
    day: int
    pharmacy: str

    @classmethod
    def draw(cls, resident: Resident, rng: Random) -> Self:
        woman = resident.sex is Sex.FEMALE
        ageing = {
            "constipation": round(rng.gauss(79, 9)),
            "osteoporosis": round(rng.gauss(76 if woman else 92, 8)),
            "insomnia": round(rng.gauss(82, 12)),
        }
        return cls(
            lasting=chronic_since(resident) | ageing,
            hay_fever=rng.random() < 0.38,
            every_months=rng.choice((1, 1, 2, 3)),
            day=rng.randint(1, 24),
            pharmacy=rng.choice(_PHARMACIES),
        )


def _draw(resident: Resident, rng: Random, today: date) -> Iterator[Record]:
    habits = _Habits.draw(resident, rng)
    oldest = _months_before(today, MONTHS_SHOWN)
    for number in range(_month_number(FIRST_MONTH), _month_number(today) + 1):
        month = date(number // 12, number % 12 + 1, 1)
        for day, days, medicines in _dispensed(resident, habits, month, rng):
            if oldest < day <= today - _REGISTERED_AFTER:
                for medicine in medicines:
                    yield _dispense(resident, habits, day, days, medicine)


def _dispensed(
    resident: Resident, habits: _Habits, month: date, rng: Random
) -> Iterator[tuple[date, int, Sequence[Medicine]]]:
    """Visits of one month: the day, the days supplied, and what was handed over."""
    age = resident.age_on(month)
    if month < resident.born:
        return
    usual = month.replace(day=min(28, habits.day + rng.randint(0, 4)))
    lasting = [
        medicine
        for illness, since in habits.lasting.items()
        if age >= since
        for medicine in MEDICINES[illness]
    ]
    if lasting and _month_number(month) % habits.every_months == 0:
        yield usual, 28 * habits.every_months, lasting
    if habits.hay_fever and age >= _CHILDHOOD_ENDS and month.month in _POLLEN_MONTHS:
        yield usual, 28, MEDICINES["hay_fever"]
    if rng.random() < (0.28 if age < _CHILDHOOD_ENDS else 0.2):
        day = month.replace(day=rng.randint(1, 28))
        yield day, rng.choice((3, 5, 5, 7)), MEDICINES[_ailment(age, rng)]


def _ailment(age: int, rng: Random) -> str:
    if age < _CHILDHOOD_ENDS:
        return rng.choice(("child_cold", "child_cold", "child_infection"))
    return rng.choice(("cold", "cold", "pain", "infection"))


def _dispense(
    resident: Resident, habits: _Habits, day: date, days: int, medicine: Medicine
) -> Record:
    identity = record_id(resident, f"medication/{day.isoformat()}/{days}/{medicine.key}")
    product: Json = {
        "coding": [coding(f"{OWN_SYSTEM}medication", medicine.key, medicine.name_en)],
        "text": medicine.name_ja,
    }
    total = round(medicine.amount * medicine.times * days, 1)
    dispense = resource(
        "MedicationDispense",
        identity,
        status="completed",
        medicationCodeableConcept=product,
        subject=subject(resident),
        performer=[{"actor": {"display": habits.pharmacy}}],
        quantity={"value": total, "unit": medicine.unit},
        daysSupply={"value": days, "unit": "日", "system": UCUM, "code": "d"},
        whenHandedOver=day.isoformat(),
        dosageInstruction=[{"text": medicine.dosage(days)}],
    )
    return Record(identity, day, dispense)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months_before(day: date, months: int) -> date:
    number = _month_number(day) - months
    return date(number // 12, number % 12 + 1, min(day.day, 28))


def _entitle(dispense: Resource) -> Title:
    return named(dispense["medicationCodeableConcept"])


DOMAIN = Domain(
    category=Category(
        code="medication",
        label_ja="薬剤情報",
        label_en="Medication",
        explanation_ja="薬局や医療機関で受け取った薬の名前、量、飲み方、受け取った日です。"
        "薬から病気が推測されることがあります。",
        explanation_en="The names, amounts and dosage of medicines handed to you, and when. "
        "An illness may be inferred from a medicine.",
        sensitive=True,
        label_easy="もらった薬（くすり）",
        explanation_easy="薬（くすり）の名前、量（りょう）、飲み方、もらった日。"
        "薬から、病気が分かることがあります。",
    ),
    resource_types=("MedicationDispense",),
    draw=_draw,
    entitle=_entitle,
)
