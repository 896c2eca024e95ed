"""How a planted check-up is known again in whatever an app left behind. Pure.

By the names under which the app got its records, which no other app was given; or, where these
were stripped, by the values together with their day: most of them must stand beside it, so that
one value that somebody else has on that day proves nothing. A copy that keeps neither names nor
most of the values is not found, and one without the day is not either.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from mynaportal_sim.domains.base import Json

VALUES_MIN = 5
SHARE_MIN = 0.8
_NUMBER = re.compile(r"(?<![\w.])\d{1,6}(?:\.\d{1,4})?(?![\w.])")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a planted check-up is known by: names, and values of one day."""

    names: frozenset[str]
    day: date
    values: frozenset[float]

    @classmethod
    def of(cls, named: Iterable[tuple[str, str]], day: date) -> "Marks":
        """The marks of a day's records, each the app's name for it and its FHIR JSON."""
        pairs = list(named)
        values = {
            float(quantity["value"])
            for _, resource in pairs
            if (quantity := json.loads(resource).get("valueQuantity")) is not None
        }
        return cls(frozenset(name for name, _ in pairs), day, frozenset(values))

    def seen_in(self, text: str) -> int:
        """How many names or values of it stand in a text; 0 where they prove nothing."""
        names = sum(name in text for name in self.names)
        if names:
            return names
        wanted = max(VALUES_MIN, SHARE_MIN * len(self.values))
        written = _written(self.day)
        found: set[float] = set()
        for passage in _passages(text, written):
            found |= self.values.intersection(map(float, _NUMBER.findall(passage)))
        return len(found) if len(found) >= wanted else 0


def _written(day: date) -> tuple[str, ...]:
    """The ways to write a day."""
    year, month, of_month = day.year, day.month, day.day
    return (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day:%Y/%m/%d}",
        f"{year}/{month}/{of_month}",
        f"{year}年{month}月{of_month}日",
    )


def _passages(text: str, written: tuple[str, ...]) -> Iterator[str]:
    """The smallest objects of JSON in which the day stands; of other text, the lines."""
    try:
        yield from _objects([json.loads(text)], written)
    except (ValueError, RecursionError):
        for line in text.splitlines():
            if not any(day in line for day in written):
                continue
            try:
                yield from _objects([json.loads(line)], written)
            except (ValueError, RecursionError):
                yield line


def _objects(roots: list[Json], written: tuple[str, ...]) -> Iterator[str]:
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if not _holds(node, written):
            continue
        holding = [one for one in _inside(node) if _holds(one, written)]
        if isinstance(node, dict) and not holding:
            yield json.dumps(node, ensure_ascii=False)
        waiting += holding


def _inside(node: Json) -> list[Json]:
    """The objects and lists right inside an object or list."""
    parts: list[Json] = []
    if isinstance(node, dict):
        parts = list(node.values())
    elif isinstance(node, list):
        parts = node
    return [one for one in parts if isinstance(one, dict | list)]


def _holds(node: Json, written: tuple[str, ...]) -> bool:
    said = json.dumps(node, ensure_ascii=False)
    return any(day in said for day in written)
