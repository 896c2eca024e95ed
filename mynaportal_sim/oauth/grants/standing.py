"""Whether the consent that a token family comes of still gives anything."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.model import ConsentVersion
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth.errors import InvalidGrantError
from mynaportal_sim.oauth.families import Family


class Standing(NamedTuple):
    """A consent version in force, and whose it is."""

    resident_id: UUID
    version: ConsentVersion


def standing(
    connection: Connection, family: Family, now: datetime
) -> Standing | InvalidGrantError:
    """The version of the family, if it is in force at `now`: tokens end with their consent."""
    resident_id = apps.resident_of(connection, family.client_id, family.sub)
    if resident_id is not None:
        for version in service.in_force(connection, resident_id, family.client_id, now):
            if version.id == family.version_id:
                return Standing(resident_id, version)
    return InvalidGrantError("the person's consent has ended")
