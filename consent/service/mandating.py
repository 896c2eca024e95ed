"""Who may act for whom, as units of work; what happens is in the principal's history."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent.errors import (
    KeyReusedError,
    MandateMovedError,
    NoReasonError,
    NoSuchInvitationError,
    NoSuchMandateError,
)
from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from consent.mandate import (
    FATES,
    Ending,
    Fate,
    Mandate,
    MandateEvent,
    MandateStatus,
    Party,
    ending_of,
)
from consent.model import ALIVE, UNANSWERED, ConsentVersion
from consent.service import entries
from consent.service.lapsing import lapse
from consent.service.views import of_resident
from consent.service.wishes import Randomness
from consent.store import blocks, mandates

INVITATION_LIFETIME = timedelta(days=7)
_NAMES = {
    MandateEvent.ACCEPT: "accepted",
    MandateEvent.SUSPEND: "suspended",
    MandateEvent.RESUME: "resumed",
    MandateEvent.END: "ended",
    MandateEvent.REVOKE: "revoked",
}


class Represented(NamedTuple):
    """A mandate as its agent finds it, and whether they are kept from the principal."""

    mandate: Mandate
    blocked: bool


class Known(NamedTuple):
    """How the ledger names people, how the one who acts was known, and who helped them."""

    holder_of: Callable[[UUID], bytes]
    channel: str
    assisted_by: str = ""

    @property
    def told(self) -> dict[str, str]:
        """What an entry says of how the one who acts was known."""
        return {"channel": self.channel, "assisted_by": self.assisted_by}


@dataclass(frozen=True, slots=True)
class MandateChange:
    """A wish that something happen to a mandate; `reason` is for the principal to read.

    `assisted_by` is who helped whoever wishes it, empty for nobody.
    """

    event: MandateEvent
    principal: UUID
    mandate_id: UUID
    party: Party
    holder: bytes
    channel: str
    reason: str = ""
    assisted_by: str = ""


def register(
    connection: Connection, new: Mandate, holder: bytes, now: datetime, randomness: Randomness
) -> bool:
    """Enter a mandate that an authority or the register knows; False when it is there."""
    if not mandates.add(connection, new):
        return False
    entry = entries.of_mandate("registered", new, holder, {"evidence": new.evidence})
    ledger.append(connection, entry, now, randomness)
    return True


def invite(
    connection: Connection,
    new: Mandate,
    code: str,
    known: Known,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Let whoever has this code become a person's proxy; good for 7 days, and once.

    Raises:
        KeyReusedError: the mandate's id is taken.
    """
    if not mandates.add(connection, new, _digest(code)):
        raise KeyReusedError(new.id)
    entry = entries.of_mandate("proposed", new, known.holder_of(new.principal), known.told)
    ledger.append(connection, entry, now, randomness)


def invited(connection: Connection, code: str, agent: UUID, now: datetime) -> Mandate:
    """The proposal that a code is for.

    Raises:
        NoSuchInvitationError: none waits under it, or not for `agent`: for nobody who is kept
            from the principal, and not for the principal.
    """
    found = mandates.invited(connection, _digest(code))
    if (
        found is None
        or found.status(now) is not MandateStatus.PROPOSED
        or now >= found.state_since + INVITATION_LIFETIME
        or found.principal == agent
        or blocks.stands(connection, found.principal, agent)
    ):
        raise NoSuchInvitationError
    return found


def accept(
    connection: Connection,
    code: str,
    agent: UUID,
    known: Known,
    now: datetime,
    randomness: Randomness,
) -> Mandate:
    """Become the proxy that a code invites.

    Raises:
        NoSuchInvitationError: as `invited` does, or somebody has just accepted.
    """
    proposed = invited(connection, code, agent, now)
    accepted = proposed.after(MandateEvent.ACCEPT, Party.AGENT, now)
    if not mandates.save(connection, replace(accepted, agent=agent), proposed.state):
        raise NoSuchInvitationError
    holder = known.holder_of(proposed.principal)
    entry = entries.of_mandate("accepted", accepted, holder, known.told)
    ledger.append(connection, entry, now, randomness)
    return replace(accepted, agent=agent)


def change_mandate(
    connection: Connection, wish: MandateChange, now: datetime, randomness: Randomness
) -> Mandate:
    """Let something happen to a mandate, and with it to the consents given under it.

    Raises:
        NoSuchMandateError: the principal has none of this id.
        MandateMovedError: it cannot happen to a mandate that stands so.
        NotEntitledError: this party may not bring it about.
        NoReasonError: an authority gave no reason.
    """
    if wish.party is Party.AUTHORITY and not wish.reason.strip():
        raise NoReasonError(wish.event)
    known = mandates.lock(connection, wish.principal, wish.mandate_id)
    if known is None:
        raise NoSuchMandateError(wish.mandate_id)
    moved = known.after(wish.event, wish.party, now)
    if not mandates.save(connection, moved, known.state):
        raise MandateMovedError(known.state, wish.event)
    told = {"by": wish.party.value, "channel": wish.channel, "reason": wish.reason}
    told["assisted_by"] = wish.assisted_by
    entry = entries.of_mandate(_NAMES[wish.event], moved, wish.holder, told)
    ledger.append(connection, entry, now, randomness)
    ending = ending_of(moved.status(now))
    if ending is not None and FATES.get((moved.role, ending)) is Fate.LAPSES:
        _lapse(connection, [moved], wish.holder, now, randomness)
    return moved


def begin_acting(
    connection: Connection,
    mandate: Mandate,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Enter in the principal's history that their agent comes to act for them."""
    ledger.append(connection, entries.of_mandate("used", mandate, holder), now, randomness)


def block(
    connection: Connection,
    resident_id: UUID,
    against: UUID,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> bool:
    """Keep somebody from a resident, whatever role they have (支援措置); False if they are.

    What they granted for the resident lapses. The entry names nobody.
    """
    if not blocks.add(connection, resident_id, against, now):
        return False
    ledger.append(connection, Entry("mandate.blocked", {}, holder), now, randomness)
    theirs = [
        one for one in mandates.of_principal(connection, resident_id) if one.agent == against
    ]
    for one in theirs:
        mandates.lock(connection, resident_id, one.id)
    fated = [one for one in theirs if FATES[one.role, Ending.BLOCKED] is Fate.LAPSES]
    _lapse(connection, fated, holder, now, randomness)
    return True


def unblock(
    connection: Connection,
    resident_id: UUID,
    against: UUID,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> bool:
    """Keep somebody from a resident no longer; what lapsed stays lapsed."""
    if not blocks.lift(connection, resident_id, against):
        return False
    ledger.append(connection, Entry("mandate.unblocked", {}, holder), now, randomness)
    return True


def mandate(connection: Connection, principal: UUID, mandate_id: UUID) -> Represented | None:
    """One mandate by its id, and whether its agent is kept from the principal."""
    found = mandates.find(connection, principal, mandate_id)
    if found is None:
        return None
    blocked = found.agent is not None and blocks.stands(connection, principal, found.agent)
    return Represented(found, blocked)


def acting_for(connection: Connection, principal: UUID) -> list[Mandate]:
    """Every mandate there ever was to act for a person, the newest first."""
    return mandates.of_principal(connection, principal)


def represented_by(connection: Connection, agent: UUID) -> list[Mandate]:
    """The mandates by which somebody acts for others; of whom they are kept from, none."""
    return [
        one
        for one in mandates.of_agent(connection, agent)
        if not blocks.stands(connection, one.principal, agent)
    ]


def kept_away(connection: Connection, resident_id: UUID) -> frozenset[UUID]:
    """All who are kept from a resident."""
    return blocks.against(connection, resident_id)


def _lapse(
    connection: Connection,
    over: Iterable[Mandate],
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> None:
    """End what was granted under these mandates, and what waits under them."""
    ids = {one.id: one.principal for one in over}
    for principal in set(ids.values()):
        given = _given_under(connection, principal, ids)
        lapse(connection, given, holder, now, randomness)


def _given_under(
    connection: Connection, principal: UUID, ids: Iterable[UUID]
) -> list[ConsentVersion]:
    known = set(ids)
    return [
        version
        for history in of_resident(connection, principal)
        for version in history.versions
        if version.granter.mandate_id in known and version.state in ALIVE | UNANSWERED
    ]


def _digest(code: str) -> bytes:
    """As what a code is stored; spaces, hyphens and case are how people write it down."""
    return sha256("".join(code.split()).replace("-", "").upper().encode()).digest()
