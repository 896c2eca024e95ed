"""Japan's time, in which residents, municipalities and clinics count days."""

from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple

JST = timezone(timedelta(hours=9), "JST")


class Era(NamedTuple):
    """An era (元号) from its first day on; documents name it by its digit."""

    first: date
    digit: str

    def year_of(self, day: date) -> int:
        """Which year of the era a day lies in; the first is 1."""
        return day.year - self.first.year + 1


_ERAS = (  # newest first
    Era(date(2019, 5, 1), "5"),  # 令和
    Era(date(1989, 1, 8), "4"),  # 平成
    Era(date(1926, 12, 25), "3"),  # 昭和
    Era(date(1912, 7, 30), "2"),  # 大正
    Era(date(1868, 1, 25), "1"),  # 明治, whose first day is that of its calendar
)


def day_of(at: datetime) -> date:
    """The day in Japan that an instant lies in."""
    return at.astimezone(JST).date()


def start_of(day: date) -> datetime:
    """The instant with which a day begins in Japan."""
    return datetime.combine(day, time(), JST)


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
    return start_of(birthday)


def era_of(day: date) -> Era:
    """The era that a day lies in; a day before the first counts as in that."""
    return next((era for era in _ERAS if day >= era.first), _ERAS[-1])
