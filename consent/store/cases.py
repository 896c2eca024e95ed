"""Cases of access without consent, stored under the pseudonym of whom they are about."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, Select, select

from consent.catalogue import LegalBasis
from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.store.tables import without_consent as cases
from consent.without import Case, State

_ALL = select(cases)


class Counted(NamedTuple):
    """One case, as far as statistics look at it; `at` is when it was opened."""

    basis: LegalBasis
    authority: str
    at: datetime


def add(connection: Connection, case: Case) -> bool:
    """Store a new case; False when its number is taken."""
    statement = (
        insert_once(cases, connection)
        .values(
            id=case.id,
            holder=case.holder,
            basis=case.basis.value,
            authority=case.authority,
            officer=case.officer,
            reason=case.reason,
            categories=" ".join(case.categories),
            opened_at=seconds(case.opened_at),
            until_at=seconds(case.until),
            told_from_at=seconds(case.told_from),
            review_by_at=seconds(case.review_by),
            state=case.state.value,
            settled_at=None,
            reviewer="",
            finding="",
        )
        .on_conflict_do_nothing()
        .returning(cases.c.id)
    )
    return connection.execute(statement).first() is not None


def find(connection: Connection, case_id: UUID) -> Case | None:
    """One case by its number."""
    row = connection.execute(_ALL.where(cases.c.id == case_id)).first()
    return None if row is None else _case(row)


def save_finding(connection: Connection, settled: Case) -> bool:
    """Store what a review found; False when the case is no longer open."""
    statement = (
        cases.update()
        .where(cases.c.id == settled.id, cases.c.state == State.OPEN.value)
        .values(
            state=settled.state.value,
            settled_at=settled.settled_at and seconds(settled.settled_at),
            reviewer=settled.reviewer,
            finding=settled.finding,
        )
    )
    return connection.execute(statement).rowcount == 1


def told(connection: Connection, holder: bytes, now: datetime) -> list[Case]:
    """The cases about a person that they may know of at `now`, the newest first."""
    found = _ALL.where(cases.c.holder == holder, cases.c.told_from_at <= seconds(now))
    return _cases(connection, found.order_by(cases.c.opened_at.desc(), cases.c.id))


def queue(connection: Connection, *, every: bool) -> list[Case]:
    """The cases that await a review, the most urgent first; with `every`, the others after."""
    found = _ALL if every else _ALL.where(cases.c.state == State.OPEN.value)
    last = (cases.c.state != State.OPEN.value, cases.c.review_by_at, cases.c.id)
    return _cases(connection, found.order_by(*last))


def counted(connection: Connection, now: datetime) -> list[Counted]:
    """Every case that whom it is about may know of at `now`, in no order."""
    columns = (cases.c.basis, cases.c.authority, cases.c.opened_at)
    rows = connection.execute(select(*columns).where(cases.c.told_from_at <= seconds(now)))
    return [Counted(LegalBasis(row[0]), row[1], instant(row[2])) for row in rows]


def _cases(connection: Connection, statement: Select[tuple[object, ...]]) -> list[Case]:
    return [_case(row) for row in connection.execute(statement)]


def _case(row: Row[tuple[object, ...]]) -> Case:
    return Case(
        id=row.id,
        holder=bytes(row.holder),
        basis=LegalBasis(row.basis),
        authority=row.authority,
        officer=row.officer,
        reason=row.reason,
        categories=tuple(row.categories.split()),
        opened_at=instant(row.opened_at),
        until=instant(row.until_at),
        told_from=instant(row.told_from_at),
        review_by=instant(row.review_by_at),
        state=State(row.state),
        settled_at=None if row.settled_at is None else instant(row.settled_at),
        reviewer=row.reviewer,
        finding=row.finding,
    )
