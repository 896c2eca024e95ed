"""Until when cards and certificates are good: to the end of a birthday of their holder.

The rules are those that municipalities publish (公的個人認証法施行規則). In common years
the birthday of 29 February is the 28th.
"""

from calendar import isleap, monthrange
from datetime import UTC, date, datetime, time

from consent.japan import JST, day_of

CERTIFICATE_BIRTHDAYS = 5
RENEWAL_MONTHS = 3
CARD_BIRTHDAYS, CHILD_CARD_BIRTHDAYS = 10, 5
ADULT_AGE = 18


def expiry(
    born: date,
    issued: datetime,
    *,
    renews: datetime | None = None,
    not_beyond: datetime | None = None,
) -> datetime:
    """The last second, Japanese time, of the fifth birthday after the day of issue.

    Args:
        renews: the end of the certificate whose place it takes; in the three months before it
            the birthday that is near does not count, so the sixth ends the new one.
        not_beyond: the end of what it cannot outlive: its card, or the other certificate.
    """
    day = day_of(issued)
    early = renews is not None and renewable_from(renews) <= day < day_of(renews)
    end = end_of(birthday_after(born, day, CERTIFICATE_BIRTHDAYS + early))
    return end if not_beyond is None else min(end, not_beyond)


def card_expiry(born: date, issued: datetime) -> date:
    """The day with which a card ends: the tenth birthday after its issue, a minor's fifth."""
    day = day_of(issued)
    adult = birthday_after(born, born, ADULT_AGE) <= day
    return birthday_after(born, day, CARD_BIRTHDAYS if adult else CHILD_CARD_BIRTHDAYS)


def renewable_from(end: datetime) -> date:
    """The first day on which what ends at `end` can be renewed: three months before."""
    last = day_of(end)
    years, month = divmod(last.year * 12 + last.month - 1 - RENEWAL_MONTHS, 12)
    return date(years, month + 1, min(last.day, monthrange(years, month + 1)[1]))


def birthday_after(born: date, day: date, count: int) -> date:
    """The birthday with that number of those after `day`; one on `day` itself has none."""
    passed = anniversary(born, day.year) <= day
    return anniversary(born, day.year + count - (not passed))


def anniversary(day: date, year: int) -> date:
    """The day of that year on which `day` comes back."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def end_of(day: date) -> datetime:
    """The last second of a day in Japan."""
    return datetime.combine(day, time(23, 59, 59), JST).astimezone(UTC)
