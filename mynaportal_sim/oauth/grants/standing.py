"""Whether the consent that a token family comes of still gives anything."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.model import ConsentVersion, Status
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth.errors import ConsentSuspendedError, InvalidGrantError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.trail import Trail, asked_by


class ConsentInForce(NamedTuple):
    """A consent version in force, and whose it is."""

    resident_id: UUID
    version: ConsentVersion


class Found(NamedTuple):
    """Whose family it is, and the newest version of the arrangement that it comes of."""

    family: Family
    resident_id: UUID | None
    version: ConsentVersion | None
    now: datetime


NotStanding = InvalidGrantError | ConsentSuspendedError


def standing(
    connection: Connection, family: Family, now: datetime, trail: Trail
) -> ConsentInForce | NotStanding:
    """The version of the family, if it is in force at `now`: tokens end with their consent."""
    resident_id = apps.resident_of(connection, family.client_id, family.sub)
    version = (
        None
        if resident_id is None
        else service.newest(connection, resident_id, family.arrangement_id)
    )
    return trail.hold(consent_is_in_force, Found(family, resident_id, version, now))


@asked_by("design: a token dies with its consent", "The consent behind it is in force.")
def consent_is_in_force(found: Found) -> ConsentInForce | NotStanding:
    version = found.version
    if found.resident_id is None or version is None or version.id != found.family.version_id:
        return InvalidGrantError("the person's consent has ended")
    status = version.status(found.now)
    if status is Status.SUSPENDED:
        return ConsentSuspendedError("the consent is suspended; ask again once it is resumed")
    if status is not Status.GRANTED:
        return InvalidGrantError(f"the person's consent gives nothing any more: {status}")
    return ConsentInForce(found.resident_id, version)
