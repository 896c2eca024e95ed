"""Mandates, as tests make them."""

from datetime import timedelta
from uuid import UUID, uuid4

from consent.mandate import Mandate, MandateState, Scope
from consent.model import Role
from tests.consent.conftest import NOON

REPRESENTING = (Role.GUARDIAN, Role.PROXY, Role.ADULT_GUARDIAN)


def a_mandate(role: Role = Role.PROXY, principal: UUID | None = None) -> Mandate:
    return Mandate(
        id=uuid4(),
        principal=principal or uuid4(),
        agent=uuid4(),
        role=role,
        scope=Scope(),
        valid_from=NOON - timedelta(days=1),
        valid_until=None,
        lapses_at=NOON + timedelta(days=365) if role is Role.GUARDIAN else None,
        evidence="",
        state=MandateState.ACTIVE,
        state_since=NOON - timedelta(days=1),
    )
