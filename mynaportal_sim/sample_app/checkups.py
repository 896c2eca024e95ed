"""Check-ups as people read them, out of FHIR Observations and DiagnosticReports. Pure.

What the app cannot read it counts, and leaves out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from mynaportal_sim.sample_app.days import day_of
from mynaportal_sim.sample_app.fhir import Resource, objects, texts

JLAC10 = "urn:oid:1.2.392.200119.4.504"
LARGEST = 1e12
"""No result of a check-up is as large; a number that is, or is none, is not read."""
GROUPS = ("vital-signs", "laboratory", "social-history", "survey", "exam")

# UCUM as the portal sends it -> as Japanese results print it.
_UNITS = {
    "mm[Hg]": "mmHg",
    "kg/m2": "kg/m²",
    "/min": "回/分",
    "10*4/uL": "万/µL",
    "/uL": "/µL",
    "mL/min/{1.73_m2}": "mL/分/1.73m²",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One result of one check-up. `flag` is H, L, A or "" (HL7 ObservationInterpretation)."""

    day: date
    code: str
    name: str
    group: str
    text: str
    number: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A check-up as a whole: what kind, where, and what the physician concluded."""

    day: date
    kind: str
    place: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class Row:
    """One item across all days; None where a day has no result of it."""

    name: str
    code: str
    unit: str
    reference: str
    cells: tuple[Result | None, ...]


@dataclass(frozen=True, slots=True)
class Checkups:
    """All that was given: days (latest first), rows by group, reports, and what was odd."""

    days: tuple[date, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    reports: tuple[Report, ...]
    results: tuple[Result, ...]
    unreadable: int

    def of(self, codes: Sequence[str]) -> list[Result]:
        """The results of an item that goes by any of these codes, oldest first."""
        return sorted((one for one in self.results if one.code in codes), key=lambda r: r.day)


def read(observations: Iterable[Resource], reports: Iterable[Resource]) -> Checkups:
    """Put results in order; of two of one item on one day, the later in the answer stands."""
    read_ones = [_result(one) for one in observations]
    results = [one for one in read_ones if one is not None]
    told = [report for one in reports if (report := _report(one)) is not None]
    days = tuple(sorted({one.day for one in results}, reverse=True))
    return Checkups(
        days,
        tuple(_groups(results, days)),
        tuple(sorted(told, key=lambda report: report.day, reverse=True)),
        tuple({(one.code, one.day): one for one in results}.values()),
        len(read_ones) - len(results),
    )


def _groups(
    results: Sequence[Result], days: Sequence[date]
) -> Iterable[tuple[str, tuple[Row, ...]]]:
    by_item: dict[tuple[str, str], dict[date, Result]] = {}
    for one in results:
        by_item.setdefault((one.group, one.code), {})[one.day] = one
    for group in (*GROUPS, ""):
        # JLAC10 codes begin with the kind of test, so that their order keeps kin together.
        rows = [_row(by_item[item], days) for item in sorted(by_item) if item[0] == group]
        if rows:
            yield group, tuple(rows)


def _row(found: dict[date, Result], days: Sequence[date]) -> Row:
    latest = found[max(found)]
    return Row(
        latest.name,
        latest.code,
        latest.unit,
        reference(latest.low, latest.high),
        tuple(found.get(day) for day in days),
    )


def reference(low: float | None, high: float | None) -> str:
    """A reference range as results print it."""
    if low is not None and high is not None:
        return f"{low:g} - {high:g}"
    if high is not None:
        return f"≤ {high:g}"
    return f"≥ {low:g}" if low is not None else ""


def _result(one: Resource) -> Result | None:
    day = day_of(one.get("effectiveDateTime"))
    code = _code(one)
    number, unit = _quantity(one.get("valueQuantity"))
    in_words = (*texts(one, "valueString"), *texts(one, "valueCodeableConcept", "text"), "")
    text = in_words[0] if number is None else str(number)
    if day is None or not code or not text:
        return None
    low, high = _range(one)
    name = next(texts(one, "code", "text"), code)
    return Result(
        day, code, name, _group(one), text, number, unit, low, high, _flag(one)
    )  # fmt: skip


def _code(one: Resource) -> str:
    """The JLAC10 code, or the first there is."""
    code = one.get("code")
    codings = objects(code, "coding") if isinstance(code, dict) else []
    ranked = sorted(codings, key=lambda coding: coding.get("system") != JLAC10)
    return next((str(coding["code"]) for coding in ranked if coding.get("code")), "")


def _group(one: Resource) -> str:
    return next((c for c in texts(one, "category", "coding", "code") if c in GROUPS), "")


def _flag(one: Resource) -> str:
    codes = texts(one, "interpretation", "coding", "code")
    return next((code[0] for code in codes if code[0] in "HLA"), "")


def _quantity(value: object) -> tuple[float | int | None, str]:
    """A number as precise as it was sent (FHIR R4 2.24.0.1), and its unit."""
    if not isinstance(value, dict):
        return None, ""
    number, unit = value.get("value"), str(value.get("unit") or value.get("code") or "")
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None, ""
    return (number if abs(number) < LARGEST else None), _UNITS.get(unit, unit)


def _range(one: Resource) -> tuple[float | None, float | None]:
    first = next(iter(objects(one, "referenceRange")), {})
    return _quantity(first.get("low"))[0], _quantity(first.get("high"))[0]


def _report(one: Resource) -> Report | None:
    day = day_of(one.get("effectiveDateTime"))
    if day is None:
        return None
    return Report(
        day,
        next(texts(one, "code", "text"), ""),
        next(texts(one, "performer", "display"), ""),
        next(texts(one, "conclusion"), ""),
    )
