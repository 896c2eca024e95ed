"""POST /revoke: a client gives one of its own tokens up (RFC 7009).

A refresh token takes its whole family with it, an access token goes alone. A token that is
unknown, ended or another client's is answered like one that was revoked.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.token import AccessToken, Rejected
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import families, form, revocation
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.server import Server, ServerDep

router = APIRouter(route_class=ToClients)


@router.post("/revoke")
@spoken_to_clients
async def revoke(request: Request, server: ServerDep) -> Response:
    """End a token."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    text = form.required(parameters, "token")
    access = await server.verified(text, now)
    refused = await server.database.write(
        _revoke, server, client, text if isinstance(access, Rejected) else access, now
    )
    if refused is not None:
        raise refused
    return answer({})


def _revoke(
    connection: Connection,
    server: Server,
    client: Client,
    presented: str | AccessToken,
    now: datetime,
) -> OAuthError | None:
    refused = client.use_up(connection)
    if refused is not None:
        return refused
    client_id = client.app.client_id
    if isinstance(presented, str):
        ended = _end_family(connection, client_id, presented, now)
    elif presented.client_id == client_id:
        resident_id = families.holder_of(connection, client_id, presented.jti)
        revoked = families.revoke_token(connection, presented.jti, presented.expires_at)
        ended = (resident_id, presented.version_id) if revoked else None
    else:
        return None
    if ended is not None:
        revocation.enter(connection, server, (client.app, "revoked_by_app"), ended, now)
    return None


def _end_family(
    connection: Connection, client_id: str, refresh_token: str, now: datetime
) -> tuple[UUID | None, UUID] | None:
    """The resident and the version of the family that has ended by this; None if none has."""
    family = families.of_refresh(connection, client_id, refresh_token, now)
    if family is None or not families.kill(connection, family.id, now):
        return None
    return apps.resident_of(connection, client_id, family.sub), family.version_id
