"""Days and instants as readers of each language expect them, in Japan's time."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

_JAPAN = ZoneInfo("Asia/Tokyo")


def _day_ja(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _day_en(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _japanese_day(value: date | datetime) -> date:
    return value.astimezone(_JAPAN).date() if isinstance(value, datetime) else value


DAY: dict[str, Callable[[date | datetime], str]] = {
    "ja": lambda value: _day_ja(_japanese_day(value)),
    "en": lambda value: _day_en(_japanese_day(value)),
}
MOMENT: dict[str, Callable[[datetime], str]] = {
    "ja": lambda at: f"{_day_ja(_japanese_day(at))} {at.astimezone(_JAPAN):%H:%M}",
    "en": lambda at: f"{_day_en(_japanese_day(at))}, {at.astimezone(_JAPAN):%H:%M} (Japan)",
}
