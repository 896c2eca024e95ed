"""POST /verifiers/user-ids, …/find and …/release: an app's own ids for its users (民間ID).

By POST each, since the assertion that authenticates the app stands in the body, and a body has
no meaning of its own in a DELETE (RFC 9110 9.3.5).
"""

from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered, said
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.verifiers import ties
from mynaportal_sim.verifiers.asking import Inquiry, Shown, asked, certificate_in
from mynaportal_sim.verifiers.errors import VerifierError
from mynaportal_sim.verifiers.store import Tie
from mynaportal_sim.verifiers.ties import USER_ID_MAX, TieDesk

router = APIRouter(route_class=ToClients)


@router.post("/verifiers/user-ids")
@spoken_to_clients
async def tie(request: Request, server: ServerDep) -> Response:
    """Tie an id to a certificate."""
    question = await asked(request, server)
    user_id = _user_id(question)
    shown = certificate_in(question.parameters, request.app.state.authority)
    work = partial(_tied, shown, user_id, _desk(question, server))
    return answer(await said(server, question.client, work), 201)


@router.post("/verifiers/user-ids/find")
@spoken_to_clients
async def find(request: Request, server: ServerDep) -> Response:
    """Say which id the app has tied to a certificate."""
    question = await asked(request, server)
    shown = certificate_in(question.parameters, request.app.state.authority)
    work = partial(_found, shown, _desk(question, server))
    return await answered(server, question.client, work)


@router.post("/verifiers/user-ids/release")
@spoken_to_clients
async def release(request: Request, server: ServerDep) -> Response:
    """Let an id be tied no longer."""
    question = await asked(request, server)
    work = partial(_released, _user_id(question), _desk(question, server))
    return await answered(server, question.client, work)


def _user_id(question: Inquiry) -> str:
    found = form.required(question.parameters, "user_id")
    if not ties.plausible(found):
        raise InvalidRequestError(f"user_id must be 1 to {USER_ID_MAX} printable characters")
    return found


def _desk(question: Inquiry, server: Server) -> TieDesk:
    return TieDesk(question.now, server.pseudonyms, server.randomness)


def _tied(
    shown: Shown, user_id: str, desk: TieDesk, connection: Connection, client: Client
) -> Said:
    return _told(ties.tie(connection, desk, client.app, shown, user_id))


def _found(shown: Shown, desk: TieDesk, connection: Connection, client: Client) -> Said:
    return _told(ties.find(connection, desk, client.app, shown))


def _released(user_id: str, desk: TieDesk, connection: Connection, client: Client) -> Said:
    refused = ties.release_own(connection, desk, client.app, user_id)
    return refused or {"user_id": user_id, "released_at": rfc3339(desk.now)}


def _told(found: Tie | VerifierError) -> Said:
    if isinstance(found, VerifierError):
        return found
    return {"user_id": found.user_id, "tied_at": rfc3339(found.tied_at)}
