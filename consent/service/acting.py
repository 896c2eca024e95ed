"""The last look at who acts for a person, in the transaction in which the act counts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.errors import MandateNotInForceError
from consent.mandate import Wish, objection_to
from consent.model import Granter
from consent.store import blocks, mandates


def demand(
    connection: Connection, resident_id: UUID, acting: Granter, wish: Wish, now: datetime
) -> None:
    """Make sure that whoever acts for a resident still may, and will until the commit.

    Whatever ends a mandate, or keeps its agent away, waits for this transaction or is seen by
    it. What the principal's age demands is not looked at here.

    Raises:
        MandateNotInForceError: they may not.
    """
    if acting.mandate_id is None:
        return
    mandate = mandates.hold(connection, resident_id, acting.mandate_id)
    if (
        mandate is None
        or mandate.agent is None
        or mandate.role is not acting.role
        or objection_to(mandate, wish, now) is not None
        or blocks.stands(connection, resident_id, mandate.agent)
    ):
        raise MandateNotInForceError(acting.mandate_id)
