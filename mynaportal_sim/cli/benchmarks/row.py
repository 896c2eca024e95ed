"""A row of the table: what is measured, and what it is judged by."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import NamedTuple

from mynaportal_sim.cli.benchmarks.rig import Rig


@unique
class Verdict(StrEnum):
    """Whether a figure reaches its goal; one without goal or peer is not judged."""

    PASS = "pass"  # noqa: S105  no password
    MISS = "miss"
    NOT_JUDGED = "not judged"


class Figure(NamedTuple):
    """What was measured: medians in the goal's unit, and how they came about.

    `ratio` is the median of our figure to the peer's, round by round; None without a peer.
    `limit` is what the machine allows where nothing but the unavoidable is done, if measured.
    """

    value: float
    note: str = ""
    peer: float | None = None
    ratio: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach; `of_peer` is a share of the peer's figure."""

    unit: str
    at_least: float | None = None
    at_most: float | None = None
    of_peer: float | None = None

    def judge(self, figure: Figure) -> Verdict:
        """Judge by every bound that can be compared with."""
        held = [
            figure.value >= self.at_least if self.at_least is not None else None,
            figure.value < self.at_most if self.at_most is not None else None,
            figure.ratio >= self.of_peer if self.of_peer and figure.ratio is not None else None,
        ]
        if False in held:
            return Verdict.MISS
        return Verdict.PASS if True in held else Verdict.NOT_JUDGED

    def __str__(self) -> str:
        bounds = [
            f"≥ {self.at_least:,g} {self.unit}" if self.at_least is not None else "",
            f"< {self.at_most:,g} {self.unit}" if self.at_most is not None else "",
            f"≥ {self.of_peer:g} x peer" if self.of_peer else "",
        ]
        return ", ".join(filter(None, bounds))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    what: str
    goal: Goal
    measure: Callable[[Rig], Figure]
