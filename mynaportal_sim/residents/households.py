"""Who acts for whom among the built-in personas, as their registers say."""

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Connection

from consent import service
from consent.japan import reaches_age
from consent.mandate import EVERYTHING, Bands, Mandate, MandateState
from consent.model import Role
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.residents.model import Resident

_NAMES = UUID("5d0b7cf4-5f0e-4b53-9a43-6b1d2f0f8c11")


class Relation(BaseModel):
    """One entry of the file: an agent, and whether they are kept from the principal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principal: str
    agent: str
    role: Literal[Role.GUARDIAN, Role.PROXY, Role.ADULT_GUARDIAN]
    evidence: str
    blocked: bool = False


_RELATIONS = TypeAdapter(tuple[Relation, ...])


def built_in() -> tuple[Relation, ...]:
    """The relations between built-in personas."""
    text = files(__package__).joinpath("mandates.json").read_text("utf-8")
    return _RELATIONS.validate_json(text)


def settle(
    connection: Connection,
    residents: Sequence[Resident],
    pseudonyms: Pseudonyms,
    bands: Bands,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> None:
    """Enter the mandates between these residents that were never entered; a unit of work."""
    by_persona = {one.persona: one for one in residents}
    for relation in built_in():
        principal = by_persona.get(relation.principal)
        agent = by_persona.get(relation.agent)
        if principal is None or agent is None:
            continue
        holder = pseudonyms.holder(principal.id)
        new = mandate_of(principal, agent, relation, bands, now)
        added = service.register(connection, new, holder, now, randomness)
        if added and relation.blocked:
            service.block(connection, principal.id, agent.id, holder, now, randomness)


def mandate_of(
    principal: Resident, agent: Resident, relation: Relation, bands: Bands, now: datetime
) -> Mandate:
    """The mandate of a relation; a guardian's lapses when the principal comes of age."""
    of_age = reaches_age(principal.born, bands.of_age)
    return Mandate(
        id=uuid5(_NAMES, f"{principal.id}/{agent.id}/{relation.role}"),
        principal=principal.id,
        agent=agent.id,
        role=relation.role,
        scope=EVERYTHING,
        valid_from=now.replace(microsecond=0),
        valid_until=None,
        lapses_at=of_age if relation.role is Role.GUARDIAN else None,
        evidence=relation.evidence,
        state=MandateState.ACTIVE,
        state_since=now.replace(microsecond=0),
    )
