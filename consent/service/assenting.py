"""What takes two: a guardian agrees for a minor, who then assents; as units of work."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.errors import IllegalTransitionError
from consent.ledger import store as ledger
from consent.model import MYSELF, ConsentRule, ConsentVersion, Evidence, State
from consent.service import entries
from consent.service.answers import agree_to, answer
from consent.service.wishes import Proposal, Randomness
from consent.store import assents


def agree(
    connection: Connection,
    proposal: Proposal,
    granted: Iterable[ConsentRule],
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Record what a guardian agrees to; it gives nothing until the minor assents.

    Raises as `answer` does.
    """
    agreed = agree_to(connection, proposal, granted, now, randomness)
    assents.await_(connection, agreed.resident_id, agreed.id, now)
    return agreed


def assent(
    connection: Connection,
    proposal: Proposal,
    granted: Iterable[ConsentRule],
    evidence: Evidence,
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Record that the minor assents to some or all of what a guardian agreed to.

    `proposal` is the guardian's, whose consent it then is; `evidence` is the minor's, and says
    who helped the minor.

    Raises:
        IllegalTransitionError: no guardian agreed to it, or the minor has assented before.
        and as `answer` does.
    """
    if not assents.give(connection, proposal.resident_id, proposal.id, evidence, now):
        raise IllegalTransitionError(State.DEFERRED, "assent")
    version = answer(connection, proposal, granted, now, randomness, by=MYSELF)
    entry = entries.assented(version, evidence, proposal.holder)
    ledger.append(connection, entry, now, randomness)
    return version


def awaiting_assent(connection: Connection, resident_id: UUID) -> frozenset[UUID]:
    """The versions that a guardian agreed to and the minor has not assented to."""
    return assents.awaited(connection, resident_id)
