"""A believable past: what agencies have asked each other about a persona.

All follows from the persona's id, birth and address, so every portal tells the same.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256

from consent.japan import JST
from mynaportal_sim.exchange.affairs import AFTER_A_MOVE, Affair, Insured, body, built_in, city
from mynaportal_sim.exchange.model import KEPT_YEARS, Exchange, Ground
from mynaportal_sim.residents.model import Resident

_FIRST_MOVE, _LAST_MOVE = 2020, 2025
_SATURDAY = 5


def exchanges(resident: Resident, now: datetime) -> list[Exchange]:
    """What is still kept at `now` of the exchanges about a resident, earliest first."""
    this_year = now.astimezone(JST).year
    found = [
        _exchange(resident, affair, year)
        for year in range(this_year - KEPT_YEARS, this_year + 1)
        for affair in _affairs(resident, year)
    ]
    kept = [one for one in found if one.provided_at <= now < one.kept_until()]
    return sorted(kept, key=lambda one: one.requested_at)


def _affairs(resident: Resident, year: int) -> Iterator[Affair]:
    """The affairs for which somebody asked about the resident in a year."""
    insured = list(Insured)[_draw(resident, "insured") % len(Insured)]
    for affair in built_in().affairs:
        if _ground(resident, affair, year) is not None:
            yield affair
            continue
        first, last = affair.ages
        concerned = first <= year - resident.born.year <= last
        chosen = _draw(resident, affair.code, year) % 100 < affair.share
        if (
            concerned
            and chosen
            and affair.who in {None, insured}
            and _in_turn(resident, affair, year)
        ):
            yield affair


def _in_turn(resident: Resident, affair: Affair, year: int) -> bool:
    if affair.month == AFTER_A_MOVE:
        return year == _move(resident).year
    return not affair.years or year in affair.years


def _exchange(resident: Resident, affair: Affair, year: int) -> Exchange:
    asked_at = _moment(resident, affair, year)
    answered_within = timedelta(seconds=20 + _draw(resident, affair.code, year, "answer") % 900)
    before = built_in().municipalities
    moved_from = before[_draw(resident, "from") % len(before)]
    has_moved = asked_at.date() >= _move(resident)
    home = city(resident.municipality) if has_moved else moved_from
    inquirer, provider = (
        body(key, resident.municipality, home, moved_from).ja
        for key in (affair.inquirer, affair.provider)
    )
    return Exchange(
        inquirer=inquirer,
        provider=provider,
        affair=affair.ja,
        items=tuple(built_in().items[item].ja for item in affair.items),
        requested_at=asked_at,
        provided_at=asked_at + answered_within,
        ground=_ground(resident, affair, year),
    )


def _ground(resident: Resident, affair: Affair, year: int) -> Ground | None:
    """Why the record of this exchange is marked, None where it is not."""
    for marked in built_in().marked:
        years = marked.years or (_move(resident).year,)
        if (marked.persona, marked.affair) == (resident.persona, affair.code) and year in years:
            return marked.ground
    return None


def _moment(resident: Resident, affair: Affair, year: int) -> datetime:
    """A second within the office hours of a working day."""
    drawn = _draw(resident, affair.code, year, "moment")
    if affair.month == AFTER_A_MOVE:
        day = _move(resident) + timedelta(days=drawn % 60)
    else:
        day = date(year, affair.month, 1 + drawn % 26)
    if (beyond := day.weekday() - _SATURDAY) >= 0:
        day += timedelta(days=2 - beyond)
    second = 9 * 3600 + drawn // 60 % (8 * 3600)
    return datetime(day.year, day.month, day.day, tzinfo=JST) + timedelta(seconds=second)


def _move(resident: Resident) -> date:
    """When the resident came to where they live now."""
    drawn = _draw(resident, "move")
    year = _FIRST_MOVE + drawn % (_LAST_MOVE - _FIRST_MOVE + 1)
    return date(year, 1 + drawn // 8 % 10, 1 + drawn // 80 % 28)


def _draw(resident: Resident, *about: str | int) -> int:
    """A large number that depends on the persona and on what it is drawn for."""
    text = "\0".join(map(str, (resident.persona, *about)))
    return int.from_bytes(sha256(text.encode()).digest()[:8])
