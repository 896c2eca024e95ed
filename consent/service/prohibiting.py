"""What no consent gives any more, as units of work."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.errors import KeyReusedError, NoReasonError, NoSuchProhibitionError, NotYoursError
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.mandate import Act, Band, Wish, may_lift
from consent.model import MYSELF, Granter, Prohibition, Prohibitor
from consent.service.acting import demand
from consent.service.entries import acting_as, helped
from consent.service.wishes import Randomness
from consent.store import prohibitions as store
from consent.store.prohibitions import Placed


@dataclass(frozen=True, slots=True)
class Prohibit:
    """A wish that something be given no more, whatever is or will be consented to.

    The prohibition's id is the idempotency key. `app_name` is what the person calls the app,
    empty for any; `reason` is for the person to read, and only they need give none.
    `assisted_by` is who helped, empty for nobody.
    """

    resident_id: UUID
    prohibition: Prohibition
    holder: bytes
    channel: str
    app_name: str = ""
    reason: str = ""
    acting: Granter = MYSELF
    assisted_by: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    """A wish that a prohibition stand no longer, by whoever placed it.

    `band` is the person's, by their age; `assisted_by` is who helped, empty for nobody.
    """

    resident_id: UUID
    prohibition_id: UUID
    by: Prohibitor
    holder: bytes
    channel: str
    app_name: str = ""
    acting: Granter = MYSELF
    band: Band = Band.ADULT
    assisted_by: str = ""


def prohibit(
    connection: Connection, wish: Prohibit, now: datetime, randomness: Randomness
) -> Placed:
    """Prohibit something; it binds from the commit on, and repeated changes nothing.

    Raises:
        NoReasonError: an authority or a court gave no reason.
        KeyReusedError: the id belongs to another prohibition, or to one that was lifted.
        MandateNotInForceError: somebody acts for the person who may not.
    """
    what = wish.prohibition
    if what.by is not Prohibitor.PERSON and not wish.reason.strip():
        raise NoReasonError("prohibit")
    demand(connection, wish.resident_id, wish.acting, Wish(Act.WITHDRAW), now)
    store.stop_releases(connection, wish.resident_id)
    placed_as = replace(wish.acting, lapses_at=None)
    placed = Placed(what, wish.reason, now.replace(microsecond=0), placed_as=placed_as)
    if not store.add(connection, wish.resident_id, placed):
        known = store.find(connection, wish.resident_id, what.id)
        same = known is not None and (known.prohibition, known.placed_as) == (what, placed_as)
        if known is None or not same or known.lifted is not None:
            raise KeyReusedError(what.id)
        return known
    fields = _told(what, wish) | acting_as(wish.acting)
    if wish.reason:
        fields["reason"] = wish.reason
    entry = Entry("consent.prohibited", fields, wish.holder)
    ledger.append(connection, entry, now, randomness)
    return placed


def lift(connection: Connection, wish: Lift, now: datetime, randomness: Randomness) -> None:
    """Let a prohibition stand no longer; what was consented to is given again.

    Raises:
        NoSuchProhibitionError: the resident has none of this id.
        NotYoursError: somebody else placed it, who is not theirs to overrule.
        MandateNotInForceError: somebody acts for the person who may not.
    """
    demand(connection, wish.resident_id, wish.acting, Wish(Act.GRANT), now)
    known = store.find(connection, wish.resident_id, wish.prohibition_id)
    if known is None:
        raise NoSuchProhibitionError(wish.prohibition_id)
    if known.prohibition.by is not wish.by:
        raise NotYoursError(known.prohibition.by)
    if not may_lift(known.placed_as, wish.acting, wish.band):
        raise NotYoursError(known.placed_as.role)
    if store.lift(connection, wish.resident_id, wish.prohibition_id, now):
        fields = _told(known.prohibition, wish) | acting_as(wish.acting)
        entry = Entry("consent.prohibition_lifted", fields, wish.holder)
        ledger.append(connection, entry, now, randomness)


def prohibited(connection: Connection, resident_id: UUID) -> list[Placed]:
    """What is prohibited now, the newest first."""
    return store.placed(connection, resident_id)


def prohibitions(connection: Connection, resident_id: UUID) -> list[Prohibition]:
    """What is prohibited now, as the rule of consent takes it."""
    return [placed.prohibition for placed in store.placed(connection, resident_id)]


def _told(what: Prohibition, wish: Prohibit | Lift) -> dict[str, Value]:
    optional: Mapping[str, str | None] = {"app_id": what.app_id, "app_name": wish.app_name}
    fields: dict[str, Value] = {name: text for name, text in optional.items() if text}
    if what.category is not None:
        fields["categories"] = [what.category]
    fields |= {"by": what.by.value, "channel": wish.channel}
    return fields | helped(wish.assisted_by)
