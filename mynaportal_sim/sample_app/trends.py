"""Which results are drawn over time, and what is said of each drawing."""

from collections.abc import Iterator
from dataclasses import dataclass

from mynaportal_sim.sample_app.checkups import Checkups, Result, reference
from mynaportal_sim.sample_app.language import marked
from mynaportal_sim.sample_app.plot import Plot, Series, plot


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a drawing: its name, and the JLAC10 codes of its methods of measurement."""

    name: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A measure with its results that are numbers, oldest first."""

    name: str
    results: tuple[Result, ...]

    @property
    def latest(self) -> Result:
        return self.results[-1]

    @property
    def lowest(self) -> Result:
        return min(self.results, key=lambda one: one.number or 0.0)

    @property
    def highest(self) -> Result:
        return max(self.results, key=lambda one: one.number or 0.0)


@dataclass(frozen=True, slots=True)
class Trend:
    """A drawing: its title, its geometry, and the results it shows."""

    title: str
    unit: str
    plot: Plot
    drawn: tuple[Drawn, ...]

    @property
    def reference(self) -> str:
        """The reference ranges, in the order of what is drawn; "" without any."""
        ranges = [reference(one.latest.low, one.latest.high) for one in self.drawn]
        return " / ".join(one for one in ranges if one)


# JLAC10: 17 digits, of which the last ones name the method.
_TRENDS: tuple[tuple[str, tuple[Measure, ...]], ...] = (
    (marked("Weight"), (Measure(marked("Weight"), ("9N006000000000001",)),)),
    (marked("BMI"), (Measure(marked("BMI"), ("9N011000000000001",)),)),
    (
        marked("Blood pressure"),
        (
            Measure(marked("Systolic"), ("9A751000000000001", "9A752000000000001")),
            Measure(marked("Diastolic"), ("9A761000000000001", "9A762000000000001")),
        ),
    ),
    (
        marked("HbA1c"),
        (
            Measure(
                marked("HbA1c"),
                (
                    "3D046000001906202",
                    "3D046000001920402",
                    "3D046000001927102",
                    "3D046000001999902",
                ),
            ),
        ),
    ),
    (
        marked("LDL cholesterol"),
        (
            Measure(
                marked("LDL cholesterol"),
                ("3F077000002327101", "3F077000002327201", "3F077000002391901"),
            ),
        ),
    ),
    (marked("eGFR (kidneys)"), (Measure(marked("eGFR (kidneys)"), ("8A065000002391901",)),)),
)


def trends(checkups: Checkups) -> Iterator[Trend]:
    """The drawings for which there is at least one value."""
    for title, measures in _TRENDS:
        drawn = [found for one in measures if (found := _drawn(one, checkups)).results]
        geometry = plot([_series(one, checkups) for one in drawn])
        if geometry is not None:
            yield Trend(title, drawn[0].latest.unit, geometry, tuple(drawn))


def _drawn(measure: Measure, checkups: Checkups) -> Drawn:
    found = checkups.of(measure.codes)
    return Drawn(measure.name, tuple(one for one in found if one.number is not None))


def _series(drawn: Drawn, checkups: Checkups) -> Series:
    """Its values on each day there was a check-up; a day without one breaks the line."""
    values = {one.day: one.number for one in drawn.results}
    points = tuple((day, values.get(day)) for day in checkups.days)
    return Series(points, drawn.latest.low, drawn.latest.high)
