"""FHIR date search values, as spans of days.

A record belongs to a whole day in Japan. By FHIR R4 search, 3.1.1.4.7, a value stands for the
whole range that its precision leaves open, and prefixes compare that range with the record's.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from consent.japan import JST
from mynaportal_sim.phr.errors import InvalidParameterError
from mynaportal_sim.records.model import Span

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)
_TICK = timedelta(microseconds=1)
_NEVER = Span(date.max, date.min)

_VALUE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"(T(?P<time>\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)


class _Range(NamedTuple):
    """The first day that is not over when a value begins, the last that has begun when it ends.

    `whole` are the days the value covers whole; an instant covers none.
    """

    first: date
    last: date
    whole: Span | None


def span(value: str) -> Span:
    """The days that satisfy one date value, such as `ge2024-04` or `2025-01-15`.

    Raises InvalidParameterError for what is no date, or a prefix other than eq ge gt le lt.
    """
    match = _VALUE.fullmatch(value)
    if match is None:
        raise InvalidParameterError(f"{value!r} is not a FHIR date; write e.g. ge2024-04-01")
    compare = _PREFIXES.get(match["prefix"] or "eq")
    if compare is None:
        known = ", ".join(_PREFIXES)
        raise InvalidParameterError(f"prefix {match['prefix']!r} is not one of {known}")
    try:
        return compare(_range(match))
    except (ValueError, OverflowError):
        raise InvalidParameterError(f"{value!r} is not a date of the calendar") from None


def _range(match: re.Match[str]) -> _Range:
    if match["time"] is not None:
        return _instant_range(match)
    year = int(match["year"])
    if match["month"] is None:
        first, last = date(year, 1, 1), date(year, 12, 31)
    elif match["day"] is None:
        first = date(year, int(match["month"]), 1)
        last = _last_of_month(first)
    else:
        first = last = date(year, int(match["month"]), int(match["day"]))
    return _Range(first, last, Span(first, last))


def _last_of_month(first: date) -> date:
    if first.month == 12:
        return first.replace(day=31)
    return first.replace(month=first.month + 1) - _DAY


def _instant_range(match: re.Match[str]) -> _Range:
    time, zone = match["time"], match["zone"] or "+09:00"
    stated = f"{match['year']}-{match['month']}-{match['day']}T{time}{zone}"
    begins = datetime.fromisoformat(stated).astimezone(JST)
    ends = begins + (_MINUTE if len(time) == len("hh:mm") else _SECOND)
    return _Range(ends.date(), (begins - _TICK).date(), None)


def _equal(given: _Range) -> Span:
    return given.whole or _NEVER


def _at_least(given: _Range) -> Span:
    return Span(first=given.first)


def _at_most(given: _Range) -> Span:
    return Span(last=given.last)


def _after(given: _Range) -> Span:
    if given.whole is None:
        return Span(first=given.first)
    return _NEVER if given.last == date.max else Span(first=given.last + _DAY)


def _before(given: _Range) -> Span:
    if given.whole is None:
        return Span(last=given.last)
    return _NEVER if given.first == date.min else Span(last=given.first - _DAY)


_PREFIXES: dict[str, Callable[[_Range], Span]] = {
    "eq": _equal,
    "ge": _at_least,
    "gt": _after,
    "le": _at_most,
    "lt": _before,
}
