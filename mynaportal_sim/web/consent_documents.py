"""A person's own copy of one answer, in the format of another system."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from consent import service
from consent.model import ConsentVersion
from mynaportal_sim.disclosure.documents import Format, for_person
from mynaportal_sim.web.acting import ViewerDep
from mynaportal_sim.web.errors import NoSuchConsentError
from mynaportal_sim.web.kept import PortalDep

router = APIRouter()

FormatPath = Annotated[Format, Path(alias="format")]


@router.get("/consents/{arrangement_id}/{version_id}/{format}")  # noqa: FAST003  by its alias
async def document(
    resident: ViewerDep,
    portal: PortalDep,
    arrangement_id: UUID,
    version_id: UUID,
    format_: FormatPath,
) -> Response:
    """Hand over one answer as a file, if the format can say it without giving more."""
    asked = (resident.resident_id, arrangement_id, version_id)
    version = await portal.db.read(_find, *asked)
    if version is None or not resident.sees(version):
        raise NoSuchConsentError
    told = for_person(version, format_, portal.pseudonyms, portal.now)
    headers = {
        "Content-Disposition": f'attachment; filename="consent-{version_id}-{format_}.json"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return JSONResponse(told, headers=headers, media_type=format_.media_type)


def _find(
    connection: Connection, resident_id: UUID, arrangement_id: UUID, version_id: UUID
) -> ConsentVersion | None:
    for history in service.of_resident(connection, resident_id):
        for version in history.versions:
            if (version.arrangement_id, version.id) == (arrangement_id, version_id):
                return version
    return None
