"""What happens to an answer once it is given, as units of work."""

from datetime import datetime

from sqlalchemy import Connection

from consent import store
from consent.errors import (
    KeyReusedError,
    NoReasonError,
    NoSuchArrangementError,
    NotEntitledError,
    StaleVersionError,
)
from consent.ledger import store as ledger
from consent.mandate import Act, Wish, may_lift
from consent.model import UNANSWERED, Actor, ConsentVersion, Event, standing
from consent.service import entries
from consent.service.acting import demand
from consent.service.moving import Happening, move
from consent.service.wishes import Change, Randomness

# Nobody may grant or replace by this door: that takes an answer.
CHANGES = frozenset(Event) - {Event.GRANT, Event.DENY, Event.DEFER, Event.SUPERSEDE}


def change(
    connection: Connection, wish: Change, now: datetime, randomness: Randomness
) -> ConsentVersion:
    """Let a wish happen to the version that stands; it binds from the commit on.

    Repeated under the same key it changes nothing and returns the version.

    Raises:
        NoSuchArrangementError: nothing was ever granted under it, or put off.
        StaleVersionError: another version stands than the one that was seen.
        IllegalTransitionError: it cannot happen to a consent in this state.
        NotEntitledError: this actor may not bring it about, or another suspended it.
        NoReasonError: an authority gave no reason.
        KeyReusedError: the key was used for something else.
        MandateNotInForceError: somebody acts for the person who may not.
    """
    if wish.event not in CHANGES:
        raise ValueError(f"{wish.event} takes an answer")
    if wish.actor is Actor.AUTHORITY and not wish.reason.strip():
        raise NoReasonError(wish.event)
    act = Act.GRANT if wish.event is Event.RESUME else Act.WITHDRAW
    demand(connection, wish.resident_id, wish.acting, Wish(act), now)
    store.lock_arrangement(connection, wish.resident_id, wish.arrangement_id)
    versions = store.versions_of_arrangement(connection, wish.resident_id, wish.arrangement_id)
    happened = store.event(connection, wish.resident_id, wish.key)
    if happened is not None:
        if happened != (wish.version_id, wish.event):
            raise KeyReusedError(wish.key)
        return next(version for version in versions if version.id == wish.version_id)
    current = _current(versions, wish)
    now = now.replace(microsecond=0)
    if wish.event is Event.RESUME and not may_lift(current.state_as, wish.acting, wish.band):
        raise NotEntitledError(wish.acting.role, wish.event)
    by = (wish.actor, wish.holder, wish.reason, wish.acting)
    happening = Happening(wish.event, wish.key, *by)
    moved = move(connection, current, happening, now)
    ledger.append(connection, entries.changed(moved, wish), now, randomness)
    return moved


def _current(versions: tuple[ConsentVersion, ...], wish: Change) -> ConsentVersion:
    """The version that the wish is about: the standing one, or a request not yet answered."""
    live = [*standing(versions), *(one for one in versions if one.state in UNANSWERED)]
    if not live:
        raise NoSuchArrangementError(wish.arrangement_id)
    for version in live:
        if version.id == wish.version_id:
            return version
    raise StaleVersionError(wish.version_id)
