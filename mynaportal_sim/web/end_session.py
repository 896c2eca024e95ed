"""Where an app has a person log out of the portal, and the question whether they want to.

An app that shows an ID token of this very session is believed without a question.
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from mynaportal_sim.login import cookies, sessions
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.oauth import end_session, form, inspection
from mynaportal_sim.oauth.end_session import Ending
from mynaportal_sim.oauth.errors import InvalidRequestError, UnverifiedRequestError
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import trail_of
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.redirects import origin_of, see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import PROBLEMS

PATH = "/end-session"
router = APIRouter(prefix=PATH)


@router.get("")
async def from_query(page: PageDep, portal: PortalDep, server: ServerDep) -> Response:
    """End the session if the app has shown that it means it; else ask the person."""
    session = page.visitor.session
    try:
        ending = await _read(page.request, server)
    except UnverifiedRequestError as error:
        if page.for_program or not isinstance(session, LoggedIn):
            raise
        return await _not_ended(page, server, error)
    page.suit(ending.parameters.get("ui_locales", "").split())
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


async def _not_ended(page: Page, server: Server, error: UnverifiedRequestError) -> Response:
    """What a person must not take for the end of their session, and how they can end it."""
    why = await inspection.kept(page.request, server, error)
    told = {"technical": str(error), "why": why, "said": page.text(PROBLEMS[error.code])}
    return page("end_session.html", {**told, "app_name": None, "kept": {}}, status=error.status)


def _question(page: Page, ending: Ending) -> Response:
    if page.for_program:
        told = {"csrf": page.visitor.csrf, "ended": False}
        return page.data(told)
    app_name = ending.app and ending.app.name
    values = {"app_name": app_name, "kept": ending.parameters, "technical": None}
    target = origin_of(ending.location) if ending.location else ""
    return page("end_session.html", values, form_action=target)
