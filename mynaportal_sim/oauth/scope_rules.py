"""What scopes for data ask of a person, and what is left of them once the person has answered.

A scope is never more than the consent behind it: what the person keeps back record by record,
scopes cannot say, and the gate keeps back all the same.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache

from consent.model import ConsentRule
from mynaportal_sim.domains.smart import WORDS
from mynaportal_sim.oauth.errors import InvalidScopeError
from mynaportal_sim.oauth.scopes import CATEGORY_OF
from mynaportal_sim.oauth.smart_scopes import ANY_TYPE, DataScope
from mynaportal_sim.oauth.wish import EARLIEST, default_period
from mynaportal_sim.records.model import TOKEN_ELEMENTS

CODE = "code"
DAY_OF = {scope: parameter for words in WORDS.values() for scope, parameter in words.items()}
"""The parameter for days of each scope whose data have a day."""

_READING = frozenset({"r", "s", "rs"})
_DAY = re.compile(r"(ge|le)(\d{4}-\d{2}-\d{2})", re.ASCII)
_TOKEN = re.compile(r"[^|,]+|[^|,]+\|[^|,]*|\|[^|,]+")


def asked(scope: DataScope, registered: Collection[str], today: date) -> list[DataScope]:
    """The scopes, each narrowed to its days, that one in a request comes to.

    Raises:
        InvalidScopeError: the app may not ask for it, or no person can be asked for it.
    """
    if scope.context != "patient":
        raise InvalidScopeError(_NOT_ASKED[scope.context])
    if scope.may not in _READING:
        raise InvalidScopeError(f"{scope}: nothing can be written here; ask for r, s or rs")
    if scope.kind != ANY_TYPE:
        if scope.whole not in CATEGORY_OF or scope.whole not in registered:
            raise InvalidScopeError(f"this app is not registered for the scope {scope.whole}")
        return [_dated(scope, today)]
    if scope.by:
        raise InvalidScopeError(f"{scope}: name a type of data to narrow a scope")
    kinds = [DataScope.of(one) for one in sorted(CATEGORY_OF.keys() & registered)]
    return [_dated(one._replace(may=scope.may), today) for one in kinds if one is not None]


_NOT_ASKED = {
    "user": "who logs in here is the patient: ask for patient/… in place of user/…",
    "system": "system/… is no person's to give: ask for it by grant_type=client_credentials",
}


def _dated(scope: DataScope, today: date) -> DataScope:
    """`scope` with a first and a last day, unless its data have none."""
    day, known = DAY_OF.get(scope.whole), TOKEN_ELEMENTS[scope.kind]
    for name, value in scope.by:
        if name == day:
            continue
        if name not in known:
            choices = ", ".join([*known, *([day] if day else [])]) or "nothing"
            raise InvalidScopeError(f"{scope}: it can be narrowed by {choices}")
        if not all(_TOKEN.fullmatch(one) for one in value.split(",")):
            raise InvalidScopeError(f"{scope}: {name} is code or system|code, joined by commas")
        if name == CODE and any(_lacks_system(one) for one in value.split(",")):
            raise InvalidScopeError(f"{scope}: a person is asked for system|code only")
    if day is None:
        return scope
    _each_once(scope)
    first, last = _days(scope, day, today)
    rest = [pair for pair in scope.by if pair[0] != day]
    return scope._replace(by=tuple(sorted([*rest, *_between(day, first, last)])))


def _lacks_system(token: str) -> bool:
    system, bar, code = token.partition("|")
    return not (system and bar and code)


def _each_once(scope: DataScope) -> None:
    """Searched for twice a parameter must fit twice, which no rule of a consent says."""
    names = [name for name, _ in scope.by if name not in DAY_OF.values()]
    if len(set(names)) < len(names):
        raise InvalidScopeError(f"{scope}: give each parameter once, values with commas")


def _between(parameter: str, first: date, last: date) -> list[tuple[str, str]]:
    return [(parameter, f"ge{first.isoformat()}"), (parameter, f"le{last.isoformat()}")]


def _days(scope: DataScope, parameter: str, today: date) -> tuple[date, date]:
    """The days that a scope is narrowed to, or those that are asked about by default."""
    given, sides = scope.values(parameter), _sides(scope, parameter)
    first, last = default_period(today)
    if given:
        first, last = sides.get("ge", EARLIEST), sides.get("le", last)
    if len(sides) < len(given) or not EARLIEST <= first <= last <= default_period(today)[1]:
        raise InvalidScopeError(
            f"{scope}: {parameter}=geYYYY-MM-DD, or le, or both; the first day not after the"
            f" last, within {EARLIEST} to the end of next year"
        )
    return first, last


def _sides(scope: DataScope, parameter: str) -> dict[str, date]:
    """The first day under `ge` and the last under `le`, as far as they are told, once each."""
    sides: dict[str, date] = {}
    for match in map(_DAY.fullmatch, scope.values(parameter)):
        if match is not None:
            with suppress(ValueError):  # no day of the calendar
                sides[match[1]] = date.fromisoformat(match[2])
    return sides


def rules(scopes: Iterable[str], today: date) -> frozenset[ConsentRule]:
    """What scopes that passed `asked`, or are registered ones, ask of a person."""
    found = set()
    for text in scopes:
        scope = DataScope.of(text)
        if scope is not None and scope.whole in CATEGORY_OF:
            days = _days(scope, DAY_OF.get(scope.whole, ""), today)
            found.add(ConsentRule(CATEGORY_OF[scope.whole], *days, codes=_codes(scope)))
    return frozenset(found)


def _codes(scope: DataScope) -> tuple[str, ...]:
    """The codes that any of which a record must have; none stand for any."""
    return tuple(sorted({one for value in scope.values(CODE) for one in value.split(",")}))


@lru_cache(maxsize=1024)
def limits(scope: str) -> tuple[DataScope, ...]:
    """The scopes that a token with this `scope` is held to, beside its consent.

    There are none where all are whole, so that the consent alone says what the token gives.
    """
    named = [one for one in map(DataScope.of, scope.split()) if one is not None]
    return tuple(named) if any(one.by or one.may != "rs" for one in named) else ()


def granted(scopes: Iterable[str], given: Collection[ConsentRule]) -> str:
    """What is left of the scopes asked for once a person gave these rules.

    Those that name days or codes are narrowed to what was given; the others are told whole as
    soon as something of their category was.
    """
    permitted = {rule for rule in given if rule.permits}
    widest = sorted(rule for rule in permitted if not any(map(rule.within, permitted - {rule})))
    left = (one for scope in scopes for one in _left(scope, widest))
    return " ".join(dict.fromkeys(left))


def _left(text: str, given: Iterable[ConsentRule]) -> Iterator[str]:
    scope = DataScope.of(text)
    category = None if scope is None else CATEGORY_OF.get(scope.whole)
    if scope is None or category is None:
        yield text
        return
    for rule in given:
        if rule.category == category:
            part = _narrowed(scope, rule) if scope.by else scope
            if part is not None:
                yield str(part)


def _narrowed(scope: DataScope, rule: ConsentRule) -> DataScope | None:
    """As much of a scope as one rule gives; None if that is nothing, or cannot be said."""
    day, wanted = DAY_OF[scope.whole], _codes(scope)
    sides = _sides(scope, day)
    first = max(sides.get("ge", EARLIEST), rule.period_from)
    last = min(sides.get("le", rule.period_to), rule.period_to)
    codes = sorted(set(wanted or rule.codes).intersection(rule.codes or wanted))
    unsaid = rule.labels or rule.items or (not codes and (wanted or rule.codes))
    if first > last or unsaid:
        return None
    rest = [pair for pair in scope.by if pair[0] not in {day, CODE}]
    by = [*rest, *_between(day, first, last), *([(CODE, ",".join(codes))] if codes else [])]
    return scope._replace(by=tuple(sorted(by)))
