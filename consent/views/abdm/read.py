"""Artefacts of ABDM as terms. What they say and terms cannot is refused, not dropped."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from urllib.parse import unquote
from uuid import UUID

from consent.japan import JST
from consent.model import (
    ConsentRule,
    DeclaredPurpose,
    Notice,
    Recipient,
    State,
    Supervision,
    Terms,
    Usage,
)
from consent.views import states
from consent.views.abdm.words import MODES, PURPOSES, UNITS, Words
from consent.views.meaning import UNDECLARED, Understood
from consent.views.plainest import ERASED_AT_ONCE, ERASING
from consent.views.reading import Node

_ABOUT = {"schemaVersion", "consentId", "patient", "consentManager", "hip", "hiu"}
_MEANT = {"createdAt", "purpose", "requester", "hiTypes", "careContexts", "permission"}
_OURS = re.compile(rf"{re.escape(PURPOSES)}(?P<code>[^/]+)/(?P<version>[0-9]{{1,9}})")
_REPEATS_MAX = 1_000_000


def read(document: object, words: Words) -> Understood:
    """What an artefact means here, or a list of them that differ in their records only.

    Raises NotUnderstoodError, with the path, where terms could say it only by giving more.
    """
    root = Node(document)
    artefacts = root.parts() if isinstance(document, list) else [root]
    (terms, state), *others = (_read(one, words) for one in artefacts)
    rules = list(terms.rules)
    for other, its_state in others:
        if (replace(other, rules=terms.rules), its_state) != (terms, state):
            raise root.wrong("the artefacts differ in more than their records")
        rules += other.rules
    return Understood(replace(terms, rules=tuple(rules)), state, ignored=tuple(root.ignored))


def _read(artefact: Node, words: Words) -> tuple[Terms, State]:
    artefact.only({"status", "consentDetail"}, {"signature"})
    detail = artefact.member("consentDetail")
    detail.only(_ABOUT | _MEANT, {"lastUpdated"})
    permission = detail.member("permission")
    permission.only({"accessMode", "dateRange", "dataEraseAt", "frequency"})
    who = detail.member("requester").member("name").text()
    terms = Terms(
        rules=_rules(detail, permission.member("dateRange"), words),
        purpose=_purpose(detail.member("purpose"), words),
        recipients=(Recipient(who, words.country),),
        valid_from=detail.member("createdAt").instant(),
        valid_until=_until(permission.member("dataEraseAt")),
        notice=Notice("", ""),
        supervision=Supervision(""),
        actions=permission.member("accessMode").one_of(MODES),
        usage=_usage(permission.optional("frequency")),
        retention=ERASED_AT_ONCE,
    )
    with permission.held_to_the_rules():
        terms.check()
    return terms, artefact.member("status").one_of(states.ABDM.read)


def _until(erased: Node) -> datetime:
    """Until when data may be fetched, so that there is time to erase what came last."""
    try:
        return erased.instant() - ERASING
    except OverflowError:
        raise erased.wrong("lies before all time") from None


def _rules(detail: Node, days: Node, words: Words) -> tuple[ConsentRule, ...]:
    days.only({"from", "to"})
    first, last = _first_day(days.member("from")), _last_day(days.member("to"))
    categories = _turned(words.hi_types)
    items = tuple(map(_item, detail.optional_parts("careContexts")))
    with days.held_to_the_rules():
        return tuple(
            ConsentRule(part.one_of(categories), first, last, items=items)
            for part in detail.member("hiTypes").parts()
        )


def _first_day(begins: Node) -> date:
    """The first day that lies in the range as a whole."""
    at, day = _in_japan(begins, begins.instant())
    return day + timedelta(days=1) if at.time() != at.time().min else day


def _last_day(ends: Node) -> date:
    _, day = _in_japan(ends, ends.end())
    return day - timedelta(days=1)


def _in_japan(node: Node, instant: datetime) -> tuple[datetime, date]:
    try:
        at = instant.astimezone(JST)
    except OverflowError:
        raise node.wrong("lies outside of all time") from None
    if not date.min < at.date() < date.max:
        raise node.wrong("lies outside of all time")
    return at, at.date()


def _item(context: Node) -> UUID:
    context.only({"patientReference", "careContextReference"})
    reference = context.member("careContextReference")
    try:
        item = UUID(reference.text())
    except ValueError:
        item = None
    if item is None or item.urn != reference.text():
        raise reference.wrong("is no record that could be known here")
    return item


def _purpose(purpose: Node, words: Words) -> DeclaredPurpose:
    purpose.only({"text", "code", "refUri"})
    code = purpose.member("code").one_of(_turned(words.purposes))
    text = purpose.member("text").text()
    uri = purpose.optional("refUri")
    ours = None if uri is None else _OURS.fullmatch(uri.text())
    if ours is None:
        return DeclaredPurpose(code, text, UNDECLARED)
    if unquote(ours["code"]) != code:
        raise purpose.wrong("its code and its URI name two purposes")
    return DeclaredPurpose(code, text, int(ours["version"]))


def _usage(frequency: Node | None) -> Usage:
    """A frequency at its strictest: one use, and each repeat of it so long after another."""
    if frequency is None:
        return Usage()
    frequency.only({"unit", "value", "repeats"})
    interval = frequency.member("value").whole(most=1000)
    return Usage(
        frequency.member("repeats").whole(most=_REPEATS_MAX) + 1,
        interval * frequency.member("unit").one_of(UNITS),
    )


def _turned(table: Mapping[str, str]) -> dict[str, str]:
    return {word: one for one, word in table.items()}
