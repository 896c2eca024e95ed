"""Whatever FHIR the portal sends, the app reads what it can and says what it left out."""

from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.sample_app import checkups, fhir, medicines
from mynaportal_sim.sample_app.days import DAY, day_of
from mynaportal_sim.sample_app.trends import trends

JUNK: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        7,
        -1e300,
        float("nan"),
        10**400,
        "",
        "x",
        [],
        [None],
        [[]],
        {},
        [{}],
        {"code": 7},
    ]
)


def _or_junk(valid: object) -> st.SearchStrategy[object]:
    """`valid`, with junk in place of any part of it."""
    if isinstance(valid, dict):
        inner = {name: _or_junk(part) for name, part in valid.items()}
        return st.fixed_dictionaries({}, optional=inner) | JUNK
    if isinstance(valid, list):
        return st.tuples(*map(_or_junk, valid)).map(list) | JUNK
    return st.just(valid) | JUNK


def _observation(code: str, day: str, value: object, **more: object) -> dict[str, object]:
    return {
        "code": {"coding": [{"system": checkups.JLAC10, "code": code}], "text": code},
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": "kg"},
        **more,
    }


DISPENSE = {
    "whenHandedOver": "2026-05-01",
    "medicationCodeableConcept": {"coding": [{"display": "A"}], "text": "甲"},
    "daysSupply": {"value": 7},
    "dosageInstruction": [{"text": "1日1回"}],
    "performer": [{"actor": {"display": "薬局"}}],
}
BUNDLE = {"link": [{"relation": "next", "url": "u"}], "entry": [{"resource": {}}]}


@given(
    st.lists(
        _or_junk(
            _observation(
                "9N006000000000001",
                "2026-05-01",
                55.5,
                interpretation=[{"coding": [{"code": "H"}]}],
                referenceRange=[{"low": {"value": 1}, "high": {"value": 9}}],
            )
        ).filter(lambda one: isinstance(one, dict)),
        max_size=3,
    )
)
def test_odd_observations_are_counted_and_upset_nothing(sent: list[fhir.Resource]) -> None:
    found = checkups.read(sent, sent)
    assert len(found.results) + found.unreadable <= len(sent)
    assert all(trend.plot.lines for trend in trends(found))


@given(st.lists(_or_junk(DISPENSE).filter(lambda one: isinstance(one, dict)), max_size=3))
def test_odd_dispenses_are_counted_and_upset_nothing(sent: list[fhir.Resource]) -> None:
    found = medicines.read(sent)
    assert found.unreadable + sum(len(group) for _, group in found.by_day) == len(sent)


@given(_or_junk(BUNDLE).filter(lambda one: isinstance(one, dict)))
def test_odd_bundles_upset_nothing(bundle: fhir.Resource) -> None:
    assert all(isinstance(one, dict) for one in fhir.entries(bundle))
    assert fhir.next_page(bundle, "http://localhost/fhir") is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        pytest.param("2026-05-01", date(2026, 5, 1), id="a day"),
        pytest.param("2026-05-01T20:00:00Z", date(2026, 5, 2), id="evening in London"),
        pytest.param("2026-05-01T00:30:00+09:00", date(2026, 5, 1), id="night in Japan"),
        pytest.param("2026-05-01T23:30:00-10:00", date(2026, 5, 2), id="night in Hawaii"),
        pytest.param("2026-05-01T12:00:00", None, id="no offset"),
        pytest.param("2026-05", None, id="a month"),
        pytest.param("2026", None, id="a year"),
        pytest.param("9999-12-31T23:59:59-12:00", None, id="beyond the calendar"),
        pytest.param(20260501, None, id="a number"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_day_is_the_day_in_japan(written: object, day: date | None) -> None:
    assert day_of(written) == day


def test_days_read_as_people_of_each_language_write_them() -> None:
    day = date(2026, 5, 1)
    assert {language: DAY[language](day) for language in DAY} == {
        "ja": "2026年5月1日",
        "en": "1 May 2026",
    }


def test_results_stand_by_item_and_day_with_gaps_and_their_precision() -> None:
    found = checkups.read(
        [
            _observation("9N006000000000001", "2025-05-01", 55.0),
            _observation("9N006000000000001", "2026-05-01", 56.5),
            _observation(
                "9N011000000000001",
                "2026-05-01",
                24,
                referenceRange=[{"high": {"value": 24.9}}],
            ),
            _observation("9N011000000000001", "2026", 24),
        ],
        [],
    )
    assert found.days == (date(2026, 5, 1), date(2025, 5, 1))
    [(group, (weight, bmi))] = found.groups
    assert group == "vital-signs"
    assert [cell and cell.text for cell in weight.cells] == ["56.5", "55.0"]
    assert [cell and cell.text for cell in bmi.cells] == ["24", None]
    assert bmi.reference == "≤ 24.9"
    assert found.unreadable == 1


def test_a_next_link_to_elsewhere_is_not_followed() -> None:
    def bundle(url: str) -> dict[str, object]:
        return {"link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": url}]}

    base = "http://localhost:8400/fhir"
    assert fhir.next_page(bundle(f"{base}/Observation?_after=1"), base)
    for url in ("http://evil.test/fhir/Observation", f"{base}evil/Observation", "/fhir/x"):
        assert fhir.next_page(bundle(url), base) is None


def test_an_outcome_is_told_in_its_own_words() -> None:
    issue = {
        "code": "forbidden",
        "diagnostics": "The consent was withdrawn.",
        "details": {"coding": [{"code": "withdrawn"}], "text": "この同意は撤回されています。"},
    }
    told = fhir.outcome(httpx.Response(403, json={"issue": [issue]}))
    assert told == fhir.Outcome("withdrawn", "この同意は撤回されています。")
    assert fhir.outcome(httpx.Response(502, text="<html>")).text == "HTTP 502"
