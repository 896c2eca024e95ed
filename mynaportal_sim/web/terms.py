"""The terms of a question or a consent, in words."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from consent.model import (
    Action,
    ConsentRule,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Terms,
    Usage,
)
from mynaportal_sim.web.dates import DAY
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.research_terms import in_words, smallest_cell

_ACTIONS = {
    Action.VIEW: marked("show them to you"),
    Action.STORE: marked("keep them"),
    Action.DERIVE: marked("work out something new from them"),
    Action.DISCLOSE: marked("show them to others"),
    Action.TRAIN_MODEL: marked("train a computer model with them"),
}
_RELATIONS = {
    Relation.PROCESSOR: marked("%(name)s, which works for the app"),
    Relation.JOINT_USER: marked("%(name)s, which uses them jointly"),
}
_ON_WITHDRAWAL = {
    OnWithdrawal.DELETE: marked("deletes them within %(days)s days of the consent's end"),
    OnWithdrawal.DEIDENTIFY: marked(
        "takes out whose they are within %(days)s days of the consent's end"
    ),
    OnWithdrawal.KEEP_BY_LAW: marked("keeps them after the consent's end, as a law demands"),
}
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TermsOut:
    """What terms say beside data, purpose and time; what is empty or usual is left out."""

    others: list[str]
    abroad: list[str]
    authority: str
    ethics_approval: str
    reviewer: str
    actions: list[str]
    usage: str
    retention: str
    research_terms: list[str]
    statistics: str

    @classmethod
    def of(cls, terms: Terms, page: Page) -> "TermsOut":
        """`terms` in the reader's language."""
        return cls(
            others=[_recipient(one, page) for one in terms.recipients[1:]],
            abroad=sorted({one.country for one in terms.recipients if one.abroad}),
            authority=terms.supervision.authority,
            ethics_approval=terms.supervision.ethics_approval,
            reviewer=terms.supervision.reviewer,
            actions=[page.text(_ACTIONS[one]) for one in Action if one in terms.actions],
            usage=_usage(terms.usage, page),
            retention=_retention(terms.retention, page),
            research_terms=in_words(terms.research_terms, page),
            statistics=smallest_cell(terms.minimum_cell, page),
        )


def one_period(rules: Iterable[ConsentRule]) -> tuple[date, date] | None:
    """The days that all rules which give reach alike; None where they differ, or none gives."""
    found = {(rule.period_from, rule.period_to) for rule in rules if rule.permits}
    return found.pop() if len(found) == 1 else None


def periods(rules: Iterable[ConsentRule], page: Page) -> list[str]:
    """From when to when the rules that give reach, in words."""
    day, template = DAY[page.language], marked("%(from)s to %(to)s")
    said = [
        page.text(template, **{"from": day(rule.period_from), "to": day(rule.period_to)})
        for rule in rules
        if rule.permits
    ]
    return list(dict.fromkeys(said))


def narrowings(rules: Collection[ConsentRule], category: str, page: Page) -> list[str]:
    """What narrows the data of one category, with its days where they are not those of all."""
    own = [rule for rule in rules if rule.category == category]
    days = [] if one_period(rules) else periods(own, page)
    template = marked("Records of %(period)s")
    return [page.text(template, period=one) for one in days] + conditions(own, page)


def conditions(rules: Iterable[ConsentRule], page: Page) -> list[str]:
    """What narrows the data of one category beside the period, in words."""
    said: list[str] = []
    left_out: set[UUID] = set()
    for rule in rules:
        if rule.rolling_days:
            of_days = marked("Only of the last %(days)s days at each access")
            said.append(page.text(of_days, days=rule.rolling_days))
        held = [*rule.codes, *rule.labels]
        if held:
            template = (
                marked("Only what is marked %(codes)s")
                if rule.permits
                else marked("Nothing that is marked %(codes)s")
            )
            said.append(page.text(template, codes=", ".join(held)))
        if rule.items and rule.permits:
            said.append(page.text(marked("Only %(count)s records"), count=len(rule.items)))
        elif not rule.permits:
            left_out.update(rule.items)
    if left_out:
        said.append(page.text(marked("Records left out: %(count)s"), count=len(left_out)))
    return list(dict.fromkeys(said))


def _recipient(one: Recipient, page: Page) -> str:
    template = _RELATIONS.get(one.relation)
    return one.shown if template is None else page.text(template, name=one.shown)


def _usage(usage: Usage, page: Page) -> str:
    if usage.max_uses == 1:
        return page.text(marked("Once: the app fetches with one access key, and not again"))
    said = []
    if usage.max_uses is not None:
        said.append(page.text(marked("%(count)s times at most"), count=usage.max_uses))
    if usage.min_interval:
        said.append(_interval(usage.min_interval, page))
    return " / ".join(said)


def _interval(interval: timedelta, page: Page) -> str:
    if interval > _DAY and not interval % _DAY:
        return page.text(marked("once in %(days)s days"), days=interval // _DAY)
    hours = -(-interval // _HOUR)
    return page.text(marked("once in %(hours)s hours"), hours=hours)


def _retention(retention: Retention, page: Page) -> str:
    ends = page.text(_ON_WITHDRAWAL[retention.on_withdrawal], days=retention.deadline // _DAY)
    if retention.erase_after is None:
        return page.text(marked("It %(ends)s"), ends=ends)
    return page.text(
        marked("It deletes them %(days)s days after it got them, and %(ends)s"),
        days=retention.erase_after // _DAY,
        ends=ends,
    )
