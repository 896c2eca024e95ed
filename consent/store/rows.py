"""Between rows of the tables and values of the model."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from consent.instants import instant, seconds
from consent.model import (
    Actor,
    Arrangement,
    ConsentVersion,
    Evidence,
    Granter,
    Role,
    State,
)
from consent.model.plain import plain_rules, plain_terms, rules_of, terms_of


def optional_seconds(at: datetime | None) -> int | None:
    """An instant as Unix seconds, where there is one."""
    return None if at is None else seconds(at)


def optional_instant(at: int | None) -> datetime | None:
    """Unix seconds as an aware UTC instant, where there are any."""
    return None if at is None else instant(at)


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
        "asked": json.dumps(plain_rules(version.asked)),
        "terms": json.dumps(plain_terms(version.terms), ensure_ascii=False),
        "evidence": _evidence_json(version.evidence),
        "valid_from_at": seconds(version.terms.valid_from),
        "valid_until_at": seconds(version.terms.valid_until),
        "state": version.state.value,
        "answered_at": seconds(version.answered_at),
        "state_since_at": seconds(version.state_since),
        "state_by": version.state_by.value,
        **state_as(version.state_as),
        "granter_role": version.granter.role.value,
        "mandate_id": version.granter.mandate_id,
        "lapses_at": optional_seconds(version.granter.lapses_at),
        "uses": version.uses,
        "used_at": optional_seconds(version.used_at),
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
        asked=rules_of(json.loads(row.asked)),
        terms=terms_of(
            json.loads(row.terms), instant(row.valid_from_at), instant(row.valid_until_at)
        ),
        evidence=_evidence(row.evidence),
        state=State(row.state),
        answered_at=instant(row.answered_at),
        state_since=instant(row.state_since_at),
        granter=Granter(
            Role(row.granter_role), row.mandate_id, optional_instant(row.lapses_at)
        ),
        state_by=Actor(row.state_by),
        state_as=Granter(Role(row.state_as), row.state_mandate_id),
        uses=row.uses,
        used_at=optional_instant(row.used_at),
    )


def state_as(acting: Granter) -> dict[str, object]:
    """The columns of as what the person's side brought a state about."""
    return {"state_as": acting.role.value, "state_mandate_id": acting.mandate_id}


def _evidence_json(evidence: Evidence) -> str:
    mac = evidence.certificate_mac
    known = [evidence.channel, evidence.authentication, None if mac is None else mac.hex()]
    signed = [evidence.signed_with, evidence.statement_sha256, evidence.signature_sha256]
    if evidence.assisted_by:
        return json.dumps([*known, *signed, evidence.assisted_by], ensure_ascii=False)
    return json.dumps(known + signed if evidence.signed_with else known)


def _evidence(stored: str) -> Evidence:
    channel, authentication, mac, *signed = json.loads(stored)
    known = None if mac is None else bytes.fromhex(mac)
    return Evidence(channel, authentication, known, *signed)
