"""POST /apps/self/declarations: all that an app has ever declared, as people agreed to it."""

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from mynaportal_sim.apps import service
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.server import ServerDep

router = APIRouter()


@router.post("/apps/self/declarations")
@spoken_to_clients
async def declarations(request: Request, server: ServerDep) -> Response:
    """Say what the app has declared, from the first time to the newest, which holds."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    return await answered(server, client, _declared)


def _declared(connection: Connection, client: Client) -> Said:
    found = service.every_declaration(connection, client.app.client_id)
    return {"declarations": [one.plain for one in found]}
