"""GET and POST /authorize: begins an interaction, or sends the browser back with an error.

As long as client and redirect URI are not known to belong together the error goes to the person
(an UnverifiedRequestError is raised); from then on it goes to the app.
"""

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy.exc import OperationalError
from starlette.responses import Response

from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import form, inspection, par
from mynaportal_sim.oauth.answers import TEMPORARILY_UNAVAILABLE
from mynaportal_sim.oauth.checks.assertion import public_clients_are_let_in
from mynaportal_sim.oauth.checks.request import Asked, redirect_uri_is_registered
from mynaportal_sim.oauth.errors import InvalidRequestError, OAuthError, UnverifiedRequestError
from mynaportal_sim.oauth.interaction import begin
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.request import AuthorizationRequest, asked_by_app, check
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import Trail, asked_by, trail_of
from mynaportal_sim.oauth.way_back import redirect

router = APIRouter()

Parameters = dict[str, str]


@router.get("/authorize", status_code=303)
async def from_query(request: Request, server: ServerDep) -> Response:
    """Begin an interaction for the request in the URL."""
    try:
        parameters = form.parse(request.scope["query_string"])
    except InvalidRequestError as error:
        raise UnverifiedRequestError(str(error)) from None
    return await _authorize(request, parameters, server)


@router.post("/authorize", status_code=303)
async def from_form(request: Request, server: ServerDep) -> Response:
    """Begin an interaction for the request in the body (OpenID Connect Core 3.1.2.1)."""
    try:
        parameters = await form.read(request)
    except InvalidRequestError as error:
        raise UnverifiedRequestError(str(error)) from None
    return await _authorize(request, parameters, server)


async def _authorize(request: Request, parameters: Parameters, server: Server) -> Response:
    now, trail = server.now(), trail_of(request)
    trail.parameters = parameters
    found = await server.app(parameters.get("client_id", ""))
    app = trail.hold(client_is_known, found)
    asked = await asked_by_app(parameters, app, server, now)
    try:
        checked, pushed = await _checked(asked, server, now, trail)
    except OAuthError as error:
        if not error.redirectable:
            raise
        redirect_uri_is_registered.run(asked)
        uri, state = parameters["redirect_uri"], parameters.get("state")
        body = {**error.body, "error_uri": await inspection.kept(request, server, error)}
        return _see_other(redirect(server, uri, state, body))
    try:
        begun = await server.database.write(begin, checked, pushed, now, server.randomness)
    except OperationalError:
        told = {"error": TEMPORARILY_UNAVAILABLE, "error_description": "try again in a moment"}
        return _see_other(redirect(server, checked.redirect_uri, checked.state, told))
    return _see_other(f"/interactions/{begun}")


@asked_by("RFC 6749 4.1.2.1", "client_id names a registered client.")
def client_is_known(app: App | None) -> App:
    if app is None:
        raise UnverifiedRequestError("client_id names no registered app")
    return app


async def _checked(
    asked: Asked, server: Server, now: datetime, trail: Trail
) -> tuple[AuthorizationRequest, bytes | None]:
    """The request, checked, and the digest of its handle if it was pushed."""
    trail.hold(public_clients_are_let_in, (asked.app, server.public_clients))
    request_uri = asked.parameters.get("request_uri")
    if request_uri is not None:
        given = (asked.app.client_id, request_uri, now)
        return trail.hold(request_uri_is_live, (await server.database.read(par.find, *given)))
    trail.hold_all(demanded(asked.app, server).unpushed, asked)
    return check(asked, server, trail), None


@asked_by("RFC 9126 4", "request_uri is one of this client's, not answered and not expired.")
def request_uri_is_live(found: par.Pushed | None) -> par.Pushed:
    if found is None:
        raise UnverifiedRequestError(
            "request_uri is unknown, used or expired; push a new request"
        )
    return found


def _see_other(url: str) -> Response:
    """303, which makes a GET of whatever came before (FAPI 2.0 5.3.2.2-10, 11)."""
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(status_code=303, headers=headers)
