"""A consent as a SMART server tells of a token that is under it, and back.

The document is what introspection answers (RFC 7662; SMART App Launch 2.2): a period, a client,
and scopes of version 2, each narrowed to days by the search parameter of its resource type.
Scopes know neither purpose nor use: for no other client, nothing but to see it once.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from math import ceil
from typing import NamedTuple

from consent.errors import CannotSayError
from consent.instants import instant, seconds
from consent.model import (
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Notice,
    Recipient,
    State,
    Status,
    Supervision,
    Terms,
)
from consent.views.meaning import UNDECLARED, Json, Loss, Naming, Understood
from consent.views.plainest import ERASED_AT_ONCE, ending_in_time, left_of, plainest
from consent.views.reading import Node

LOSSES = (
    Loss("how it stands", "active or not; what is not active is read as withdrawn"),
    Loss("codes, labels, single records, rolling periods", "rules that have them give nothing"),
    Loss("rules that keep back", "nothing of their category is given"),
    Loss("data of no type that has a day", "not given"),
    Loss("a number of uses, or an interval between them", "cannot be said"),
    Loss("purpose", "none: where one is demanded, nothing is given"),
    Loss("recipients", "the client alone"),
    Loss("actions but to view", "not given"),
    Loss("erasure", "data are erased an hour after the end, or sooner"),
    Loss("other legal bases, minimum cell, research terms", "cannot be said"),
    Loss("notice, supervision, evidence, mandate", "left out"),
)

_MEANT = {"active", "scope", "client_id", "nbf", "exp"}
_ABOUT = {"sub", "patient"}
_DAYS = re.compile(r"(\w+)=ge([^&=]+)&(\w+)=le([^&=]+)")

Words = Mapping[str, Mapping[str, str]]
"""For each category the scopes that together are all of it, with the parameter for days."""


class _Named(NamedTuple):
    """A category, for all of these days."""

    category: str
    first: date
    last: date


def tell(version: ConsentVersion, now: datetime, words: Words, naming: Naming) -> Json:
    """`version` as it stands at `now`. Raises CannotSayError where less would not do."""
    terms = version.terms
    if terms.usage.limited:
        raise CannotSayError("usage", "scopes are good for any number of uses")
    rules = plainest(terms, lambda rule: not rule.items and rule.category in words)
    span = ending_in_time(terms, left_of(version))
    begins, ends = ceil(span.first.timestamp()), seconds(span.until)
    if ends <= begins:
        raise CannotSayError("validity", "no whole second is left in it")
    return {
        "active": version.status(now) in {Status.GRANTED, Status.NOT_YET_VALID},
        "scope": " ".join(scope for rule in rules for scope in _scopes(rule, words)),
        "client_id": version.app_id,
        "sub": naming.patient,
        "patient": naming.patient,
        "nbf": begins,
        "exp": ends,
    }


def _scopes(rule: ConsentRule, words: Words) -> Iterator[str]:
    for scope, parameter in words[rule.category].items():
        first, last = rule.period_from.isoformat(), rule.period_to.isoformat()
        yield f"{scope}?{parameter}=ge{first}&{parameter}=le{last}"


def read(document: object, words: Words) -> Understood:
    """What an introspected token means here.

    Raises NotUnderstoodError, with the path, where terms could say it only by giving more.
    """
    root = Node(document)
    root.only(_MEANT | _ABOUT)
    state = State.GRANTED if root.member("active").truth() else State.WITHDRAWN
    with root.held_to_the_rules():
        terms = Terms(
            rules=_rules(root.member("scope"), words),
            purpose=DeclaredPurpose("", "", UNDECLARED),
            recipients=(Recipient(root.member("client_id").text()),),
            valid_from=instant(root.member("nbf").whole()),
            valid_until=instant(root.member("exp").whole()),
            notice=Notice("", ""),
            supervision=Supervision(""),
            retention=ERASED_AT_ONCE,
        )
        terms.check()
    return Understood(terms, state, ignored=tuple(root.ignored))


def _rules(scope: Node, words: Words) -> tuple[ConsentRule, ...]:
    """A rule for each category and days that all scopes of the category name."""
    named: dict[_Named, set[str]] = defaultdict(set)
    for one in scope.text().split(" "):
        kind, _, narrowed = one.partition("?")
        named[_days(scope, kind, narrowed, words)].add(kind)
    for of, kinds in named.items():
        if kinds != words[of.category].keys():
            raise scope.wrong(f"gives a part of {of.category} only, which no rule can")
    return tuple(sorted(ConsentRule(*of) for of in named))


def _days(scope: Node, kind: str, narrowed: str, words: Words) -> _Named:
    category = next((one for one, kinds in words.items() if kind in kinds), None)
    if category is None:
        raise scope.wrong(f"{kind!r} is no kind of data here")
    match = _DAYS.fullmatch(narrowed)
    parameter = words[category][kind]
    if match is None or match[1] != parameter or match[3] != parameter:
        raise scope.wrong(f"{kind} is not narrowed to days, by {parameter}=ge and le, alone")
    first, last = (Node(match[place], scope.path).day() for place in (2, 4))
    return _Named(category, first, last)
