"""POST /apps/self/operator-link: an app with its key has a link to its console made."""

from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.operators import links
from mynaportal_sim.operators.links import Way

router = APIRouter()


@router.post("/apps/self/operator-link")
@spoken_to_clients
async def operator_link(request: Request, server: ServerDep) -> Response:
    """Hand the app a link that opens its console once, within ten minutes."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    return await answered(server, client, partial(_issued, server, now))


def _issued(server: Server, now: datetime, connection: Connection, client: Client) -> Said:
    link = links.issue(connection, client.app, Way.KEY, now, server.randomness)
    return {"url": link.url(server.issuer), "expires_at": rfc3339(link.ends_at)}
