"""The rule of consent: who may have what, now.

`decide` is pure: same arguments, same answer, whatever the order of the consents. A prohibition
wins over every consent. Of each arrangement only the newest version that was ever granted
counts, and what it keeps back none of its own rules gives; across arrangements of one app, what
they give adds up. A version is judged by the checks in the order of `Reason`, and the first
that fails ends it. Without a consent the answer is no.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from consent.japan import day_of
from consent.model import (
    ConsentVersion,
    OnwardTransfer,
    Prohibition,
    Status,
    standing,
)
from consent.policy.filter import NOTHING, Filter, Share, share, union
from consent.policy.obligations import Consume, MinimumCell, Notify, Obligation, Redact
from consent.policy.reasons import Reason
from consent.policy.request import AccessRequest


class Step(NamedTuple):
    """What a decision made of one consent version: a reason against it, or what it gives.

    What it gives is of the categories asked for only.
    """

    arrangement_id: UUID
    version_id: UUID
    reason: Reason | None
    gives: Share = NOTHING
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """Access within `filter`, if every obligation is met.

    `withheld` are the categories asked for and not given.
    """

    filter: Filter
    obligations: frozenset[Obligation]
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

_BY_VERSION = attrgetter("version_id.int")
_RANK = {reason: rank for rank, reason in enumerate(Reason)}
_BY_STATUS = {
    Status.WITHDRAWN: Reason.WITHDRAWN,
    Status.SUPERSEDED: Reason.REPLACED,
    Status.REVOKED: Reason.REVOKED,
    Status.INVALIDATED: Reason.INVALIDATED,
    Status.LAPSED: Reason.LAPSED,
    Status.SUSPENDED: Reason.SUSPENDED,
    Status.NOT_YET_VALID: Reason.NOT_YET_VALID,
    Status.EXPIRED: Reason.EXPIRED,
}


def decide(
    request: AccessRequest,
    consents: Sequence[ConsentVersion],
    now: datetime,
    prohibitions: Sequence[Prohibition] = (),
) -> Decision:
    """Judge one access. `consents` and `prohibitions` are the resident's, in any order."""
    bound = [
        version
        for version in consents
        if version.app_id == request.app_id and _is_bound(request, version)
    ]
    if not bound:
        return Deny(_without_party(request, consents), ())
    free = _free(request, prohibitions)
    if request.categories and not free:
        return Deny(Reason.PROHIBITED, ())
    today = day_of(now)
    steps = [_step(request, free, version, now, today) for version in standing(bound)]
    trace = tuple(sorted(steps, key=_BY_VERSION))
    given = union([step.gives for step in trace])
    if not given.shares:
        return Deny(_nearest(trace), trace)
    obligations = frozenset([one for step in trace for one in step.obligations])
    return Permit(given, obligations, request.categories - given.categories, trace)


def _is_bound(request: AccessRequest, version: ConsentVersion) -> bool:
    named = request.arrangement_id
    return (
        named is None or named == version.arrangement_id
    ) and version.resident_id == request.resident_id


def _without_party(request: AccessRequest, consents: Iterable[ConsentVersion]) -> Reason:
    if any(version.arrangement_id == request.arrangement_id for version in consents):
        return Reason.OTHER_PARTY
    return Reason.NO_CONSENT


def _free(request: AccessRequest, prohibitions: Sequence[Prohibition]) -> frozenset[str]:
    """The categories asked for that nothing prohibits."""
    if not prohibitions:
        return request.categories
    closed = {
        category
        for one in prohibitions
        for category in request.categories
        if one.covers(request.app_id, category)
    }
    return request.categories - closed


def _step(
    request: AccessRequest,
    free: frozenset[str],
    version: ConsentVersion,
    now: datetime,
    today: date,
) -> Step:
    named = (version.arrangement_id, version.id)
    reason = _objection(request, version, now)
    if reason is not None:
        return Step(*named, reason)
    gives = share(version.terms.rules, free, today)
    if not gives.allowances:
        return Step(*named, Reason.OTHER_CATEGORY)
    return Step(*named, None, gives, tuple(_obligations(request, version, gives)))


def _objection(request: AccessRequest, version: ConsentVersion, now: datetime) -> Reason | None:
    if request.version_id is not None and request.version_id != version.id:
        return Reason.REPLACED
    status = version.status(now)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return _other_wish(request, version) or _used_up(request, version, now)


def _other_wish(request: AccessRequest, version: ConsentVersion) -> Reason | None:
    terms = version.terms
    if not _may_receive(request.recipient, version):
        return Reason.OTHER_RECIPIENT
    if request.purpose is not None and request.purpose != terms.purpose.code:
        return Reason.OTHER_PURPOSE
    if request.declared not in (None, terms.purpose.version):
        return Reason.PURPOSE_CHANGED
    if request.action not in terms.actions:
        return Reason.OTHER_ACTION
    return None


def _may_receive(recipient: str | None, version: ConsentVersion) -> bool:
    terms = version.terms
    return (
        recipient is None
        or terms.onward_transfer is OnwardTransfer.ANY_NOTIFIED
        or terms.names(recipient)
    )


def _used_up(request: AccessRequest, version: ConsentVersion, now: datetime) -> Reason | None:
    if version.id in request.begun or not version.terms.usage.limited:
        return None
    if version.status(now) is Status.EXHAUSTED:
        return Reason.EXHAUSTED
    next_use = version.next_use_at
    return Reason.TOO_SOON if next_use is not None and now < next_use else None


def _obligations(
    request: AccessRequest, version: ConsentVersion, gives: Share
) -> Iterator[Obligation]:
    terms = version.terms
    if terms.usage.limited and version.id not in request.begun:
        yield Consume(version.id)
    if gives.kept_back:
        yield Redact(version.id)
    if request.recipient is not None and not terms.names(request.recipient):
        yield Notify(request.recipient)
    if terms.minimum_cell:
        yield MinimumCell(terms.minimum_cell)


def _nearest(trace: tuple[Step, ...]) -> Reason:
    reasons = (step.reason for step in trace if step.reason is not None)
    return max(reasons, key=_RANK.__getitem__, default=Reason.NO_CONSENT)
