"""What was granted, as authorization details (RFC 9396) say it."""

from collections.abc import Mapping

from consent.model.rules import Action, ConsentRule
from consent.model.terms import Retention, Terms

DETAIL_TYPE = "phr_access"

Detail = Mapping[str, object]


def granted_details(terms: Terms) -> tuple[Detail, ...]:
    """What was granted as RFC 9396 authorization details, one object per period and condition.

    A member that is not there says what it says in a request that leaves it out.
    """
    alike: dict[tuple[object, ...], list[ConsentRule]] = {}
    for rule in terms.rules:
        if rule.permits:
            key = (rule.period_from, rule.period_to, rule.rolling_days, rule.codes, rule.labels)
            alike.setdefault(key, []).append(rule)
    common = {
        "purpose": terms.purpose.code,
        "recipients": [one.name for one in terms.recipients],
        **_limits(terms),
    }
    return tuple(
        {
            "type": DETAIL_TYPE,
            "categories": sorted({rule.category for rule in rules}),
            **_conditions(rules[0]),
            **common,
        }
        for _, rules in sorted(alike.items(), key=lambda one: one[0])
    )


def _conditions(rule: ConsentRule) -> dict[str, object]:
    period: dict[str, object] = {
        "from": rule.period_from.isoformat(),
        "to": rule.period_to.isoformat(),
    }
    if rule.rolling_days:
        period["rolling_days"] = rule.rolling_days
    lists = {"codes": list(rule.codes), "labels": list(rule.labels)}
    return {"period": period, **{name: held for name, held in lists.items() if held}}


def _limits(terms: Terms) -> dict[str, object]:
    """Terms that are not the usual ones."""
    said: dict[str, object] = {}
    if terms.actions != {Action.VIEW}:
        said["actions"] = sorted(terms.actions)
    if terms.usage.limited:
        interval = int(terms.usage.min_interval.total_seconds())
        said["usage"] = {"max_uses": terms.usage.max_uses, "min_interval": interval}
    retention = terms.retention
    if retention != Retention():
        said["retention"] = _kept(retention)
    if terms.research_terms:
        said["research_terms"] = list(terms.research_terms)
    if terms.minimum_cell:
        said["minimum_cell"] = terms.minimum_cell
    return said


def _kept(retention: Retention) -> dict[str, object]:
    said: dict[str, object] = {
        "on_withdrawal": retention.on_withdrawal.value,
        "deadline_days": retention.deadline.days,
    }
    if retention.erase_after is not None:
        said["erase_after_days"] = retention.erase_after.days
    return said
