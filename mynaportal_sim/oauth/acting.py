"""What becomes of the keys that apps got while somebody acted for a person.

A consent may outlast the mandate that it was given under. The keys do not: an app on the
agent's own device would go on showing them the person's data.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from consent import service
from consent.ledger import store as ledger
from consent.mandate import Mandate, MandateState
from consent.service import MandateChange
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import entries
from mynaportal_sim.oauth.tables import token_families
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms

REASON = "mandate_over"
_KILL = (
    update(token_families)
    .where(
        token_families.c.arrangement_id == bindparam("arrangement"),
        token_families.c.actor == bindparam("agent"),
        token_families.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
    .returning(token_families.c.version_id)
)


def change_mandate(
    connection: Connection,
    pseudonyms: Pseudonyms,
    wish: MandateChange,
    now: datetime,
    randomness: Randomness,
) -> Mandate:
    """Let something happen to a mandate, and end its agent's keys with it; a unit of work.

    Raises as `consent.service.change_mandate` does.
    """
    moved = service.change_mandate(connection, wish, now, randomness)
    if moved.agent is not None and moved.state is not MandateState.ACTIVE:
        cut_off(connection, pseudonyms, (moved.principal, moved.agent), now, randomness)
    return moved


def block(
    connection: Connection,
    pseudonyms: Pseudonyms,
    parties: tuple[UUID, UUID],
    now: datetime,
    randomness: Randomness,
) -> bool:
    """Keep somebody from a person, and end their keys; a unit of work. False if they are."""
    resident_id, against = parties
    holder = pseudonyms.holder(resident_id)
    if not service.block(connection, resident_id, against, holder, now, randomness):
        return False
    cut_off(connection, pseudonyms, parties, now, randomness)
    return True


def cut_off(
    connection: Connection,
    pseudonyms: Pseudonyms,
    parties: tuple[UUID, UUID],
    now: datetime,
    randomness: Randomness,
) -> None:
    """End every key that apps got while one of the parties, the second, acted for the other."""
    principal, agent = parties
    for history in service.of_resident(connection, principal):
        arrangement = history.arrangement
        killed = connection.scalars(
            _KILL,
            {
                "arrangement": arrangement.id,
                "agent": pseudonyms.subject(arrangement.app_id, agent),
                "now": int(now.timestamp()),
            },
        ).all()
        app = apps.find(connection, arrangement.app_id)
        if killed and app is not None:
            granter = service.granter_of(connection, principal, killed[0])
            entry = entries.revoked(app, REASON, pseudonyms.holder(principal), granter)
            ledger.append(connection, entry, now, randomness)
