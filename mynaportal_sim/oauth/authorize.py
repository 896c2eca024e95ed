"""GET and POST /authorize: begins an interaction, or sends the browser back with an error.

As long as client and redirect URI are not known to belong together the error goes to the person
(an UnverifiedRequestError is raised); from then on it goes to the app.
"""

from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import form, par
from mynaportal_sim.oauth.errors import (
    InvalidRequestError,
    OAuthError,
    UnverifiedRequestError,
)
from mynaportal_sim.oauth.interaction import begin, redirect
from mynaportal_sim.oauth.profiles import DEMANDS
from mynaportal_sim.oauth.request import AuthorizationRequest, check, redirect_uri
from mynaportal_sim.oauth.server import Server, ServerDep

router = APIRouter()

Parameters = dict[str, str]


@router.get("/authorize", status_code=303)
async def from_query(request: Request, server: ServerDep) -> Response:
    """Begin an interaction for the request in the URL."""
    try:
        parameters = form.parse(request.scope["query_string"])
    except InvalidRequestError as error:
        raise UnverifiedRequestError(str(error)) from None
    return await _authorize(parameters, server)


@router.post("/authorize", status_code=303)
async def from_form(request: Request, server: ServerDep) -> Response:
    """Begin an interaction for the request in the body (OpenID Connect Core 3.1.2.1)."""
    try:
        parameters = await form.read(request)
    except InvalidRequestError as error:
        raise UnverifiedRequestError(str(error)) from None
    return await _authorize(parameters, server)


async def _authorize(parameters: Parameters, server: Server) -> Response:
    now = server.now()
    app = await server.app(parameters.get("client_id", ""))
    if app is None:
        raise UnverifiedRequestError("client_id names no registered app")
    try:
        asked, pushed = await _asked(parameters, app, server, now)
    except OAuthError as error:
        if not error.redirectable:
            raise
        uri = redirect_uri(parameters, app)
        return _see_other(redirect(server, uri, parameters.get("state"), error.body))
    interaction_id = await server.database.write(begin, asked, pushed, now, server.randomness)
    return _see_other(f"/interactions/{interaction_id}")


async def _asked(
    parameters: Parameters, app: App, server: Server, now: datetime
) -> tuple[AuthorizationRequest, bytes | None]:
    """The request, checked, and the digest of its handle if it was pushed."""
    request_uri = parameters.get("request_uri")
    if request_uri is not None:
        try:
            return await server.database.read(par.find, app.client_id, request_uri, now)
        except InvalidRequestError as error:
            raise UnverifiedRequestError(str(error)) from None
    if DEMANDS[app.profile].pushed:
        raise InvalidRequestError("this app must push its request first (RFC 9126)")
    return check(parameters, app, server, now), None


def _see_other(url: str) -> Response:
    """303, which makes a GET of whatever came before (FAPI 2.0 5.3.2.2-10, 11)."""
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(status_code=303, headers=headers)
