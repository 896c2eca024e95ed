"""Japan's time, in which residents, municipalities and clinics count days."""

from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def day_of(at: datetime) -> date:
    """The day in Japan that an instant lies in."""
    return at.astimezone(JST).date()
