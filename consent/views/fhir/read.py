"""A FHIR R4 Consent as terms. What it says and terms cannot is refused, not dropped."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import TypeVar
from uuid import UUID

from consent.model import (
    ConsentRule,
    DeclaredPurpose,
    Effect,
    OnwardTransfer,
    Recipient,
    State,
    Terms,
)
from consent.views import states
from consent.views.fhir import extensions, words
from consent.views.fhir.extensions import Limits
from consent.views.meaning import Understood
from consent.views.reading import Node

T = TypeVar("T")

_INDEX = {"resourceType", "id", "meta", "identifier", "dateTime", "patient", "performer"}
_MEANT = {"contained", "extension", "status", "scope", "category", "policyRule", "provision"}
_HARMLESS = {"text", "language", "organization", "sourceAttachment", "sourceReference"}
_CONTEXT = {"period", "actor", "action", "purpose", "provision", "modifierExtension"}
_RULE = {
    "type", "class", "code", "securityLabel", "dataPeriod", "data", "modifierExtension",
}  # fmt: skip
_DECLARATION = re.compile(r"[0-9]{1,9}")
_EFFECTS = {effect.value: effect for effect in Effect}
_ONWARD = {one.value: one for one in OnwardTransfer}
_STANDS = frozenset({State.REQUESTED, State.GRANTED})


def read(document: object) -> Understood:
    """What a Consent means here.

    Raises NotUnderstoodError, with the path, where terms could say it only by giving more.
    """
    root = Node(document)
    root.only(_INDEX | _MEANT, _HARMLESS)
    root.member("resourceType").one_of({"Consent": None})
    _check_whole(root)
    _concept(root.member("scope"), {words.SCOPE: None})
    _concept(root.member("category").sole(), {words.KIND: None})
    state = root.member("status").one_of(states.FHIR.read)
    provision = root.member("provision")
    _members(provision, _CONTEXT)
    limits = extensions.limits(provision)
    terms = _terms(root, provision, limits)
    if state in _STANDS:
        with provision.held_to_the_rules():
            terms.check()
    return Understood(terms, state, limits.uses, limits.used_at, tuple(root.ignored))


def _check_whole(root: Node) -> None:
    meta = root.optional("meta")
    for tag in [] if meta is None else meta.optional_parts("tag"):
        code = tag.optional("code")
        if code is not None and code.value == words.SUBSETTED.code:
            raise tag.wrong("the copy is not whole")


def _terms(root: Node, provision: Node, limits: Limits) -> Terms:
    period = provision.member("period")
    _members(period, {"start", "end"})
    described = extensions.described(root)
    onward = described.onward_transfer
    return Terms(
        rules=tuple(
            rule for part in provision.optional_parts("provision") for rule in _rules(part)
        ),
        purpose=_purpose(provision.member("purpose").sole()),
        recipients=_recipients(root, provision.member("actor")),
        valid_from=period.member("start").instant(),
        valid_until=period.member("end").end(),
        notice=described.notice,
        supervision=described.supervision,
        actions=frozenset(
            _concept(part, _turned(words.ACTIONS))
            for part in provision.member("action").parts()
        ),
        legal_basis=_concept(root.member("policyRule"), _turned(words.BASES)),
        onward_transfer=OnwardTransfer.PROHIBITED if onward is None else onward.one_of(_ONWARD),
        usage=limits.usage,
        retention=limits.retention,
        research_terms=limits.research_terms,
        minimum_cell=limits.minimum_cell,
    )


def _purpose(coding: Node) -> DeclaredPurpose:
    _members(coding, {"system", "version", "code", "display"})
    coding.member("system").one_of({words.PURPOSE: None})
    version = coding.member("version")
    if _DECLARATION.fullmatch(version.text()) is None:
        raise version.wrong("is no number of a declaration")
    return DeclaredPurpose(
        coding.member("code").text(), coding.member("display").text(), int(version.text())
    )


def _recipients(root: Node, actors: Node) -> tuple[Recipient, ...]:
    known: dict[str, Node] = {}
    for one in root.optional_parts("contained"):
        one.member("resourceType").one_of({"Organization": None})
        one.only({"resourceType", "id", "name", "address"})
        if known.setdefault(f"#{one.member('id').text()}", one) is not one:
            raise one.wrong("has the id of another")
    recipients = []
    for actor in actors.parts():
        _members(actor, {"role", "reference"})
        relation = _concept(actor.member("role"), _turned(words.RELATIONS))
        reference = actor.member("reference")
        _members(reference, {"reference"}, {"display"})
        organisation = reference.member("reference").one_of(known)
        country = organisation.member("address").sole().member("country").text()
        recipients.append(Recipient(organisation.member("name").text(), country, relation))
    return tuple(recipients)


def _rules(part: Node) -> list[ConsentRule]:
    """One rule for each class that a provision names."""
    _members(part, _RULE)
    effect = part.member("type").one_of(_EFFECTS)
    first, last = _period(part, effect)
    modifiers = extensions.modifiers(part)
    labels = _labels(part, effect, exactly=modifiers.labels_exactly)
    with part.held_to_the_rules():
        return [
            ConsentRule(
                category,
                first,
                last,
                modifiers.rolling_days,
                tuple(map(_code, part.optional_parts("code"))),
                labels,
                tuple(map(_item, part.optional_parts("data"))),
                effect,
            )
            for category in map(_category, part.member("class").parts())
        ]


def _period(part: Node, effect: Effect) -> tuple[date, date]:
    """The days a rule is about; what is denied without days is denied of all."""
    if effect is Effect.DENY and part.optional("dataPeriod") is None:
        return date.min, date.max
    period = part.member("dataPeriod")
    _members(period, {"start", "end"})
    return period.member("start").day(), period.member("end").day()


def _category(coding: Node) -> str:
    _members(coding, {"system", "code"}, {"display"})
    coding.member("system").one_of({words.CATEGORY: None})
    return coding.member("code").text()


def _code(concept: Node) -> str:
    _members(concept, {"coding"}, {"text"})
    return _token(concept.member("coding").sole())


def _labels(part: Node, effect: Effect, *, exactly: bool) -> tuple[str, ...]:
    """Labels as they are met here: each by itself alone, and one of them suffices.

    In FHIR a label means those too that it subsumes or, of confidentiality, that are lower.
    """
    found = part.optional("securityLabel")
    labels = () if found is None else tuple(map(_token, found.parts()))
    if found is not None and not exactly:
        if effect is Effect.DENY:
            raise found.wrong("denies what the labels subsume too, which none here does")
        if len(labels) > 1:
            raise found.wrong("it is open whether all or any must be met")
    return labels


def _token(coding: Node) -> str:
    _members(coding, {"system", "code"}, {"display", "version", "userSelected"})
    parts = (coding.optional("system"), coding.optional("code"))
    if parts == (None, None):
        raise coding.wrong("says no code")
    return "|".join("" if part is None else part.text() for part in parts)


def _item(data: Node) -> UUID:
    _members(data, {"meaning", "reference"})
    data.member("meaning").one_of({"instance": None})
    reference = data.member("reference")
    _members(reference, {"identifier"}, {"display"})
    value = reference.member("identifier").member("value")
    try:
        item = UUID(value.text())
    except ValueError:
        item = None
    if item is None or item.urn != value.text():
        raise value.wrong("is no record that could be known here")
    return item


def _concept(concept: Node, codes: Mapping[words.Code, T]) -> T:
    """What the one coding of a concept stands for."""
    _members(concept, {"coding"}, {"text"})
    coding = concept.member("coding").sole()
    _members(coding, {"system", "code"}, {"display"})
    code = words.Code(coding.member("system").text(), coding.member("code").text())
    if code not in codes:
        raise coding.wrong(f"{code.code!r} of {code.system} is not known here")
    return codes[code]


def _turned(table: Mapping[T, words.Code]) -> Mapping[words.Code, T]:
    return {code: one for one, code in table.items()}


def _members(node: Node, known: Collection[str], harmless: Collection[str] = ()) -> None:
    """As `only`, with what FHIR lets every element have and a reader pass over."""
    node.only({"id", *known}, {"extension", *harmless})
