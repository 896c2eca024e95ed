"""Who may act for whom, stored.

A mandate is the principal's and found by them. Two more ways lead to it: its agent, who asks
for whom they act, and the digest of the code by which it is accepted.
"""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, bindparam, select

from consent.insertion import insert_once
from consent.instants import instant, seconds
from consent.mandate import Act, Mandate, MandateState, Scope
from consent.model import Role
from consent.store.rows import optional_instant, optional_seconds
from consent.store.tables import mandates

_ALL = select(mandates)
_BY_ID = _ALL.where(
    mandates.c.resident_id == bindparam("resident_id"), mandates.c.id == bindparam("id")
)
_SHARED = _BY_ID.with_for_update(read=True)
_LOCKED = _BY_ID.with_for_update()
_OF_PRINCIPAL = _ALL.where(mandates.c.resident_id == bindparam("resident_id"))
_OF_AGENT = _ALL.where(mandates.c.agent_id == bindparam("agent_id"))
_INVITED = _ALL.where(mandates.c.invitation == bindparam("invitation"))


def add(connection: Connection, new: Mandate, invitation: bytes | None = None) -> bool:
    """Store a new mandate, with the digest of its code if it awaits an agent.

    False when the id is taken.
    """
    statement = (
        insert_once(mandates, connection)
        .values(
            resident_id=new.principal,
            id=new.id,
            agent_id=new.agent,
            invitation=invitation,
            role=new.role.value,
            acts=",".join(sorted(new.scope.acts)),
            categories=_json(new.scope.categories),
            evidence=new.evidence,
            valid_from_at=seconds(new.valid_from),
            valid_until_at=optional_seconds(new.valid_until),
            lapses_at=optional_seconds(new.lapses_at),
            state=new.state.value,
            state_since_at=seconds(new.state_since),
        )
        .on_conflict_do_nothing()
        .returning(mandates.c.id)
    )
    return connection.execute(statement).first() is not None


def find(connection: Connection, principal: UUID, mandate_id: UUID) -> Mandate | None:
    """One mandate by its id."""
    return _first(connection, _BY_ID, {"resident_id": principal, "id": mandate_id})


def hold(connection: Connection, principal: UUID, mandate_id: UUID) -> Mandate | None:
    """One mandate, which nothing then changes until the transaction ends."""
    return _first(connection, _SHARED, {"resident_id": principal, "id": mandate_id})


def lock(connection: Connection, principal: UUID, mandate_id: UUID) -> Mandate | None:
    """One mandate, locked until the transaction ends; every change begins here."""
    return _first(connection, _LOCKED, {"resident_id": principal, "id": mandate_id})


def of_principal(connection: Connection, principal: UUID) -> list[Mandate]:
    """Every mandate to act for a resident, the newest first."""
    return _every(connection, _OF_PRINCIPAL, {"resident_id": principal})


def of_agent(connection: Connection, agent: UUID) -> list[Mandate]:
    """Every mandate by which a resident acts for others, the newest first."""
    return _every(connection, _OF_AGENT, {"agent_id": agent})


def invited(connection: Connection, invitation: bytes) -> Mandate | None:
    """The mandate that awaits whoever has the code with this digest."""
    return _first(connection, _INVITED, {"invitation": invitation})


def save(connection: Connection, moved: Mandate, was: MandateState) -> bool:
    """Store the agent and the state of `moved`; False when the stored one is no longer `was`.

    Whatever code there was is good for nothing from now on.
    """
    statement = (
        mandates.update()
        .where(
            mandates.c.resident_id == moved.principal,
            mandates.c.id == moved.id,
            mandates.c.state == was.value,
        )
        .values(
            agent_id=moved.agent,
            invitation=None,
            state=moved.state.value,
            state_since_at=seconds(moved.state_since),
            valid_until_at=optional_seconds(moved.valid_until),
        )
    )
    return connection.execute(statement).rowcount == 1


# Any, here and below: a row's columns have no static types in Core.
def _first(
    connection: Connection, statement: Select[Any], sought: dict[str, object]
) -> Mandate | None:
    row = connection.execute(statement, sought).first()
    return None if row is None else _mandate(row)


def _every(
    connection: Connection, statement: Select[Any], sought: dict[str, object]
) -> list[Mandate]:
    found = map(_mandate, connection.execute(statement, sought))
    return sorted(found, key=lambda one: (one.valid_from, one.id), reverse=True)


def _mandate(row: Row[Any]) -> Mandate:
    categories = None if row.categories is None else frozenset(json.loads(row.categories))
    acts = frozenset(Act(name) for name in row.acts.split(",") if name)
    return Mandate(
        id=row.id,
        principal=row.resident_id,
        agent=row.agent_id,
        role=Role(row.role),
        scope=Scope(acts, categories),
        valid_from=instant(row.valid_from_at),
        valid_until=optional_instant(row.valid_until_at),
        lapses_at=optional_instant(row.lapses_at),
        evidence=row.evidence,
        state=MandateState(row.state),
        state_since=instant(row.state_since_at),
    )


def _json(categories: frozenset[str] | None) -> str | None:
    return None if categories is None else json.dumps(sorted(categories))
