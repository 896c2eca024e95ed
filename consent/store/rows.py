"""Between rows of the tables and values of the model."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from consent.catalogue import LegalBasis
from consent.model import (
    Action,
    Arrangement,
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Evidence,
    Notice,
    State,
    Terms,
)


def seconds(at: datetime) -> int:
    """An instant as Unix seconds."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """Unix seconds as an aware UTC instant."""
    return datetime.fromtimestamp(at, UTC)


def arrangement_values(arrangement: Arrangement) -> dict[str, object]:
    """The columns of an arrangement."""
    return {
        "resident_id": arrangement.resident_id,
        "id": arrangement.id,
        "app_id": arrangement.app_id,
        "service": arrangement.service,
        "created_at": seconds(arrangement.created_at),
    }


# Any: a row's columns have no static types in Core.
def arrangement_of(row: Row[Any]) -> Arrangement:
    """The arrangement in a row."""
    return Arrangement(
        resident_id=row.resident_id,
        id=row.id,
        app_id=row.app_id,
        service=row.service,
        created_at=instant(row.created_at),
    )


def version_values(version: ConsentVersion) -> dict[str, object]:
    """The columns of a consent version."""
    return {
        "resident_id": version.resident_id,
        "id": version.id,
        "arrangement_id": version.arrangement_id,
        "number": version.number,
        "supersedes": version.supersedes,
        "app_id": version.app_id,
        "app_name": version.app_name,
        "asked": json.dumps(_rules_json(version.asked)),
        "terms": _terms_json(version.terms),
        "evidence": _evidence_json(version.evidence),
        "valid_from_at": seconds(version.terms.valid_from),
        "valid_until_at": seconds(version.terms.valid_until),
        "state": version.state.value,
        "answered_at": seconds(version.answered_at),
        "state_since_at": seconds(version.state_since),
    }


# The whole row is the key, so a version that changes is read anew; every access reads one.
@lru_cache(maxsize=2048)
def version_of(row: Row[Any]) -> ConsentVersion:
    """The consent version in a row."""
    return ConsentVersion(
        resident_id=row.resident_id,
        id=row.id,
        arrangement_id=row.arrangement_id,
        number=row.number,
        supersedes=row.supersedes,
        app_id=row.app_id,
        app_name=row.app_name,
        asked=_rules(json.loads(row.asked)),
        terms=_terms(row.terms, row.valid_from_at, row.valid_until_at),
        evidence=_evidence(row.evidence),
        state=State(row.state),
        answered_at=instant(row.answered_at),
        state_since=instant(row.state_since_at),
    )


def _rules_json(rules: Sequence[ConsentRule]) -> list[list[str]]:
    return [
        [rule.category, rule.period_from.isoformat(), rule.period_to.isoformat()]
        for rule in rules
    ]


def _rules(stored: list[list[str]]) -> tuple[ConsentRule, ...]:
    return tuple(
        ConsentRule(category, date.fromisoformat(first), date.fromisoformat(last))
        for category, first, last in stored
    )


def _terms_json(terms: Terms) -> str:
    return json.dumps(
        {
            "rules": _rules_json(terms.rules),
            "purpose": [terms.purpose.code, terms.purpose.text],
            "recipients": terms.recipients,
            "notice": [terms.notice.version, terms.notice.language],
            "supervisor": terms.supervisor,
            "actions": sorted(terms.actions),
            "legal_basis": terms.legal_basis,
        },
        ensure_ascii=False,
    )


def _terms(stored: str, valid_from_at: int, valid_until_at: int) -> Terms:
    fields = json.loads(stored)
    return Terms(
        rules=_rules(fields["rules"]),
        purpose=DeclaredPurpose(*fields["purpose"]),
        recipients=tuple(fields["recipients"]),
        valid_from=instant(valid_from_at),
        valid_until=instant(valid_until_at),
        notice=Notice(*fields["notice"]),
        supervisor=fields["supervisor"],
        actions=frozenset(map(Action, fields["actions"])),
        legal_basis=LegalBasis(fields["legal_basis"]),
    )


def _evidence_json(evidence: Evidence) -> str:
    mac = evidence.certificate_mac
    return json.dumps(
        [evidence.channel, evidence.authentication, None if mac is None else mac.hex()]
    )


def _evidence(stored: str) -> Evidence:
    channel, authentication, mac = json.loads(stored)
    return Evidence(channel, authentication, None if mac is None else bytes.fromhex(mac))
