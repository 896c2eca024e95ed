"""Erasures, stored. Functions take a connection first, never commit and hide rows."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select, update

from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.model import OnWithdrawal
from mynaportal_sim.erasure.model import Awaited, ErasureCase, State
from mynaportal_sim.erasure.tables import erasure_cases

_OF_APP = (
    select(erasure_cases)
    .where(
        erasure_cases.c.app_id == bindparam("app"),
        erasure_cases.c.version_id > bindparam("after"),
    )
    .order_by(erasure_cases.c.version_id)
    .limit(bindparam("most"))
)
_OPEN_OF_APP = _OF_APP.where(erasure_cases.c.state != State.ATTESTED.value)
_PAGE = (
    select(erasure_cases)
    .where(erasure_cases.c.app_id == bindparam("app"))
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
)
_BY_CERTIFICATE = _PAGE.where(erasure_cases.c.state == State.ATTESTED.value).order_by(
    erasure_cases.c.state_since_at.desc(), erasure_cases.c.version_id
)
_LOCKED = (
    select(erasure_cases)
    .where(
        erasure_cases.c.version_id == bindparam("version"),
        erasure_cases.c.app_id == bindparam("app"),
    )
    .with_for_update()
)
_OF_VERSIONS = select(erasure_cases).where(
    erasure_cases.c.version_id.in_(bindparam("versions", expanding=True))
)
_FIRST = UUID(int=0)
_ALL = 1_000_000


def add(connection: Connection, new: ErasureCase) -> bool:
    """Keep a new case; False when there is one of this version."""
    statement = (
        insert_once(erasure_cases, connection)
        .values(
            version_id=new.version_id,
            arrangement_id=new.arrangement_id,
            app_id=new.app_id,
            app_name=new.app_name,
            holder=new.holder,
            ended=new.ended,
            ended_at=seconds(new.ended_at),
            on_end=new.on_end.value,
            due_at=seconds(new.due_at),
            categories=json.dumps(new.categories),
            passed_on=json.dumps(new.passed_on, ensure_ascii=False),
            **_moving(new),
        )
        .on_conflict_do_nothing()
        .returning(erasure_cases.c.version_id)
    )
    return connection.execute(statement).first() is not None


def save(connection: Connection, moved: ErasureCase) -> None:
    """Store what a locked case has come to."""
    connection.execute(
        update(erasure_cases)
        .where(erasure_cases.c.version_id == moved.version_id)
        .values(_moving(moved))
    )


def lock(connection: Connection, app_id: str, version_id: UUID) -> ErasureCase | None:
    """An app's case, locked until the transaction ends; None if it has none of this version."""
    row = connection.execute(_LOCKED, {"app": app_id, "version": version_id}).first()
    return None if row is None else _case(row)


def of_app(
    connection: Connection, app_id: str, most: int, after: UUID = _FIRST, *, settled: bool
) -> list[ErasureCase]:
    """An app's cases in the order of their versions' ids; what is certified if `settled`."""
    statement = _OF_APP if settled else _OPEN_OF_APP
    found = connection.execute(statement, {"app": app_id, "after": after, "most": most})
    return list(map(_case, found))


def urgent(connection: Connection, app_id: str) -> list[ErasureCase]:
    """All cases of an app that are not certified, the nearest deadline first.

    A deadline depends on what others have certified, which no column tells.
    """
    found = of_app(connection, app_id, _ALL, settled=False)
    return sorted(found, key=lambda case: (case.deadline, case.version_id))


def certified(connection: Connection, app_id: str, most: int, skip: int) -> list[ErasureCase]:
    """An app's cases that are certified, the latest first."""
    asked = {"app": app_id, "most": most, "skip": skip}
    return list(map(_case, connection.execute(_BY_CERTIFICATE, asked)))


def of_versions(connection: Connection, versions: Collection[UUID]) -> dict[UUID, ErasureCase]:
    """The cases of these versions of consents, as far as there are any."""
    found = connection.execute(_OF_VERSIONS, {"versions": list(versions)})
    return {row.version_id: _case(row) for row in found}


def _moving(case: ErasureCase) -> dict[str, object]:
    until, refused = case.retained_until, case.refused_at
    return {
        "state": case.state.value,
        "state_since_at": seconds(case.state_since),
        "certificate": case.certificate,
        "retained_until_at": None if until is None else seconds(until),
        "awaited": json.dumps(
            [[one.name, one.until and seconds(one.until)] for one in case.awaited],
            ensure_ascii=False,
        ),
        "fault": case.fault,
        "refused_at": None if refused is None else seconds(refused),
    }


# Any: a row's columns have no static types in Core.
def _case(row: Row[Any]) -> ErasureCase:
    until, refused = row.retained_until_at, row.refused_at
    return ErasureCase(
        version_id=row.version_id,
        arrangement_id=row.arrangement_id,
        app_id=row.app_id,
        app_name=row.app_name,
        holder=row.holder,
        ended=row.ended,
        ended_at=instant(row.ended_at),
        on_end=OnWithdrawal(row.on_end),
        due_at=instant(row.due_at),
        categories=tuple(json.loads(row.categories)),
        passed_on=tuple(json.loads(row.passed_on)),
        state=State(row.state),
        state_since=instant(row.state_since_at),
        certificate=row.certificate,
        retained_until=None if until is None else instant(until),
        awaited=tuple(
            Awaited(name, None if at is None else instant(at))
            for name, at in json.loads(row.awaited)
        ),
        fault=row.fault,
        refused_at=None if refused is None else instant(refused),
    )
