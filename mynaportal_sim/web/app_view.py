"""POST /apps/self/…: what an app that proves itself reads of its own entries of the ledger.

By POST, since the assertion that authenticates the app does not belong into an address, and
each serves once (as at /introspect).
"""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.disclosure import of_app
from mynaportal_sim.disclosure.of_app import Listing, Row
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import answer, spoken_to_clients
from mynaportal_sim.oauth.client_authentication import authenticate
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.oauth.server import Server, ServerDep

LIMIT = 50
LIMIT_MAX = 100
_ID_MAX = 2**62

router = APIRouter()


@router.post("/apps/self/accesses")
@spoken_to_clients
async def accesses(request: Request, server: ServerDep) -> Response:
    """Say what the app was given, newest first."""
    return await _listed(request, server, Listing.ACCESSES)


@router.post("/apps/self/refusals")
@spoken_to_clients
async def refusals(request: Request, server: ServerDep) -> Response:
    """Say what the app was refused, and why."""
    return await _listed(request, server, Listing.REFUSALS)


@router.post("/apps/self/receipts")
@spoken_to_clients
async def receipts(request: Request, server: ServerDep) -> Response:
    """Say what people answered the app, and took back."""
    return await _listed(request, server, Listing.RECEIPTS)


async def _listed(request: Request, server: Server, listing: Listing) -> Response:
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    limit = _number(parameters, "limit", LIMIT_MAX) or LIMIT
    before = _number(parameters, "before", _ID_MAX)
    refused = await server.database.write(client.use_up)
    if refused is not None:
        raise refused
    asked = (client.app.client_id, listing, limit, before)
    found = await server.database.read(of_app.search, *asked)
    return answer({"entries": [_shown(row) for row in found.rows], "older": found.older})


def _number(parameters: Mapping[str, str], name: str, most: int) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
        raise InvalidRequestError(f"{name} must be a number from 1 to {most}")
    return int(text)


def _shown(row: Row) -> dict[str, object]:
    event = row.event
    return {
        "index": event.position,
        "at": rfc3339(event.at),
        "type": event.type,
        "fields": {name: value for name, value in event.said.items() if name != "at"},
        "proof": row.proof,
    }
