"""Where things go in a trend plot: points in, geometry out. Pure.

Units are those of the viewBox, y downwards. Templates draw what stands here and add nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeGuard

WIDTH, HEIGHT = 400, 220
LEFT, RIGHT, TOP, BOTTOM = 44.0, 384.0, 16.0, 184.0
LABEL_ROOM = 62.0
TICKS_WANTED = 4

Point = tuple[date, float | None]
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, and what is written there."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class DayTick:
    """A day on the x axis."""

    at: float
    day: date


@dataclass(frozen=True, slots=True)
class Series:
    """Values by day, in any order, None where one is missing; and their reference range."""

    points: Sequence[Point]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One series: polylines, broken where values are missing, and a mark at each value.

    `band` is top and bottom of the reference range, as far as it is inside the frame.
    """

    segments: tuple[str, ...]
    marks: tuple[Spot, ...]
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot's geometry."""

    lines: tuple[Line, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[DayTick, ...]


def plot(series: Sequence[Series]) -> Plot | None:
    """The plot of series that share both axes; None when there is no value to draw.

    What is not finite, or beyond a million million, counts as missing.
    """
    values = [value for one in series for _, value in one.points if _drawable(value)]
    if not values:
        return None
    days = sorted({day for one in series for day, _ in one.points})
    scale = _scale(min(values), max(values))
    return Plot(
        tuple(_line(one, days, scale) for one in series),
        tuple(Tick(_y(value, scale), value) for value in scale),
        _day_ticks(days),
    )


def _drawable(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value) and abs(value) < 1e12


def _scale(lowest: float, highest: float) -> list[float]:
    """Round numbers, evenly spaced, from at most `lowest` to at least `highest`."""
    room = (highest - lowest) or abs(highest) * 0.1 or 1.0
    step = _round_step(room / TICKS_WANTED, max(abs(lowest), abs(highest)))
    first = math.floor((lowest - room * 0.08) / step)
    last = math.ceil((highest + room * 0.08) / step)
    digits = max(0, -math.floor(math.log10(step)) + 1)
    return [round(number * step, digits) for number in range(first, last + 1)]


def _round_step(least: float, size: float) -> float:
    # Below this, neighbouring ticks would be the same float.
    least = max(least, size * 1e-9, 1e-9)
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= least)


def _y(value: float, scale: Sequence[float]) -> float:
    share = (value - scale[0]) / (scale[-1] - scale[0])
    return round(BOTTOM - share * (BOTTOM - TOP), 1)


def _x(day: date, days: Sequence[date]) -> float:
    span = (days[-1] - days[0]).days
    inner_left, inner_right = LEFT + 16, RIGHT - 16
    if span == 0:
        return (inner_left + inner_right) / 2
    return round(inner_left + (day - days[0]).days / span * (inner_right - inner_left), 1)


def _line(series: Series, days: Sequence[date], scale: Sequence[float]) -> Line:
    runs: list[list[Spot]] = [[]]
    for day, value in sorted(series.points, key=lambda point: point[0]):
        if _drawable(value):
            runs[-1].append((_x(day, days), _y(value, scale)))
        else:
            runs.append([])
    return Line(
        tuple(" ".join(f"{x:g},{y:g}" for x, y in run) for run in runs if len(run) > 1),
        tuple(spot for run in runs for spot in run),
        _band(scale, series.low, series.high),
    )


def _day_ticks(days: Sequence[date]) -> tuple[DayTick, ...]:
    """Days whose labels do not run into each other; the last day always has one."""
    shown: list[DayTick] = []
    for day in reversed(days):
        at = _x(day, days)
        if not shown or shown[-1].at - at >= LABEL_ROOM:
            shown.append(DayTick(at, day))
    return tuple(reversed(shown))


def _band(
    scale: Sequence[float], low: float | None, high: float | None
) -> tuple[float, float] | None:
    """The part of the reference range that is inside the frame; None if none of it is."""
    if low is None and high is None:
        return None
    top = scale[-1] if high is None else min(high, scale[-1])
    bottom = scale[0] if low is None else max(low, scale[0])
    upper, lower = _y(top, scale), _y(bottom, scale)
    return (upper, lower) if upper < lower else None
