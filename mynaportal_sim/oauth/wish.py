"""What an app's authorization details come to, for an app that may ask for it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from consent.model import (
    Action,
    ConsentRule,
    DeclaredPurpose,
    Notice,
    OnwardTransfer,
    Recipient,
    Relation,
    Retention,
    Supervision,
    Term,
    Terms,
    Usage,
)
from consent.model.plain import plain_terms, terms_of
from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth.details import Period, PhrAccess
from mynaportal_sim.oauth.errors import InvalidAuthorizationDetailsError

EARLIEST = date(1900, 1, 1)
YEARS_BACK = 5
YEARS_AHEAD = 1

T = TypeVar("T")
_NO_TIME = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a person, but for when it is asked and on which page."""

    rules: tuple[ConsentRule, ...]
    recipients: tuple[Recipient, ...]
    purpose: DeclaredPurpose
    term: Term
    usage: Usage
    actions: frozenset[Action]
    retention: Retention
    supervision: Supervision
    research_terms: tuple[str, ...] = ()
    minimum_cell: int = 0

    def terms(self, valid_from: datetime, valid_until: datetime, notice: Notice) -> Terms:
        """The terms that a person is asked to agree to."""
        others = any(one.relation is not Relation.RECIPIENT for one in self.recipients)
        return Terms(
            rules=self.rules,
            purpose=self.purpose,
            recipients=self.recipients,
            valid_from=valid_from,
            valid_until=valid_until,
            notice=notice,
            supervision=self.supervision,
            actions=self.actions,
            onward_transfer=OnwardTransfer.LISTED if others else OnwardTransfer.PROHIBITED,
            usage=self.usage,
            retention=self.retention,
            research_terms=self.research_terms,
            minimum_cell=self.minimum_cell,
        )

    def plain(self) -> dict[str, object]:
        """This wish as JSON can hold it."""
        terms = plain_terms(self.terms(_NO_TIME, _NO_TIME, Notice("", "")))
        return {"term": self.term, "terms": terms}

    # Any: what JSON makes of values that `plain` wrote.
    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Wish":
        """What `plain` was made of."""
        terms = terms_of(plain["terms"], _NO_TIME, _NO_TIME)
        return cls(
            terms.rules,
            terms.recipients,
            terms.purpose,
            Term(plain["term"]),
            terms.usage,
            terms.actions,
            terms.retention,
            terms.supervision,
            terms.research_terms,
            terms.minimum_cell,
        )


def wish(
    asked: list[PhrAccess],
    app: App,
    allowed: Collection[str],
    by_scope: Collection[ConsentRule],
    today: date,
) -> Wish:
    """What `asked`, and what scopes ask for beside it, come to.

    `allowed` are the categories this app may ask for. What scopes ask for counts where no
    object names its category.

    Raises:
        InvalidAuthorizationDetailsError: the app may not ask for this.
    """
    if any(detail.purpose not in (None, app.purpose.code) for detail in asked):
        raise InvalidAuthorizationDetailsError(
            f"purpose: this app has declared {app.purpose.code} and no other"
        )
    term = _same("term", asked, lambda one: one.term or Term.LINK, Term.LINK)
    return Wish(
        rules=_rules(asked, allowed, by_scope, today),
        recipients=_same(
            "recipients",
            asked,
            lambda one: _recipients(one, app),
            (Recipient(app.organisation),),
        ),
        purpose=app.purpose,
        term=term,
        usage=_same("usage", asked, lambda one: _usage(one, term), term.usage),
        actions=_same("actions", asked, _actions, frozenset({Action.VIEW})),
        retention=_same("retention", asked, _retention, Retention()),
        supervision=app.supervision,
        research_terms=_same("research_terms", asked, _research_terms, ()),
        minimum_cell=_same("minimum_cell", asked, lambda one: one.minimum_cell or 0, 0),
    )


def _same(
    name: str, asked: Iterable[PhrAccess], read: Callable[[PhrAccess], T], default: T
) -> T:
    """What every object says of something that a request says once."""
    found = {read(one) for one in asked} or {default}
    if len(found) > 1:
        raise InvalidAuthorizationDetailsError(f"{name}: the same in each object, please")
    return found.pop()


def _rules(
    asked: list[PhrAccess],
    allowed: Collection[str],
    by_scope: Collection[ConsentRule],
    today: date,
) -> tuple[ConsentRule, ...]:
    named = {category for detail in asked for category in detail.categories}
    unknown = named.difference(allowed)
    if unknown:
        raise InvalidAuthorizationDetailsError(
            f"categories: this app is not registered for {', '.join(sorted(unknown))}"
        )
    rest = {rule for rule in by_scope if rule.category not in named}
    return tuple(sorted(rest.union(*(_rules_of(detail, today) for detail in asked))))


def _rules_of(detail: PhrAccess, today: date) -> set[ConsentRule]:
    period = detail.period or Period()
    first, last = _days(period, today)
    return {
        ConsentRule(
            category,
            first,
            last,
            period.rolling_days or 0,
            tuple(sorted(set(detail.codes))),
            tuple(sorted(set(detail.labels))),
        )
        for category in detail.categories
    }


def _recipients(detail: PhrAccess, app: App) -> tuple[Recipient, ...]:
    """The app's organisation, and those of its registered recipients that are named."""
    known = {one.name: one for one in (Recipient(app.organisation), *app.recipients)}
    names = sorted(set(detail.recipients or ()) - {app.organisation})
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidAuthorizationDetailsError(
            f"recipients: this app has registered {', '.join(known)}, not {', '.join(unknown)}"
        )
    return (known[app.organisation], *(known[name] for name in names))


def _usage(detail: PhrAccess, term: Term) -> Usage:
    if detail.usage is None:
        return term.usage
    if term is Term.ONCE:
        raise InvalidAuthorizationDetailsError("usage: the term says once already")
    return Usage(detail.usage.max_uses, timedelta(seconds=detail.usage.min_interval))


def _actions(detail: PhrAccess) -> frozenset[Action]:
    return frozenset(detail.actions or ()) | {Action.VIEW}


def _research_terms(detail: PhrAccess) -> tuple[str, ...]:
    return tuple(sorted({one.value for one in detail.research_terms or ()}))


def _retention(detail: PhrAccess) -> Retention:
    wanted = detail.retention
    if wanted is None:
        return Retention()
    days = wanted.erase_after_days
    return Retention(
        None if days is None else timedelta(days=days),
        wanted.on_withdrawal,
        timedelta(days=wanted.deadline_days),
    )


def _days(period: Period, today: date) -> tuple[date, date]:
    """The first and the last day, which are both there or neither."""
    if period.first is None and period.last is None:
        return default_period(today)
    try:
        first = date.fromisoformat(period.first or "")
        last = date.fromisoformat(period.last or "")
    except ValueError:
        raise InvalidAuthorizationDetailsError(
            "period: from and to are two days of the calendar"
        ) from None
    if not EARLIEST <= first <= last <= default_period(today)[1]:
        raise InvalidAuthorizationDetailsError(
            f"period: must begin before it ends, within {EARLIEST} to the end of next year"
        )
    return first, last


def default_period(today: date) -> tuple[date, date]:
    """The days that are asked about where a request names none."""
    return date(today.year - YEARS_BACK, 1, 1), date(today.year + YEARS_AHEAD, 12, 31)
