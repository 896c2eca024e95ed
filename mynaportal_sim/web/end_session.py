"""Where an app has a person log out of the portal, and the question whether they want to.

An app that shows an ID token of this very session is believed without a question.
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from mynaportal_sim.login import cookies, sessions
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.oauth import end_session, form
from mynaportal_sim.oauth.end_session import Ending
from mynaportal_sim.oauth.errors import InvalidRequestError, UnverifiedRequestError
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import trail_of
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.redirects import origin_of, see_other
from mynaportal_sim.web.render import Page, PageDep

PATH = "/end-session"
router = APIRouter(prefix=PATH)


@router.get("")
async def from_query(page: PageDep, portal: PortalDep, server: ServerDep) -> Response:
    """End the session if the app has shown that it means it; else ask the person."""
    ending = await _read(page.request, server)
    page.suit(ending.parameters.get("ui_locales", "").split())
    session = page.visitor.session
    if not isinstance(session, LoggedIn):
        return _ended(page, ending)
    if ending.is_of(session, portal.pseudonyms):
        return await _log_out(page, portal, ending)
    return _question(page, ending)


@router.post("", status_code=303)
async def from_form(request: Request, server: ServerDep) -> Response:
    """The same by a form of the app's, with which browsers send no session cookie."""
    ending = await _read(request, server)
    return see_other(f"{PATH}?{urlencode(ending.parameters)}")


@router.post("/confirmed")
async def confirmed(page: PageDep, portal: PortalDep, server: ServerDep) -> Response:
    """End the session of a person who has said so on the page that asks."""
    ending = await _read(page.request, server)
    check_csrf(page.request, portal.settings, trail_of(page.request).parameters.get("csrf"))
    return await _log_out(page, portal, ending)


async def _read(request: Request, server: Server) -> Ending:
    """Raises UnverifiedRequestError."""
    try:
        if request.method == "GET":
            parameters = form.parse(request.scope["query_string"])
        else:
            parameters = await form.read(request)
    except InvalidRequestError as error:
        raise UnverifiedRequestError(str(error)) from None
    return await end_session.read(parameters, server, trail_of(request))


async def _log_out(page: Page, portal: Portal, ending: Ending) -> Response:
    session = page.visitor.session
    if session is not None:
        await portal.db.write(sessions.end, session.id, portal.now)
    response = _ended(page, ending)
    cookies.remove(response, portal.settings)
    return response


def _ended(page: Page, ending: Ending) -> Response:
    """Back to the app where it may be, else to the start page."""
    if page.for_program and ending.location is None:
        return page.data({"ended": True})
    return see_other(ending.location or "/?done=logged-out")


def _question(page: Page, ending: Ending) -> Response:
    if page.for_program:
        told = {"csrf": page.visitor.csrf, "ended": False}
        return page.data(told)
    values = {"app_name": ending.app and ending.app.name, "kept": ending.parameters}
    target = origin_of(ending.location) if ending.location else ""
    return page("end_session.html", values, form_action=target)
