"""Days and instants as readers of each language expect them, in Japan's time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from consent.japan import JST, day_of


def _day_ja(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _day_en(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def last_day(until: datetime) -> date:
    """The last day in Japan on which something that ends at `until` still holds."""
    return _japanese_day(until - timedelta(seconds=1))


def clock(at: datetime) -> str:
    """The time of day in Japan."""
    return f"{at.astimezone(JST):%H:%M}"


def _japanese_day(value: date | datetime) -> date:
    return day_of(value) if isinstance(value, datetime) else value


DAY: dict[str, Callable[[date | datetime], str]] = {
    "ja": lambda value: _day_ja(_japanese_day(value)),
    "en": lambda value: _day_en(_japanese_day(value)),
}
MONTH: dict[str, Callable[[date], str]] = {
    "ja": lambda day: f"{day.year}年{day.month}月",
    "en": lambda day: f"{day:%B} {day.year}",
}
MOMENT: dict[str, Callable[[datetime], str]] = {
    "ja": lambda at: f"{_day_ja(_japanese_day(at))} {at.astimezone(JST):%H:%M}",
    "en": lambda at: f"{_day_en(_japanese_day(at))}, {at.astimezone(JST):%H:%M} (Japan)",
}
