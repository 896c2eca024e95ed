"""POST /apps/self/consents…: how each arrangement stands for an app, and its way to end one."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from uuid import uuid4

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import service
from consent.errors import (
    ConsentError,
    IllegalTransitionError,
    KeyReusedError,
    StaleVersionError,
)
from consent.instants import rfc3339
from consent.model import ConsentVersion, standing
from consent.model.granted import granted_details
from mynaportal_sim.apps import store as apps
from mynaportal_sim.legible import legible
from mynaportal_sim.oauth import form, withdrawal
from mynaportal_sim.oauth.answers import spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.errors import (
    ConsentEndedError,
    InvalidRequestError,
    OAuthError,
    StaleConsentVersionError,
    UnknownArrangementError,
)
from mynaportal_sim.oauth.server import Server, ServerDep

LIMIT = 50
REASON_MAX = 200
MEANT = "consent_version"
_REFUSALS: Mapping[type[ConsentError], type[OAuthError]] = {
    IllegalTransitionError: ConsentEndedError,
    StaleVersionError: StaleConsentVersionError,
    KeyReusedError: InvalidRequestError,
}

router = APIRouter()


@router.post("/apps/self/consents")
@spoken_to_clients
async def consents(request: Request, server: ServerDep) -> Response:
    """Say how each arrangement of the app stands, person by person."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    work = partial(_listed, parameters.get("after", ""), now)
    return await answered(server, client, work)


@router.post("/apps/self/consents/withdraw")
@spoken_to_clients
async def withdraw(request: Request, server: ServerDep) -> Response:
    """End a consent that the app no longer needs, in the version it means if it names one."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    work = partial(_ended, server, parameters, now)
    return await answered(server, client, work)


def _listed(after: str, now: datetime, connection: Connection, client: Client) -> Said:
    app_id = client.app.client_id
    known = apps.subjects_of(connection, app_id, after, LIMIT + 1)
    shown = [
        _shown(sub, version, now)
        for sub, resident_id in known[:LIMIT]
        for version in standing(service.of_app(connection, resident_id, app_id))
    ]
    more = known[LIMIT - 1].sub if len(known) > LIMIT else None
    declared = client.app.purpose
    return {
        "purpose": {
            "code": declared.code,
            "text": declared.text,
            "version": declared.version,
            "text_sha256": declared.text_sha256,
        },
        "consents": shown,
        "after": more,
    }


def _ended(
    server: Server,
    parameters: Mapping[str, str],
    now: datetime,
    connection: Connection,
    client: Client,
) -> Said:
    app_id, sub = client.app.client_id, form.required(parameters, "sub")
    arrangement_id = form.required_uuid(parameters, "arrangement")
    reason = parameters.get("reason", "")
    if len(reason) > REASON_MAX or not legible(reason):
        return InvalidRequestError(f"a reason has at most {REASON_MAX} printable characters")
    resident_id = apps.resident_of(connection, app_id, sub)
    version = None
    if resident_id is not None:
        version = service.newest(connection, resident_id, arrangement_id)
    if resident_id is None or version is None or version.app_id != app_id:
        return UnknownArrangementError("this app has no such arrangement with this person")
    key, meant = form.uuid(parameters, "key") or uuid4(), form.uuid(parameters, MEANT)
    wish = withdrawal.by_app(server, version, key, meant, reason)
    try:
        ended = service.change(connection, wish, now, server.randomness)
    except tuple(_REFUSALS) as error:
        return _REFUSALS[type(error)](str(error))
    return _shown(sub, ended, now)


def _shown(sub: str, version: ConsentVersion, now: datetime) -> dict[str, object]:
    """A consent as its app may know it."""
    return {
        "sub": sub,
        "arrangement": str(version.arrangement_id),
        "consent_version": str(version.id),
        "number": version.number,
        "status": version.status(now).value,
        "since": rfc3339(version.state_since),
        "by": version.state_by.value,
        "valid_until": rfc3339(version.terms.valid_until),
        "purpose_version": version.terms.purpose.version,
        "purpose_text_sha256": version.terms.purpose.text_sha256,
        "records_left_out": len(version.terms.left_out),
        "authorization_details": list(granted_details(version.terms)),
    }
