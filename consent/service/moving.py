"""One step in the life of a stored version."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.errors import KeyReusedError, StaleVersionError
from consent.model import MYSELF, Actor, ConsentVersion, Event, Granter
from consent.store.outbox import Circumstances


class Happening(NamedTuple):
    """An event with its idempotency key, who brings it about, as what, and why.

    `holder` is the resident's pseudonym in the ledger. `lost` are the categories of which a
    version that takes this one's place gives less.
    """

    event: Event
    key: UUID
    actor: Actor
    holder: bytes
    reason: str = ""
    acting: Granter = MYSELF
    lost: frozenset[str] = frozenset()


def move(
    connection: Connection, version: ConsentVersion, happening: Happening, now: datetime
) -> ConsentVersion:
    """Let something happen to a version whose arrangement is locked, and store both.

    Raises:
        IllegalTransitionError: it cannot happen in this state.
        NotEntitledError: this actor may not bring it about.
        StaleVersionError: somebody moved the version since it was read.
        KeyReusedError: the key belongs to another event.
    """
    event, key, actor, holder, reason, acting, lost = happening
    moved = version.after(event, now, actor, replace(acting, lapses_at=None))
    if not store.save_state(connection, moved, version.state):
        raise StaleVersionError(version.id)
    if not store.add_event(connection, key, event, moved, Circumstances(holder, reason, lost)):
        raise KeyReusedError(key)
    return moved
