"""What is true of everything the domains draw."""

import pickle
import subprocess
import sys
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.fhirresourcemodel import FHIRResourceModel
from fhir.resources.R4B.medicationdispense import MedicationDispense
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.spec.person import Sex
from consent.catalogue import Catalogue
from mynaportal_sim.domains import medication
from mynaportal_sim.domains.base import Json, Record
from mynaportal_sim.domains.catalogue import CATEGORIES_OF, DOMAINS, catalogue
from mynaportal_sim.domains.checkup.body import egfr
from mynaportal_sim.domains.checkup.domain import DOMAIN as CHECKUP
from mynaportal_sim.domains.checkup.items import ITEMS, Mark
from mynaportal_sim.residents.model import CardOrder, Municipality, Name, Resident

TODAY = date(2026, 11, 23)
R4B: dict[str, type[FHIRResourceModel]] = {
    "Patient": Patient,
    "Observation": Observation,
    "DiagnosticReport": DiagnosticReport,
    "MedicationDispense": MedicationDispense,
}


def a_resident(
    persona: str, born: date, sex: Sex = Sex.FEMALE, given: str = "花子"
) -> Resident:
    return Resident(
        id=UUID(bytes=sha256(persona.encode()).digest()[:16], version=4),
        persona=persona,
        name=Name("佐藤", given),
        kana=Name("サトウ", "ハナコ"),
        romaji=Name("Sato", "Hanako"),
        born=born,
        sex=sex,
        address="東京都千代田区霞が関1-1-1",
        municipality=Municipality("13101", "東京都", "千代田区", "Tokyo", "Chiyoda"),
        my_number="123456789012",
        card=CardOrder(),
        note_ja="-",
        note_en="-",
    )


def drawn(resident: Resident, today: date = TODAY) -> list[Record]:
    return [record for domain in DOMAINS for record in domain.records(resident, today)]


residents = st.builds(
    a_resident,
    persona=st.from_regex(r"[a-z]{3,10}-[a-z]{3,10}", fullmatch=True),
    born=st.dates(date(1915, 1, 1), TODAY),
    sex=st.sampled_from(Sex),
    given=st.sampled_from(["花子", ""]),
)


@settings(max_examples=25, deadline=None)
@given(residents)
def test_everything_drawn_is_valid_fhir_and_marked_as_simulated(resident: Resident) -> None:
    for record in drawn(resident):
        R4B[record.resource_type].model_validate(record.resource)
        meta = record.resource["meta"]
        assert isinstance(meta, dict)
        assert '"HTEST"' in str(meta).replace("'", '"')


@settings(max_examples=25, deadline=None)
@given(residents, st.integers(0, 3000))
def test_what_was_known_stays_as_it_was_when_the_clock_moves_on(
    resident: Resident, days: int
) -> None:
    earlier = {record.id: record for record in drawn(resident, TODAY)}
    later = {record.id: record for record in drawn(resident, TODAY + timedelta(days=days))}
    for record_id in earlier.keys() & later.keys():
        assert earlier[record_id] == later[record_id]


@settings(max_examples=25, deadline=None)
@given(residents)
def test_no_record_belongs_to_the_future_and_no_two_share_an_id(resident: Resident) -> None:
    records = drawn(resident)
    assert all(record.on is None or record.on <= TODAY for record in records)
    assert len({record.id for record in records}) == len(records)


@settings(max_examples=25, deadline=None)
@given(residents)
def test_references_lead_to_records_of_the_same_person(resident: Resident) -> None:
    records = {record.id: record for record in drawn(resident)}
    for record in records.values():
        assert all(
            records[target].resource_type == "Observation" for target in record.refers_to
        )
        assert set(uuids(record.resource)) <= {record.id, resident.id, *record.refers_to}


def uuids(node: Json) -> list[UUID]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        return [found for part in node for found in uuids(part)]
    text = str(node).rpartition("/")[2]
    return [UUID(text)] if len(text) == 36 and text.count("-") == 4 else []


def test_another_process_draws_the_same() -> None:
    resident = a_resident("sato-hanako", date(1985, 4, 12))
    program = (
        "import pickle, sys; from datetime import date\n"
        "from mynaportal_sim.domains.catalogue import DOMAINS\n"
        "resident = pickle.load(sys.stdin.buffer)\n"
        "print([r for d in DOMAINS for r in d.records(resident, date(2026, 11, 23))])"
    )
    for seed in ("1", "2"):
        answer = subprocess.check_output(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            input=pickle.dumps(resident),
        )
        assert answer.decode().rstrip() == repr(drawn(resident))


def at(node: Json, *path: str | int) -> Json:
    """The element at `path` of a resource."""
    for step in path:
        if isinstance(step, int):
            assert isinstance(node, list)
            node = node[step]
        else:
            assert isinstance(node, dict)
            node = node[step]
    return node


def number(node: Json, *path: str | int) -> float:
    return float(str(at(node, *path)))


def values(resident: Resident) -> dict[date, dict[str, float]]:
    """Measured values by day and JLAC10 code's item key."""
    keys = {item.jlac10: key for key, item in ITEMS.items()}
    found: dict[date, dict[str, float]] = {}
    for record in CHECKUP.records(resident, TODAY):
        seen = record.resource
        if "valueQuantity" in seen and record.on is not None:
            key = keys[str(at(seen, "code", "coding", 0, "code"))]
            found.setdefault(record.on, {})[key] = number(seen, "valueQuantity", "value")
    return found


adults = st.builds(
    a_resident,
    persona=st.from_regex(r"[a-z]{3,10}-[a-z]{3,10}", fullmatch=True),
    born=st.dates(date(1930, 1, 1), date(1985, 12, 31)),
    sex=st.sampled_from([Sex.MALE, Sex.FEMALE]),
)


@settings(max_examples=40, deadline=None)
@given(adults)
def test_what_depends_on_one_another_fits_together(resident: Resident) -> None:
    for day, seen in values(resident).items():
        year = day.year - (day.month < 4)
        age = resident.age_on(date(year + 1, 3, 31))
        woman = resident.sex is Sex.FEMALE
        assert seen["bmi"] == pytest.approx(
            seen["weight"] / (seen["height"] / 100) ** 2, abs=0.06
        )
        assert seen["non_hdl"] == seen["total_cholesterol"] - seen["hdl"]
        assert seen["egfr"] == pytest.approx(
            egfr(seen["creatinine"], age, woman=woman), abs=0.06
        )
        assert seen["diastolic"] < seen["systolic"]


def test_egfr_follows_the_published_equation() -> None:
    # 194 x 0.80^-1.094 x 60^-0.287, and that times 0.739, worked out by hand.
    assert egfr(0.80, 60, woman=False) == pytest.approx(76.5, abs=0.1)
    assert egfr(0.80, 60, woman=True) == pytest.approx(56.5, abs=0.1)


@pytest.mark.parametrize(
    ("key", "sex", "value", "mark"),
    [
        pytest.param("glucose", Sex.MALE, 99, Mark.NORMAL, id="glucose 99 is normal"),
        pytest.param("glucose", Sex.MALE, 100, Mark.GUIDE, id="glucose 100 needs guidance"),
        pytest.param("glucose", Sex.MALE, 126, Mark.REFER, id="glucose 126 needs a doctor"),
        pytest.param("hba1c", Sex.FEMALE, 5.5, Mark.NORMAL, id="HbA1c 5.5 is normal"),
        pytest.param("hba1c", Sex.FEMALE, 5.6, Mark.GUIDE, id="HbA1c 5.6 needs guidance"),
        pytest.param("hdl", Sex.FEMALE, 40, Mark.NORMAL, id="HDL 40 is normal"),
        pytest.param("hdl", Sex.FEMALE, 39, Mark.GUIDE, id="HDL below 40 needs guidance"),
        pytest.param("waist", Sex.MALE, 85.0, Mark.GUIDE, id="waist 85 is too wide for a man"),
        pytest.param("waist", Sex.FEMALE, 85.0, Mark.NORMAL, id="but not for a woman"),
        pytest.param("creatinine", Sex.MALE, 1.0, Mark.NORMAL, id="creatinine 1.00, a man"),
        pytest.param("creatinine", Sex.FEMALE, 0.71, Mark.GUIDE, id="creatinine 0.71, a woman"),
        pytest.param("haemoglobin", Sex.FEMALE, 12.0, Mark.GUIDE, id="Hb 12.0, a woman"),
        pytest.param("haemoglobin", Sex.MALE, 12.0, Mark.REFER, id="Hb 12.0, a man"),
        pytest.param("egfr", Sex.MALE, 60.0, Mark.NORMAL, id="eGFR 60 is normal"),
        pytest.param("egfr", Sex.MALE, 44.9, Mark.REFER, id="eGFR below 45 needs a doctor"),
    ],
)
def test_limits_are_the_published_ones(key: str, sex: Sex, value: float, mark: Mark) -> None:
    assert ITEMS[key].limits[sex].mark(value) is mark


@settings(max_examples=25, deadline=None)
@given(adults)
def test_a_value_beyond_its_reference_range_is_interpreted_so(resident: Resident) -> None:
    for record in CHECKUP.records(resident, TODAY):
        if "referenceRange" in record.resource:
            value = number(record.resource, "valueQuantity", "value")
            bounds = at(record.resource, "referenceRange", 0)
            assert isinstance(bounds, dict)
            low = "low" in bounds and value < number(bounds, "low", "value")
            high = "high" in bounds and value > number(bounds, "high", "value")
            expected = "L" if low else "H" if high else "N"
            assert at(record.resource, "interpretation", 0, "coding", 0, "code") == expected


@pytest.mark.parametrize(
    ("born", "kinds"),
    [
        pytest.param(date(1999, 3, 25), [], id="27: none yet"),
        pytest.param(date(2017, 8, 3), [], id="9: a child has none"),
        pytest.param(
            date(1985, 4, 12),
            ["employee"] * 3 + ["specific"] * 2,
            id="41: at work, then 特定健診",
        ),
        pytest.param(date(1972, 11, 3), ["specific"] * 5, id="54: 特定健診"),
        pytest.param(date(1931, 1, 20), ["late-elderly"] * 5, id="95: 後期高齢者健診"),
    ],
)
def test_five_yearly_check_ups_of_the_kind_for_the_age(born: date, kinds: list[str]) -> None:
    # By March 2027 the check-ups of fiscal 2026 are in, whatever the person's usual day.
    resident = a_resident("any-body", born)
    reports = [
        record
        for record in CHECKUP.records(resident, date(2027, 3, 31))
        if record.resource_type == "DiagnosticReport"
    ]
    assert [at(report.resource, "code", "coding", 0, "code") for report in reports] == kinds
    fiscal = [report.on.year - (report.on.month < 4) for report in reports if report.on]
    assert fiscal == sorted(set(fiscal))


@settings(max_examples=25, deadline=None)
@given(residents)
def test_medicines_are_those_of_36_months_and_say_how_to_take_them(resident: Resident) -> None:
    for record in medication.DOMAIN.records(resident, TODAY):
        assert record.on is not None
        assert date(2023, 11, 23) < record.on <= TODAY
        days = at(record.resource, "daysSupply", "value")
        text = str(at(record.resource, "dosageInstruction", 0, "text"))
        assert text.endswith(f"{days}日分")


def test_a_chronic_condition_shows_in_check_ups_and_in_medicines() -> None:
    old = [a_resident(f"old-{number}", date(1931, 1, 20)) for number in range(20)]
    treated = 0
    for resident in old:
        medicines = {
            str(record.resource["medicationCodeableConcept"])
            for record in medication.DOMAIN.records(resident, TODAY)
        }
        treated += any("アムロジピン" in medicine for medicine in medicines)
    assert treated > 10


def test_a_person_can_be_told_what_each_category_and_purpose_is() -> None:
    known: Catalogue = catalogue()
    assert list(known.categories) == ["basic", "checkup", "medication"]
    for category in known.categories.values():
        assert category.label_ja
        assert category.label_en
        assert category.explanation_ja.endswith("。")
        assert category.explanation_en.endswith(".")
    assert {"self-care", "consultation", "research"} <= set(known.purposes)
    assert CATEGORIES_OF["Observation"] == {"checkup"}
