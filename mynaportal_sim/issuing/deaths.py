"""What a death ends beside cards and certificates, as a part of a unit of work."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.mandate import Mandate, MandateEvent, MandateState, Party
from consent.model import Role
from consent.service import MandateChange
from mynaportal_sim.oauth.acting import change_mandate
from mynaportal_sim.pseudonyms import Pseudonyms

CHANNEL = "counter"
REASON = "死亡"
_OVER = frozenset({MandateState.ENDED, MandateState.REVOKED})


def end_agreements(
    connection: Connection,
    resident_id: UUID,
    names: Pseudonyms,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> None:
    """End what the dead agreed to, and every mandate to act for them or of theirs to act.

    What they rightly gave for others as their guardian binds on.
    """
    service.lapse_all(connection, resident_id, names.holder(resident_id), now, randomness)
    for mandate in (
        *service.acting_for(connection, resident_id),
        *service.represented_by(connection, resident_id),
    ):
        if mandate.state not in _OVER:
            wish = MandateChange(
                event=MandateEvent.END,
                principal=mandate.principal,
                mandate_id=mandate.id,
                party=_party(mandate, resident_id),
                holder=names.holder(mandate.principal),
                channel=CHANNEL,
                reason=REASON,
            )
            change_mandate(connection, names, wish, now, randomness)


def _party(mandate: Mandate, dead: UUID) -> Party:
    """Who may end it: of a mandate by law the authority, of a proxy's whoever has died."""
    if mandate.role is not Role.PROXY:
        return Party.AUTHORITY
    return Party.PRINCIPAL if mandate.principal == dead else Party.AGENT
