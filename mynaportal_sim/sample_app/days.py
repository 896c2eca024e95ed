"""Days of Japan, which is where check-ups and pharmacies are."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9), "JST")


def day_of(text: object) -> date | None:
    """The day in Japan of a FHIR date or dateTime; None for less than a whole day.

    A dateTime has an offset (FHIR R4 2.24.0.1); one without it tells no instant.
    """
    if not isinstance(text, str):
        return None
    try:
        if "T" not in text:
            return date.fromisoformat(text) if len(text) == len("2026-01-01") else None
        instant = datetime.fromisoformat(text)
        return None if instant.tzinfo is None else instant.astimezone(JAPAN).date()
    except (ValueError, OverflowError):
        return None


DAY: dict[str, Callable[[date], str]] = {
    "ja": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "en": lambda day: f"{day.day} {day:%B} {day.year}",
}
SHORT_DAY: dict[str, Callable[[date], str]] = {
    "ja": lambda day: f"{day.year}/{day.month}/{day.day}",
    "en": lambda day: f"{day.day} {day:%b} {day.year}",
}
MONTH: dict[str, Callable[[date], str]] = {
    "ja": lambda day: f"{day.year}/{day.month}",
    "en": lambda day: f"{day:%b} {day.year}",
}
