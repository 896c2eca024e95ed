"""That an app's key is good for nothing any more, in the history of the person it was about."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.ledger import store as ledger
from consent.model import MYSELF
from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import entries
from mynaportal_sim.oauth.server import Server


def enter(
    connection: Connection,
    server: Server,
    revoked: tuple[App, str],
    about: tuple[UUID | None, UUID],
    now: datetime,
) -> None:
    """Enter whose key ended and why, with who gave the consent; in the caller's unit of work.

    `about` is the resident, None for one whom the app knows no more, and the version.
    """
    app, reason = revoked
    resident_id, version_id = about
    holder, granter = None, MYSELF
    if resident_id is not None:
        holder = server.pseudonyms.holder(resident_id)
        granter = service.granter_of(connection, resident_id, version_id)
    entry = entries.revoked(app, reason, holder, granter)
    ledger.append(connection, entry, now, server.randomness)
