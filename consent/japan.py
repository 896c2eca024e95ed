"""Japan's time, in which residents, municipalities and clinics count days."""

from datetime import date, datetime, time, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def day_of(at: datetime) -> date:
    """The day in Japan that an instant lies in."""
    return at.astimezone(JST).date()


def reaches_age(born: date, years: int) -> datetime:
    """From when on a person born on `born` has completed `years` years.

    A year of life ends with the day before the birthday (Act No. 50 of 1902 with article 143 of
    the Civil Code), so who was born on 29 February is a year older from 1 March on.
    """
    year = born.year + years
    try:
        birthday = born.replace(year=year)
    except ValueError:
        birthday = date(year, 3, 1)
    return datetime.combine(birthday, time(), JST)
