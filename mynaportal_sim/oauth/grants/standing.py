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


class Standing(NamedTuple):
    """A consent version in force, and whose it is."""

    resident_id: UUID
    version: ConsentVersion


def standing(
    connection: Connection, family: Family, now: datetime
) -> Standing | InvalidGrantError | ConsentSuspendedError:
    """The version of the family, if it is in force at `now`: tokens end with their consent."""
    resident_id = apps.resident_of(connection, family.client_id, family.sub)
    version = (
        None
        if resident_id is None
        else service.newest(connection, resident_id, family.arrangement_id)
    )
    if resident_id is None or version is None or version.id != family.version_id:
        return InvalidGrantError("the person's consent has ended")
    status = version.status(now)
    if status is Status.SUSPENDED:
        return ConsentSuspendedError("the consent is suspended; ask again once it is resumed")
    if status is not Status.GRANTED:
        return InvalidGrantError(f"the person's consent gives nothing any more: {status}")
    return Standing(resident_id, version)
