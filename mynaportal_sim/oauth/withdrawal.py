"""That an app ends a consent which it no longer needs."""

from uuid import UUID

from consent.model import Actor, ConsentVersion, Event
from consent.service import Change
from mynaportal_sim.oauth.server import Server

CHANNEL = "app"


def by_app(
    server: Server,
    version: ConsentVersion,
    key: UUID,
    meant: UUID | None = None,
    reason: str = "",
) -> Change:
    """The wish of an app to end a consent, in the version that it means if it says so."""
    return Change(
        event=Event.WITHDRAW,
        key=key,
        resident_id=version.resident_id,
        arrangement_id=version.arrangement_id,
        version_id=meant or version.id,
        channel=CHANNEL,
        holder=server.pseudonyms.holder(version.resident_id),
        actor=Actor.APP,
        reason=reason,
    )
