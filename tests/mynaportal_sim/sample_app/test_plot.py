"""A trend plot keeps to its frame and its labels apart, whatever the values."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.sample_app.plot import (
    BOTTOM,
    LABEL_ROOM,
    LEFT,
    RIGHT,
    TOP,
    Point,
    Series,
    plot,
)

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
VALUES = st.none() | st.floats() | st.integers(-500, 500).map(float)
RANGES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
SERIES = st.builds(Series, st.lists(st.tuples(DAYS, VALUES), max_size=12), RANGES, RANGES)


def _yearly(*values: float | None) -> list[Point]:
    return [(date(2021 + year, 6, 1), value) for year, value in enumerate(values)]


@given(st.lists(SERIES, max_size=3))
def test_all_that_is_drawn_lies_in_the_frame(series: list[Series]) -> None:
    drawn = plot(series)
    if drawn is None:
        return
    spots = [spot for line in drawn.lines for spot in line.marks]
    for line in drawn.lines:
        for segment in line.segments:
            points = [tuple(map(float, point.split(","))) for point in segment.split()]
            assert len(points) > 1
            assert set(points) <= set(spots)
        top, bottom = line.band or (TOP, BOTTOM)
        assert TOP <= top < bottom <= BOTTOM
    assert all(LEFT < x < RIGHT and TOP <= y <= BOTTOM for x, y in spots)
    assert all(one.at - other.at >= LABEL_ROOM for other, one in pairwise(drawn.x_ticks))
    heights = [tick.at for tick in drawn.y_ticks]
    assert heights == sorted(heights, reverse=True)
    assert 2 <= len(drawn.y_ticks) <= 12
    assert len({f"{tick.value:g}" for tick in drawn.y_ticks}) <= len(drawn.y_ticks)


@given(st.dictionaries(DAYS, st.integers(0, 300), min_size=2))
def test_later_is_further_right_and_more_is_higher(values: dict[date, int]) -> None:
    points = list(values.items())
    drawn = plot([Series(points)])
    assert drawn
    marks = drawn.lines[0].marks
    ordered = sorted(points)
    assert len(marks) == len(points)
    assert [x for x, _ in marks] == sorted(x for x, _ in marks)
    by_value = sorted((value, -y) for (_, value), (_, y) in zip(ordered, marks, strict=True))
    assert [height for _, height in by_value] == sorted(height for _, height in by_value)


@pytest.mark.parametrize(
    ("values", "marks", "segments"),
    [
        pytest.param((), 0, 0, id="nothing"),
        pytest.param((None, None), 0, 0, id="only gaps"),
        pytest.param((float("nan"), float("inf"), 1e300), 0, 0, id="nothing drawable"),
        pytest.param((5.4,), 1, 0, id="one"),
        pytest.param((5.4, 5.4), 2, 1, id="two alike"),
        pytest.param((5.4, 5.5, 5.2, 5.9, 6.1), 5, 1, id="five"),
        pytest.param((5.4, None, 5.2, 5.9, None), 3, 1, id="a gap and a lone value"),
        pytest.param((5.4, 5.5, None, 5.9, 6.1), 4, 2, id="a gap between lines"),
        pytest.param((0.0, 0.0), 2, 1, id="zeros"),
    ],
)
def test_a_line_breaks_where_values_are_missing(
    values: Sequence[float | None], marks: int, segments: int
) -> None:
    drawn = plot([Series(_yearly(*values))])
    if marks == 0:
        assert drawn is None
        return
    assert drawn
    [line] = drawn.lines
    assert (len(line.marks), len(line.segments)) == (marks, segments)


def test_a_label_of_each_year_fits_and_days_close_by_share_one() -> None:
    yearly = plot([Series(_yearly(1.0, 2.0, 3.0, 4.0, 5.0))])
    weekly = [(date(2026, 1, 1) + timedelta(weeks=week), 1.0) for week in range(50)]
    crowded = plot([Series(weekly)])
    assert yearly
    assert crowded
    assert len(yearly.x_ticks) == 5
    assert 2 <= len(crowded.x_ticks) <= 6
    assert crowded.x_ticks[-1].day == weekly[-1][0]


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [
        pytest.param(None, None, None, id="none"),
        pytest.param(None, 1000.0, (TOP, BOTTOM), id="all is within"),
        pytest.param(None, 0.0, None, id="all is beyond"),
        pytest.param(900.0, None, None, id="all is below"),
    ],
)
def test_a_reference_range_is_shaded_as_far_as_it_shows(
    low: float | None, high: float | None, band: tuple[float, float] | None
) -> None:
    drawn = plot([Series(_yearly(100.0, 120.0), low, high)])
    assert drawn
    assert drawn.lines[0].band == band
