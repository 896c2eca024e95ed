"""The decision on access without consent; its only inputs are its arguments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.catalogue import LegalBasis
from consent.model import Prohibition, Prohibitor
from consent.without.objections import Objection
from consent.without.reason import is_readable, substance
from consent.without.rules import RULES, Policy, Rule

_NO_APP = ""  # no app's id; what is prohibited to one app says nothing of an authority


@dataclass(frozen=True, slots=True)
class Wish:
    """An officer of an authority wants data of a person without asking them.

    `lasts` is for how long, `told_after` how much later than now the person shall hear of it.
    """

    basis: LegalBasis
    authority: str
    officer: str
    reason: str
    categories: frozenset[str]
    lasts: timedelta = timedelta(hours=1)
    told_after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the decision needs to know of the person.

    `notified_at` is when they were first notified of use for medical research, None if never.
    """

    prohibitions: Sequence[Prohibition] = ()
    notified_at: datetime | None = None
    opted_out: bool = False
    registered: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """The officer may look until `until`; the person is shown it from `told_from` on, and
    somebody else must have reviewed it by `review_by`."""

    until: datetime
    told_from: datetime
    review_by: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The officer may not look, for the first objection there is."""

    objection: Objection


def decide_without(
    wish: Wish, person: Circumstances, policy: Policy, now: datetime
) -> Allowed | Refused:
    """Whether a wish may be fulfilled now, by the rule of its basis."""
    rule = RULES.get(wish.basis)
    if rule is None:
        return Refused(Objection.NO_BASIS)
    objections = (
        *_to_the_form(wish, rule),
        *_to_the_reach(wish, rule, policy),
        *_of_the_person(wish, rule, person, policy, now),
    )
    if objections:
        return Refused(objections[0])
    return Allowed(now + wish.lasts, now + wish.told_after, now + rule.reviewed_within)


def _to_the_form(wish: Wish, rule: Rule) -> Iterator[Objection]:
    """Who wants it, and why, must be said."""
    if not wish.authority.strip():
        yield Objection.NO_AUTHORITY
    if not wish.officer.strip():
        yield Objection.NO_OFFICER
    if substance(wish.reason) < rule.reason_length:
        yield Objection.NO_REASON
    if not all(map(is_readable, (wish.authority, wish.officer, wish.reason))):
        yield Objection.NUMBER_IN_TEXT


def _to_the_reach(wish: Wish, rule: Rule, policy: Policy) -> Iterator[Objection]:
    if not wish.categories:
        yield Objection.NO_CATEGORY
    if rule.health_only and not wish.categories <= policy.health:
        yield Objection.BEYOND_BASIS
    if not timedelta(0) < wish.lasts <= rule.lasts:
        yield Objection.TOO_LONG
    if not timedelta(0) <= wish.told_after <= policy.latest_notice(wish.basis):
        yield Objection.TOLD_TOO_LATE


def _of_the_person(
    wish: Wish, rule: Rule, person: Circumstances, policy: Policy, now: datetime
) -> Iterator[Objection]:
    """What they registered for, were told of and object to; and what a court says.

    What the person or an authority prohibits binds consents; only a court's word binds a law.
    """
    if rule.registered and not person.registered:
        yield Objection.NOT_REGISTERED
    if rule.notified:
        if person.notified_at is None:
            yield Objection.NOT_NOTIFIED
        elif now < person.notified_at + policy.notice_beforehand:
            yield Objection.JUST_NOTIFIED
        if person.opted_out:
            yield Objection.OPTED_OUT
    if any(
        one.by is Prohibitor.COURT and one.covers(_NO_APP, category)
        for one in person.prohibitions
        for category in wish.categories
    ):
        yield Objection.COURT_ORDER
