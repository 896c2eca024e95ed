"""POST /apps/self/erasures…: what an app must erase, and its certificates that it has."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.erasure import service, store
from mynaportal_sim.erasure.certificate import Fault
from mynaportal_sim.erasure.errors import ErasureSettledError, NoSuchErasureError
from mynaportal_sim.erasure.model import ErasureCase, State
from mynaportal_sim.oauth import errors, form
from mynaportal_sim.oauth.answers import answer, spoken_to_clients
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.errors import InvalidRequestError, OAuthError
from mynaportal_sim.oauth.server import Server, ServerDep

LIMIT = 50

router = APIRouter(prefix="/apps/self/erasures")

Said = dict[str, object] | OAuthError
"""What is answered; a refusal is a value, so that the client's assertion stays used up."""

Work = Callable[[Connection, Client], Said]


@router.post("")
@spoken_to_clients
async def erasures(request: Request, server: ServerDep) -> Response:
    """Say what the app must erase and has not certified yet."""
    now = server.now()
    parameters = await form.read(request)
    after = _uuid(parameters["after"], "after") if "after" in parameters else UUID(int=0)
    return await _answered(request, server, parameters, partial(_listed, after, now), now)


@router.post("/{erasure_id}/acknowledge")  # noqa: FAST003  see _named
@spoken_to_clients
async def acknowledge(request: Request, server: ServerDep) -> Response:
    """Note that the app knows of an erasure."""
    now = server.now()
    parameters = await form.read(request)
    work = partial(_acknowledged, server, _named(request), now)
    return await _answered(request, server, parameters, work, now)


@router.post("/{erasure_id}/certificate")  # noqa: FAST003  see _named
@spoken_to_clients
async def certify(request: Request, server: ServerDep) -> Response:
    """Take the app's certificate that it has erased, or that a law makes it wait."""
    now = server.now()
    parameters = await form.read(request)
    certificate = form.required(parameters, "certificate")
    work = partial(_certified, server, _named(request), certificate, now)
    return await _answered(request, server, parameters, work, now)


async def _answered(
    request: Request, server: Server, parameters: Mapping[str, str], work: Work, now: datetime
) -> Response:
    client = await authenticate(server, parameters, request.headers.get("authorization"), now)
    found = await server.database.write(_used_up, client, work)
    if isinstance(found, OAuthError):
        raise found
    return answer(found)


def _used_up(connection: Connection, client: Client, work: Work) -> Said:
    """Use the client's assertion up, then do what it came with; a unit of work."""
    refused = client.use_up(connection)
    if refused is not None:
        return refused
    try:
        return work(connection, client)
    except NoSuchErasureError as error:
        return errors.UnknownErasureError(str(error))
    except ErasureSettledError as error:
        return errors.ErasureSettledError(str(error))


def _listed(after: UUID, now: datetime, connection: Connection, client: Client) -> Said:
    app_id = client.app.client_id
    found = store.of_app(connection, app_id, LIMIT + 1, after, settled=False)
    more = str(found[LIMIT - 1].version_id) if len(found) > LIMIT else None
    return {"erasures": [document(one, now) for one in found[:LIMIT]], "after": more}


def _acknowledged(
    server: Server, version_id: UUID, now: datetime, connection: Connection, client: Client
) -> Said:
    app_id = client.app.client_id
    return document(
        service.acknowledge(connection, app_id, version_id, now, server.randomness), now
    )


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
        app.client_id, version_id, certificate, server.issuer, app.keys
    )
    found = service.attest(connection, brought, now, server.randomness)
    if isinstance(found, Fault):
        return errors.CertificateRefusedError(found.value, found.sentence)
    return document(found, now)


def document(case: ErasureCase, now: datetime) -> dict[str, object]:
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
        "status": case.status(now).value,
        "since": rfc3339(case.state_since),
        "certified": case.state in {State.ATTESTED, State.RETAINED_BY_LAW},
    }


def _named(request: Request) -> UUID:
    """The erasure in the path, which `spoken_to_clients` hands to no endpoint."""
    return _uuid(request.path_params["erasure_id"], "the erasure")


def _uuid(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequestError(f"{name} is no UUID") from None
