"""健診: who is checked when, and the FHIR resources that come of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from card_reader.spec.person import Sex
from consent.catalogue import Category
from mynaportal_sim.domains.base import (
    OBSERVATION_CATEGORY,
    OWN_SYSTEM,
    Domain,
    Json,
    Record,
    chronic_since,
    coding,
    quantity,
    record_id,
    reference,
    resource,
    seeded,
    subject,
)
from mynaportal_sim.domains.checkup import judgement
from mynaportal_sim.domains.checkup.body import Body, Values
from mynaportal_sim.domains.checkup.items import ITEMS, Item, Limits, Mark
from mynaportal_sim.domains.checkup.title import entitle
from mynaportal_sim.residents.model import Resident

CODE = "checkup"
JLAC10 = "urn:oid:1.2.392.200119.4.504"
CHECKUP_ITEMS = "urn:oid:1.2.392.200119.6.1005"
LOINC = "http://loinc.org"
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

# Mynaportal shows check-ups from fiscal year 2020 on, the last five of them.
_SHOWN_FROM = date(2020, 4, 1)
YEARS_SHOWN = 5
# Insurers register a check-up a month to a year after the day; ours are quick.
_REGISTERED_AFTER = timedelta(days=45)

# Blood is drawn from 35 on at work (労働安全衛生規則 44条); 特定健診 is for 40 to 74.
_FIRST_AGE = 35
_SPECIFIC_AGE = 40
_LATE_ELDERLY_AGE = 75
_KINDS = {
    "employee": "定期健康診断",
    "specific": "特定健康診査",
    "late-elderly": "後期高齢者健康診査",
}
_MARK_WORDS = {Mark.GUIDE: "保健指導判定値", Mark.REFER: "受診勧奨判定値"}

Answers = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One day at a check-up: measured items and coded answers, by item key."""

    day: date
    kind: str
    values: Values
    answers: Answers


def _draw(resident: Resident, rng: Random, today: date) -> Iterator[Record]:
    visits = [visit for visit in _visits(resident, rng, today) if visit.day >= _SHOWN_FROM]
    for visit in visits[-YEARS_SHOWN:]:
        yield from _checkup(resident, visit)


def _visits(resident: Resident, rng: Random, today: date) -> Iterator[_Visit]:
    """Every check-up of a working and ageing life, from the first to the last registered."""
    body = Body.draw(resident.sex, rng)
    ill_since = chronic_since(resident)
    usual_day = rng.randint(45, 250)
    for year in range(resident.born.year + _FIRST_AGE - 1, today.year + 1):
        day = _weekday(date(year, 4, 1) + timedelta(days=usual_day + rng.randint(-14, 14)))
        age = resident.age_on(date(year + 1, 3, 31))
        if day + _REGISTERED_AFTER > today:
            return
        if age >= _FIRST_AGE:
            values = body.measure(age, ill_since, rng)
            answers = judgement.strips(values, rng)
            ill = {condition: age >= since for condition, since in ill_since.items()}
            asked = judgement.questionnaire(ill, smokes=body.smokes)
            yield _visit(resident.sex, age, day, values, answers, asked)


def _decoy(resident: Resident, rng: Random, day: date) -> Iterator[Record]:
    """A check-up that this body could have had on `day`, and did not."""
    body = Body.draw(resident.sex, seeded(resident, CODE))
    age = resident.age_on(date(day.year + (day.month > 3), 3, 31))
    ill_since = chronic_since(resident)
    values = body.measure(age, ill_since, rng)
    ill = {condition: age >= since for condition, since in ill_since.items()}
    asked = judgement.questionnaire(ill, smokes=body.smokes)
    answers = judgement.strips(values, rng)
    yield from _checkup(resident, _visit(resident.sex, age, day, values, answers, asked))


def _visit(
    sex: Sex, age: int, day: date, values: Values, answers: Answers, asked: Answers
) -> _Visit:
    """What of a body's state the check-up for that age looks at."""
    kind = _kind(age)
    if kind == "late-elderly":
        without_waist = {key: value for key, value in values.items() if key != "waist"}
        return _Visit(day, kind, without_waist, answers)
    answers = answers | asked
    if kind == "specific":
        answers["metabolic_syndrome"] = judgement.metabolic_syndrome(values, asked, sex)
    return _Visit(day, kind, values, answers)


def _kind(age: int) -> str:
    if age >= _LATE_ELDERLY_AGE:
        return "late-elderly"
    return "specific" if age >= _SPECIFIC_AGE else "employee"


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _checkup(resident: Resident, visit: _Visit) -> Iterator[Record]:
    """The observations of one check-up, then the report that refers to them."""
    found: list[Record] = []
    marks: list[Mark] = []
    for key, value in visit.values.items():
        item = ITEMS[key]
        limits = item.limits.get(resident.sex)
        mark = limits.mark(value) if limits else Mark.NORMAL
        marks.append(mark)
        found.append(
            _observation(resident, visit.day, item, **_measured(item, value, limits, mark))
        )
    for key, code in visit.answers.items():
        mark = judgement.strip_mark(key, code)
        marks.append(mark)
        found.append(
            _observation(resident, visit.day, ITEMS[key], **_answered(key, code, mark))
        )
    conclusion = judgement.conclusion(marks)
    found.append(_observation(resident, visit.day, ITEMS["physician"], valueString=conclusion))
    yield from found
    yield _report(resident, visit, conclusion, found)


def _observation(resident: Resident, day: date, item: Item, **value: Json) -> Record:
    codes = [
        coding(JLAC10, item.jlac10, item.name_ja),
        coding(CHECKUP_ITEMS, item.jlac10, item.name_ja),
    ]
    if item.loinc is not None:
        codes.append(coding(LOINC, item.loinc, item.name_en))
    identity = record_id(resident, f"checkup/{day.isoformat()}/{item.key}")
    observation = resource(
        "Observation",
        identity,
        status="final",
        category=[{"coding": [{"system": OBSERVATION_CATEGORY, "code": item.category}]}],
        code={"coding": codes, "text": item.name_ja},
        subject=subject(resident),
        effectiveDateTime=day.isoformat(),
        **value,
    )
    return Record(identity, day, observation)


def _measured(item: Item, value: float, limits: Limits | None, mark: Mark) -> dict[str, Json]:
    elements: dict[str, Json] = {"valueQuantity": quantity(value, item.unit or "1")}
    if limits is None:
        return elements
    inside = limits.guide - item.step if limits.high else limits.guide + item.step
    bound = quantity(round(inside, item.decimals), item.unit or "1")
    elements["referenceRange"] = [{"high" if limits.high else "low": bound}]
    side = ("H", "High") if limits.high else ("L", "Low")
    elements["interpretation"] = [_interpretation(mark, side)]
    return elements


def _answered(key: str, code: str, mark: Mark) -> dict[str, Json]:
    words = judgement.ANSWERS[key][code]
    elements: dict[str, Json] = {
        "valueCodeableConcept": {
            "coding": [coding(f"{OWN_SYSTEM}{key.replace('_', '-')}", code, words)],
            "text": words,
        }
    }
    if mark is not Mark.NORMAL:
        elements["interpretation"] = [_interpretation(mark, ("A", "Abnormal"))]
    return elements


def _interpretation(mark: Mark, beyond: tuple[str, str]) -> Json:
    if mark is Mark.NORMAL:
        return {"coding": [coding(_INTERPRETATION, "N", "Normal")], "text": "基準範囲内"}
    return {"coding": [coding(_INTERPRETATION, *beyond)], "text": _MARK_WORDS[mark]}


def _report(resident: Resident, visit: _Visit, conclusion: str, found: list[Record]) -> Record:
    identity = record_id(resident, f"checkup/{visit.day.isoformat()}/report")
    report = resource(
        "DiagnosticReport",
        identity,
        status="final",
        category=[{"coding": [coding(f"{OWN_SYSTEM}report-category", "checkup", "健診")]}],
        code={
            "coding": [coding(f"{OWN_SYSTEM}checkup-kind", visit.kind, _KINDS[visit.kind])],
            "text": _KINDS[visit.kind],
        },
        subject=subject(resident),
        effectiveDateTime=visit.day.isoformat(),
        performer=[{"display": "模擬健診センター"}],
        result=[reference("Observation", record.id) for record in found],
        conclusion=conclusion,
    )
    return Record(identity, visit.day, report, tuple(record.id for record in found))


DOMAIN = Domain(
    category=Category(
        code=CODE,
        label_ja="健診結果",
        label_en="Health check-ups",
        explanation_ja="特定健診などで測った身長・体重・血圧、血液検査や尿検査の結果、"
        "服薬や喫煙についての回答、医師の判定です。",
        explanation_en="What was measured at your check-ups: height, weight, blood pressure, "
        "blood and urine tests, your answers about medicines and smoking, "
        "and the physician's judgement.",
        sensitive=True,
        label_easy="健康診断（けんこうしんだん）の結果（けっか）",
        explanation_easy="身長、体重、血圧（けつあつ）、"
        "血や尿（にょう）のけんさ、薬やたばこについての答え、医者（いしゃ）の考え。",
    ),
    resource_types=("Observation", "DiagnosticReport"),
    draw=_draw,
    entitle=entitle,
    decoy=_decoy,
)
