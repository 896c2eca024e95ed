"""POST /apps/self/erasures…: what an app must erase, and its certificates that it has."""

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.apps.model import App
from mynaportal_sim.erasure import service, store
from mynaportal_sim.erasure.errors import ErasureSettledError, NoSuchErasureError
from mynaportal_sim.erasure.faults import Refusal
from mynaportal_sim.erasure.model import ErasureCase
from mynaportal_sim.oauth import errors, form
from mynaportal_sim.oauth.answers import spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, Work, answered
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.server import Server, ServerDep

LIMIT = 50

router = APIRouter(prefix="/apps/self/erasures")


@router.post("")
@spoken_to_clients
async def erasures(request: Request, server: ServerDep) -> Response:
    """Say what the app must erase and has not certified yet."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    after = form.uuid(parameters, "after") or UUID(int=0)
    return await answered(server, client, partial(_listed, after, now))


@router.post("/{erasure_id}/acknowledge")  # noqa: FAST003  see _named
@spoken_to_clients
async def acknowledge(request: Request, server: ServerDep) -> Response:
    """Note that the app knows of an erasure."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    work = partial(_acknowledged, server, _named(request), now)
    return await answered(server, client, partial(_of_case, work))


@router.post("/{erasure_id}/certificate")  # noqa: FAST003  see _named
@spoken_to_clients
async def certify(request: Request, server: ServerDep) -> Response:
    """Take the app's certificate that it has erased, or that a law makes it wait."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    certificate = form.required(parameters, "certificate")
    work = partial(_certified, server, _named(request), certificate, now)
    return await answered(server, client, partial(_of_case, work))


def _of_case(work: Work, connection: Connection, client: Client) -> Said:
    """What `work` says of an erasure that there is and that its state lets go on."""
    try:
        return work(connection, client)
    except NoSuchErasureError as error:
        return errors.UnknownErasureError(str(error))
    except ErasureSettledError as error:
        return errors.ErasureSettledError(str(error))


def _listed(after: UUID, now: datetime, connection: Connection, client: Client) -> Said:
    app = client.app
    found = store.of_app(connection, app.client_id, LIMIT + 1, after, settled=False)
    more = str(found[LIMIT - 1].version_id) if len(found) > LIMIT else None
    return {"erasures": [document(one, app, now) for one in found[:LIMIT]], "after": more}


def _acknowledged(
    server: Server, version_id: UUID, now: datetime, connection: Connection, client: Client
) -> Said:
    app_id = client.app.client_id
    known = service.acknowledge(connection, app_id, version_id, now, server.randomness)
    return document(known, client.app, now)


def _certified(
    server: Server,
    version_id: UUID,
    certificate: str,
    now: datetime,
    connection: Connection,
    client: Client,
) -> Said:
    app = client.app
    brought = service.Attestation(
        app.client_id,
        version_id,
        certificate,
        server.issuer,
        app.keys,
        app.keys_of_recipients,
    )
    found = service.attest(connection, brought, now, server.randomness)
    if isinstance(found, Refusal):
        return errors.CertificateRefusedError(found.fault, found.sentence, found.recipient)
    return document(found, app, now)


def document(case: ErasureCase, app: App, now: datetime) -> dict[str, object]:
    """An erasure as its app may know it."""
    return {
        "id": str(case.version_id),
        "arrangement": str(case.arrangement_id),
        "consent_version": str(case.version_id),
        "ended": case.ended,
        "ended_at": rfc3339(case.ended_at),
        "on_end": case.on_end.value,
        "erase_by": rfc3339(case.deadline),
        "categories": list(case.categories),
        "passed_on": list(case.passed_on),
        "awaited": list(case.awaits(app.keys_of_recipients)),
        "status": case.status(now).value,
        "since": rfc3339(case.state_since),
        "certified": bool(case.certificate),
    }


def _named(request: Request) -> UUID:
    """The erasure in the path, which `spoken_to_clients` hands to no endpoint."""
    return form.required_uuid(request.path_params, "erasure_id")
