"""What a Consent says by extensions: an unknown modifier is refused, another ignored."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from consent.model import (
    Notice,
    OnWithdrawal,
    Retention,
    Supervision,
    Usage,
)
from consent.views.fhir import words
from consent.views.reading import Node

_ENDINGS = {one.value: one for one in OnWithdrawal}
_ROOT = (words.APP, words.ONWARD_TRANSFER, words.SUPERVISION, words.NOTICE)
_LIMITS = (words.USAGE, words.MINIMUM_CELL, words.RETENTION, words.RESEARCH_TERM)


class Described(NamedTuple):
    """What the plain extensions of a resource say."""

    notice: Notice
    supervision: Supervision
    onward_transfer: Node | None


class Limits(NamedTuple):
    """What the modifier extensions of the root provision say, and how far it is used up."""

    usage: Usage
    uses: int
    used_at: datetime | None
    retention: Retention
    minimum_cell: int
    research_terms: tuple[str, ...]


class Modifiers(NamedTuple):
    """What the modifier extensions of a rule say."""

    rolling_days: int
    labels_exactly: bool


def described(root: Node) -> Described:
    """Read the plain extensions of the resource; a notice nobody names is an empty one."""
    found: dict[str, Node] = {}
    for one in root.optional_parts("extension"):
        url = one.member("url").text()
        if url not in _ROOT:
            one.ignored.append(one.path)
        elif url in found:
            raise one.wrong("is said twice")
        found[url] = one
    notice = _parts(found.get(words.NOTICE), {"version", "language", "variant"})
    parts = {"officer", "authority", "ethicsApproval", "reviewer"}
    watched = _parts(found.get(words.SUPERVISION), parts)
    onward = found.get(words.ONWARD_TRANSFER)
    return Described(
        Notice(_text(notice, "version"), _text(notice, "language"), _text(notice, "variant")),
        Supervision(
            _text(watched, "officer"),
            _text(watched, "authority"),
            _text(watched, "ethicsApproval"),
            _text(watched, "reviewer"),
        ),
        None if onward is None else onward.member("valueCode"),
    )


def limits(provision: Node) -> Limits:
    """Read the modifier extensions of the root provision."""
    found: dict[str, Node] = {}
    terms = []
    for one in provision.optional_parts("modifierExtension"):
        url = _known(one, _LIMITS)
        if url == words.RESEARCH_TERM:
            terms.append(one.member("valueString").text())
        elif url in found:
            raise one.wrong("is said twice")
        else:
            found[url] = one
    usage, uses, used_at = _usage(found.get(words.USAGE))
    cell = found.get(words.MINIMUM_CELL)
    return Limits(
        usage,
        uses,
        used_at,
        _retention(found.get(words.RETENTION)),
        0 if cell is None else cell.member("valuePositiveInt").whole(1),
        tuple(terms),
    )


def modifiers(rule: Node) -> Modifiers:
    """Read the modifier extensions of a rule."""
    found: dict[str, Node] = {}
    for one in rule.optional_parts("modifierExtension"):
        url = _known(one, (words.ROLLING_DAYS, words.LABEL_MATCH))
        if found.setdefault(url, one) is not one:
            raise one.wrong("is said twice")
    days, match = found.get(words.ROLLING_DAYS), found.get(words.LABEL_MATCH)
    if match is not None:
        match.member("valueCode").one_of({words.EXACTLY_ANY: None})
    return Modifiers(
        0 if days is None else days.member("valuePositiveInt").whole(1), match is not None
    )


def _usage(extension: Node | None) -> tuple[Usage, int, datetime | None]:
    parts = _parts(extension, {"maxUses", "minInterval", "uses", "usedAt"})
    if extension is not None and not {"maxUses", "minInterval"} & parts.keys():
        raise extension.wrong("limits nothing")
    most, used_at = parts.get("maxUses"), parts.get("usedAt")
    usage = Usage(
        None if most is None else most.member("valueInteger").whole(1),
        timedelta(seconds=_number(parts, "minInterval")),
    )
    return (
        usage,
        _number(parts, "uses"),
        None if used_at is None else used_at.member("valueString").instant(),
    )


def _retention(extension: Node | None) -> Retention:
    if extension is None:
        return Retention()
    parts = _parts(extension, {"eraseAfter", "onWithdrawal", "deadline"})
    for name in ("onWithdrawal", "deadline"):
        if name not in parts:
            raise extension.wrong(f"{name} is missing")
    after = parts.get("eraseAfter")
    return Retention(
        None if after is None else timedelta(seconds=after.member("valueInteger").whole(1)),
        parts["onWithdrawal"].member("valueString").one_of(_ENDINGS),
        timedelta(seconds=parts["deadline"].member("valueInteger").whole(1)),
    )


def _parts(extension: Node | None, known: set[str]) -> Mapping[str, Node]:
    """The parts of an extension by their names, each known and said once."""
    found: dict[str, Node] = {}
    if extension is None:
        return found
    extension.only({"id", "url", "extension"})
    for part in extension.optional_parts("extension"):
        name = part.member("url").text()
        if name not in known or name in found:
            raise part.wrong(f"{name!r} is not known, or is said twice")
        part.only({"id", "url", "valueString", "valueInteger"})
        found[name] = part
    return found


def _known(extension: Node, urls: tuple[str, ...]) -> str:
    url = extension.member("url").text()
    if url not in urls:
        raise extension.wrong(f"{url} changes the meaning in a way not known here")
    return url


def _text(parts: Mapping[str, Node], name: str) -> str:
    return parts[name].member("valueString").text() if name in parts else ""


def _number(parts: Mapping[str, Node], name: str) -> int:
    return parts[name].member("valueInteger").whole() if name in parts else 0
