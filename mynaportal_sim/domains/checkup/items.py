"""The item table of the check-ups, and how a value stands against its limits.

`items.csv` beside this module is the table: JLAC10 code, unit (UCUM) and limits of each item.
A limit is the value at which, going to its `side`, a result is marked: `guide` is
保健指導判定値, `refer` 受診勧奨判定値 (標準的な健診・保健指導プログラム, 厚生労働省).
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from importlib.resources import files
from types import MappingProxyType

from card_reader.spec.person import Sex


@unique
class Mark(StrEnum):
    """How a result stands against its limits."""

    NORMAL = "normal"
    GUIDE = "guide"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for one sex; `refer` lies beyond `guide`, where there is one."""

    high: bool
    guide: float
    refer: float | None

    def mark(self, value: float) -> Mark:
        """Judge `value`; a limit itself is already marked."""
        if self.refer is not None and self._reaches(value, self.refer):
            return Mark.REFER
        return Mark.GUIDE if self._reaches(value, self.guide) else Mark.NORMAL

    def _reaches(self, value: float, limit: float) -> bool:
        return value >= limit if self.high else value <= limit


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the table. Items without a unit have coded or written answers."""

    key: str
    jlac10: str
    loinc: str | None
    name_ja: str
    name_en: str
    category: str
    unit: str | None
    decimals: int
    limits: Mapping[Sex, Limits]

    @property
    def step(self) -> float:
        """The smallest difference between two results."""
        return 10.0**-self.decimals


def _item(row: dict[str, str]) -> Item:
    return Item(
        key=row["key"],
        jlac10=row["jlac10"],
        loinc=row["loinc"] or None,
        name_ja=row["name_ja"],
        name_en=row["name_en"],
        category=row["category"],
        unit=row["unit"] or None,
        decimals=int(row["decimals"] or 0),
        limits={sex: _limits(row, column) for sex, column in _COLUMNS.items()}
        if row["side"]
        else {},
    )


def _limits(row: dict[str, str], column: str) -> Limits:
    refer = row[f"refer_{column}"]
    return Limits(
        row["side"] == "high", float(row[f"guide_{column}"]), float(refer) if refer else None
    )


# The published limits know two sexes; whoever is neither is judged by the men's.
_COLUMNS = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.NOT_APPLICABLE: "male"}

with files(__package__).joinpath("items.csv").open("r", encoding="utf-8") as _table:
    ITEMS: Mapping[str, Item] = MappingProxyType(
        {row["key"]: _item(row) for row in csv.DictReader(_table)}
    )
