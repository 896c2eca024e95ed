"""A planted check-up is known again in what an app left behind, and in nothing else."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.records.marks import Marks

DAY = date(2025, 5, 16)
VALUES = (63.2, 165.4, 23.1, 81.5, 121.0, 74.0, 98.0, 61.0, 117.0, 5.4)
NAMES = tuple(f"{number:032x}" for number in range(1, 11))


def observation(value: float, day: date = DAY) -> str:
    said = {"effectiveDateTime": day.isoformat(), "valueQuantity": {"value": value}}
    return json.dumps(said)


MARKS = Marks.of(zip(NAMES, map(observation, VALUES), strict=True), DAY)
ROWS = "\n".join(f"2025-05-16,x{n},{value:g}" for n, value in enumerate(VALUES))
WIDE = "2025/5/16," + ",".join(f"{value:g}" for value in VALUES)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param(json.dumps([{"id": NAMES[3]}]), 1, id="one name"),
        pytest.param("\n".join(NAMES), 10, id="all names"),
        pytest.param(f"[{','.join(map(observation, VALUES))}]", 10, id="FHIR without names"),
        pytest.param("\n".join(map(observation, VALUES)), 10, id="NDJSON without names"),
        pytest.param(ROWS, 10, id="a row for each value"),
        pytest.param(WIDE, 10, id="a row for each day"),
        pytest.param(json.dumps({"20250516": list(VALUES)}), 10, id="by day"),
        pytest.param("2025年5月16日 " + " ".join(map(str, VALUES[:8])), 8, id="most values"),
        pytest.param("2025年5月16日 " + " ".join(map(str, VALUES[:7])), 0, id="too few"),
        pytest.param(ROWS.replace("05-16", "05-17"), 0, id="another day"),
        pytest.param(" ".join(map(str, VALUES)), 0, id="no day"),
        pytest.param("2025-05-16 " + " ".join(f"x{one}" for one in VALUES), 0, id="codes"),
        pytest.param(
            json.dumps([{"on": "2025-05-16", "v": 1}, {"v": list(VALUES)}]), 0, id="elsewhere"
        ),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_names_or_most_values_of_the_day_are_known_again(text: str, seen: int) -> None:
    assert MARKS.seen_in(text) == seen


@given(st.text() | st.recursive(st.text() | st.floats(), st.lists).map(json.dumps))
def test_whatever_the_text_it_is_read_to_its_end(text: str) -> None:
    assert MARKS.seen_in(text) in range(11)
