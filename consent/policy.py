"""The rule of consent: who may have what, now.

`decide` is pure: same arguments, same answer, whatever the order of the consents. Of each
arrangement only the newest version that was ever granted counts; across arrangements of one
app what they give adds up. A version is judged by the checks in the order of `Reason`, and the
first that fails ends it. Without a consent the answer is no.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from consent.model import Action, ConsentRule, ConsentVersion, Status, standing


@unique
class Reason(StrEnum):
    """Why access is refused, from the check that is made first to the one that is made last."""

    NO_CONSENT = "no_consent"
    OTHER_PARTY = "other_party"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_PURPOSE = "other_purpose"
    OTHER_ACTION = "other_action"
    OTHER_CATEGORY = "other_category"

    @property
    def sentence_ja(self) -> str:
        return _SENTENCES[self][0]

    @property
    def sentence_en(self) -> str:
        return _SENTENCES[self][1]


_SENTENCES = {
    Reason.NO_CONSENT: ("同意がありません。", "There is no consent."),
    Reason.OTHER_PARTY: (
        "この同意は、別の方または別の事業者についてのものです。",
        "The consent is another person's or another app's.",
    ),
    Reason.REPLACED: (
        "この同意は、新しい同意に置き換えられています。",
        "A newer consent has replaced this one.",
    ),
    Reason.WITHDRAWN: ("この同意は撤回されています。", "The consent was withdrawn."),
    Reason.NOT_YET_VALID: (
        "同意の有効期間がまだ始まっていません。",
        "The consent is not valid yet.",
    ),
    Reason.EXPIRED: ("同意の有効期間が終了しています。", "The consent has run out."),
    Reason.OTHER_RECIPIENT: (
        "この提供先への提供には同意していません。",
        "The consent does not name this recipient.",
    ),
    Reason.OTHER_PURPOSE: (
        "同意した利用目的と異なります。",
        "The consent was given for another purpose.",
    ),
    Reason.OTHER_ACTION: (
        "このような取扱いには同意していません。",
        "The consent does not allow this use.",
    ),
    Reason.OTHER_CATEGORY: (
        "求められた種類の情報の提供には同意していません。",
        "The consent gives none of the data asked for.",
    ),
}


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """An app's wish to act on categories of a resident's data.

    A token's request names the arrangement and the version it was derived from, and reaches no
    further. With `arrangement_id` None, all arrangements of the app count. `recipient` is the
    organisation that receives the data, where it is not the app itself.
    """

    resident_id: UUID
    app_id: str
    categories: frozenset[str]
    arrangement_id: UUID | None = None
    version_id: UUID | None = None
    purpose: str | None = None
    recipient: str | None = None
    action: Action = Action.VIEW


@dataclass(frozen=True, slots=True)
class Allowance:
    """A category and a period, both days included."""

    category: str
    period_from: date
    period_to: date


@dataclass(frozen=True, slots=True)
class Filter:
    """All that may be read: sorted allowances whose periods, within a category, never touch."""

    allowances: tuple[Allowance, ...]

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(allowance.category for allowance in self.allowances)

    def admits(self, category: str, on: date) -> bool:
        """Whether a datum of `category` that belongs to the day `on` may be read."""
        return any(
            allowance.category == category
            and allowance.period_from <= on <= allowance.period_to
            for allowance in self.allowances
        )


class Step(NamedTuple):
    """What a decision made of one consent version: a reason against it, or what it gives."""

    arrangement_id: UUID
    version_id: UUID
    reason: Reason | None
    rules: tuple[ConsentRule, ...]


@dataclass(frozen=True, slots=True)
class Permit:
    """Access within `filter`; `withheld` are the categories asked for and not given."""

    filter: Filter
    withheld: frozenset[str]
    trace: tuple[Step, ...]

    @property
    def grounds(self) -> tuple[Step, ...]:
        """The steps the permit rests on; each names a version to be locked before release."""
        return tuple(step for step in self.trace if step.reason is None)


@dataclass(frozen=True, slots=True)
class Deny:
    """No access. `reason` is that of the version that came nearest to a permit."""

    reason: Reason
    trace: tuple[Step, ...]


Decision = Permit | Deny

_RANK = {reason: rank for rank, reason in enumerate(Reason)}
_BY_STATUS = {
    Status.WITHDRAWN: Reason.WITHDRAWN,
    Status.SUPERSEDED: Reason.REPLACED,
    Status.NOT_YET_VALID: Reason.NOT_YET_VALID,
    Status.EXPIRED: Reason.EXPIRED,
}


def decide(
    request: AccessRequest, consents: Sequence[ConsentVersion], now: datetime
) -> Decision:
    """Judge one access. `consents` are the resident's, in any order and any state."""
    bound = [
        version
        for version in consents
        if version.app_id == request.app_id and _is_bound(request, version)
    ]
    if not bound:
        return Deny(_without_party(request, consents), ())
    trace = tuple(
        sorted(
            (_step(request, version, now) for version in standing(bound)),
            key=attrgetter("version_id.int"),
        )
    )
    rules = [rule for step in trace for rule in step.rules]
    if not rules:
        return Deny(_nearest(trace), trace)
    given = Filter(_union(rules))
    return Permit(given, request.categories - given.categories, trace)


def _is_bound(request: AccessRequest, version: ConsentVersion) -> bool:
    named = request.arrangement_id
    return (
        named is None or named == version.arrangement_id
    ) and version.resident_id == request.resident_id


def _without_party(request: AccessRequest, consents: Iterable[ConsentVersion]) -> Reason:
    if any(version.arrangement_id == request.arrangement_id for version in consents):
        return Reason.OTHER_PARTY
    return Reason.NO_CONSENT


def _step(request: AccessRequest, version: ConsentVersion, now: datetime) -> Step:
    reason = _objection(request, version, now)
    rules: tuple[ConsentRule, ...] = ()
    if reason is None:
        rules = tuple(
            rule for rule in version.terms.rules if rule.category in request.categories
        )
        reason = None if rules else Reason.OTHER_CATEGORY
    return Step(version.arrangement_id, version.id, reason, rules)


def _objection(request: AccessRequest, version: ConsentVersion, now: datetime) -> Reason | None:
    terms = version.terms
    if request.version_id is not None and request.version_id != version.id:
        return Reason.REPLACED
    if (status := version.status(now)) is not Status.GRANTED:
        return _BY_STATUS[status]
    if request.recipient is not None and request.recipient not in terms.recipients:
        return Reason.OTHER_RECIPIENT
    if request.purpose is not None and request.purpose != terms.purpose.code:
        return Reason.OTHER_PURPOSE
    if request.action not in terms.actions:
        return Reason.OTHER_ACTION
    return None


def _nearest(trace: tuple[Step, ...]) -> Reason:
    reasons = (step.reason for step in trace if step.reason is not None)
    return max(reasons, key=_RANK.__getitem__, default=Reason.NO_CONSENT)


def _union(rules: Iterable[ConsentRule]) -> tuple[Allowance, ...]:
    merged: list[Allowance] = []
    spans = {(rule.category, rule.period_from, rule.period_to) for rule in rules}
    for category, period_from, period_to in sorted(spans):
        last = merged[-1] if merged else None
        if (
            last is not None
            and last.category == category
            and (period_from - last.period_to).days <= 1
        ):
            merged[-1] = replace(last, period_to=max(last.period_to, period_to))
        else:
            merged.append(Allowance(category, period_from, period_to))
    return tuple(merged)
