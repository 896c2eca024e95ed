"""POST /device_authorization: a device without a browser asks for codes (RFC 8628 3.1, 3.2).

A person who types one of them takes up what the device asks for, or turns it away.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from mynaportal_sim.oauth import devices, form, interaction
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.devices import LIFETIME, PAUSE, Codes, State, Waiting
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.par import bind
from mynaportal_sim.oauth.request import AuthorizationRequest, asked_by_app, check_of_device
from mynaportal_sim.oauth.server import Server, ServerDep

PAGE = "/device"
"""Where people type the code that their device shows them."""

router = APIRouter(route_class=ToClients)


@router.post("/device_authorization")
@spoken_to_clients
async def ask(request: Request, server: ServerDep) -> Response:
    """Take in what a device asks for, and give it the codes that lead there."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    proof = bind(request, server, client, parameters, now)
    received = await asked_by_app(parameters, client.app, server, now)
    asked = check_of_device(received, server, client.trail)
    codes = await server.database.write(_store, server, client, proof, asked, now)
    if isinstance(codes, OAuthError):
        raise codes
    page = f"{server.issuer}{PAGE}"
    return answer(
        {
            "device_code": codes.device,
            "user_code": codes.typed,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={codes.typed}",
            "expires_in": int(LIFETIME.total_seconds()),
            "interval": PAUSE,
        }
    )


def _store(
    connection: Connection,
    server: Server,
    client: Client,
    proof: Proof | None,
    asked: AuthorizationRequest,
    now: datetime,
) -> Codes | OAuthError:
    refused = client.use_up(connection, proof)
    if refused is not None:
        return refused
    return devices.begin(connection, asked, server.pseudonyms, now, server.randomness)


def take_up(
    connection: Connection, server: Server, typed: str, began_as: bytes, now: datetime
) -> UUID | None:
    """Begin the interaction that a code leads to; None if it leads nowhere any more.

    It can be gone on with only in the session that began so, whoever else learns its address:
    nobody else has been warned (RFC 8628 5.4).
    """
    found = devices.asking(connection, server.pseudonyms, typed, now)
    if found is None or not devices.move(connection, found.digest, State.TAKEN_UP, now):
        return None
    device = Waiting(found.digest, devices.shown(typed), began_as)
    randomness = server.randomness
    return interaction.begin(connection, found.request, None, now, randomness, device)


def turn_away(connection: Connection, server: Server, typed: str, now: datetime) -> bool:
    """Have the device that shows a code be refused; False if nothing waits behind the code."""
    found = devices.asking(connection, server.pseudonyms, typed, now)
    return found is not None and devices.move(connection, found.digest, State.REFUSED, now)
