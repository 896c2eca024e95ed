"""Rules and terms as plain values that JSON can hold, and back."""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from consent.catalogue import LegalBasis
from consent.model.rules import Action, ConsentRule, Effect
from consent.model.terms import (
    DeclaredPurpose,
    Notice,
    OnwardTransfer,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Supervision,
    Terms,
    Usage,
)


def plain_rules(rules: Iterable[ConsentRule]) -> list[dict[str, object]]:
    """Rules as JSON can hold them."""
    return [
        {
            "category": rule.category,
            "from": rule.period_from.isoformat(),
            "to": rule.period_to.isoformat(),
            "rolling_days": rule.rolling_days,
            "codes": rule.codes,
            "labels": rule.labels,
            "items": list(map(str, rule.items)),
            "effect": rule.effect,
        }
        for rule in rules
    ]


# Any, here and below: what JSON makes of values that this module wrote.
def rules_of(plain: Iterable[dict[str, Any]]) -> tuple[ConsentRule, ...]:
    """What `plain_rules` was made of."""
    return tuple(
        ConsentRule(
            rule["category"],
            date.fromisoformat(rule["from"]),
            date.fromisoformat(rule["to"]),
            rule["rolling_days"],
            tuple(rule["codes"]),
            tuple(rule["labels"]),
            tuple(map(UUID, rule["items"])),
            Effect(rule["effect"]),
        )
        for rule in plain
    )


def plain_recipients(recipients: Iterable[Recipient]) -> list[list[str]]:
    """Recipients as JSON can hold them."""
    return [[one.name, one.country, one.relation.value] for one in recipients]


def recipients_of(plain: Iterable[list[str]]) -> tuple[Recipient, ...]:
    """What `plain_recipients` was made of."""
    return tuple(
        Recipient(name, country, Relation(relation)) for name, country, relation in plain
    )


def plain_terms(terms: Terms) -> dict[str, object]:
    """Terms as JSON can hold them, but for from when until when they hold."""
    usage, retention = terms.usage, terms.retention
    return {
        "rules": plain_rules(terms.rules),
        "purpose": astuple(terms.purpose),
        "recipients": plain_recipients(terms.recipients),
        "notice": astuple(terms.notice),
        "supervision": _plain_supervision(terms.supervision),
        "actions": sorted(terms.actions),
        "legal_basis": terms.legal_basis,
        "onward_transfer": terms.onward_transfer,
        "usage": [usage.max_uses, _in_seconds(usage.min_interval)],
        "retention": [
            _in_seconds(retention.erase_after),
            retention.on_withdrawal,
            _in_seconds(retention.deadline),
        ],
        "research_terms": terms.research_terms,
        "minimum_cell": terms.minimum_cell,
    }


def terms_of(fields: dict[str, Any], valid_from: datetime, valid_until: datetime) -> Terms:
    """What `plain_terms` was made of, valid at these instants."""
    max_uses, min_interval = fields["usage"]
    erase_after, on_withdrawal, deadline = fields["retention"]
    return Terms(
        rules=rules_of(fields["rules"]),
        purpose=DeclaredPurpose(*fields["purpose"]),
        recipients=recipients_of(fields["recipients"]),
        valid_from=valid_from,
        valid_until=valid_until,
        notice=Notice(*fields["notice"]),
        supervision=Supervision(*fields["supervision"]),
        actions=frozenset(map(Action, fields["actions"])),
        legal_basis=LegalBasis(fields["legal_basis"]),
        onward_transfer=OnwardTransfer(fields["onward_transfer"]),
        usage=Usage(max_uses, timedelta(seconds=min_interval)),
        retention=Retention(
            None if erase_after is None else timedelta(seconds=erase_after),
            OnWithdrawal(on_withdrawal),
            timedelta(seconds=deadline),
        ),
        research_terms=tuple(fields["research_terms"]),
        minimum_cell=fields["minimum_cell"],
    )


def _plain_supervision(watched: Supervision) -> list[str]:
    """What earlier versions wrote stays as it is: a reviewer is there or is not."""
    named = [watched.officer, watched.authority, watched.ethics_approval]
    return [*named, watched.reviewer] if watched.reviewer else named


def _in_seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
