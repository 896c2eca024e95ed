"""POST /revoke: a client gives one of its own tokens up (RFC 7009).

A refresh token takes its whole family with it, one that was replaced as well; an access token
goes alone. A token that is unknown, ended or another client's is answered like one that was
revoked.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.ledger import store as ledger
from consent.token import AccessToken, Rejected
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import client_token, entries, families, form, revocation, rotation
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.client_authentication import Client, identify
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.rotation import Reused
from mynaportal_sim.oauth.server import Server, ServerDep

REASON = "revoked_by_app"

router = APIRouter(route_class=ToClients)


@router.post("/revoke")
@spoken_to_clients
async def revoke(request: Request, server: ServerDep) -> Response:
    """End a token."""
    now = server.now()
    parameters = await form.read(request)
    client = await identify(server, request, parameters, now)
    text = form.required(parameters, "token")
    presented = await _read(text, server, now)
    refused = await server.database.write(_revoke, server, client, presented, now)
    if refused is not None:
        raise refused
    return answer({})


async def _read(text: str, server: Server, now: datetime) -> str | AccessToken | ClientToken:
    """The access token that a text is; else the text, which may be a refresh token."""
    access = await server.verified(text, now)
    if not isinstance(access, Rejected):
        return access
    return await client_token.verified(text, server, now) or text


def _revoke(
    connection: Connection,
    server: Server,
    client: Client,
    presented: str | AccessToken | ClientToken,
    now: datetime,
) -> OAuthError | None:
    refused = client.use_up(connection)
    if refused is not None:
        return refused
    client_id = client.app.client_id
    if isinstance(presented, str):
        ended = _end_family(connection, client_id, presented, now)
    elif presented.client_id != client_id:
        return None
    elif isinstance(presented, ClientToken):
        if families.revoke_token(connection, presented.jti, presented.expires_at):
            entry = entries.revoked(client.app, REASON, None)
            ledger.append(connection, entry, now, server.randomness)
        return None
    else:
        resident_id = families.holder_of(connection, client_id, presented.jti)
        revoked = families.revoke_token(connection, presented.jti, presented.expires_at)
        ended = (resident_id, presented.version_id) if revoked else None
    if ended is not None:
        revocation.enter(connection, server, (client.app, REASON), ended, now)
    return None


def _end_family(
    connection: Connection, client_id: str, refresh_token: str, now: datetime
) -> tuple[UUID | None, UUID] | None:
    """The resident and the version of the family that has ended by this; None if none has."""
    family = families.of_refresh(connection, client_id, refresh_token, now)
    ended: Family | Reused | None = family
    if family is None:
        ended = rotation.end_reused(connection, client_id, refresh_token, now)
    elif not families.kill(connection, family.id, now):
        return None
    if ended is None:
        return None
    return apps.resident_of(connection, client_id, ended.sub), ended.version_id
