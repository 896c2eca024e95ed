"""How an operator comes into the console of an app, and goes out."""

from http import HTTPStatus
from secrets import token_bytes
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from mynaportal_sim.login import cookies
from mynaportal_sim.login.csrf import check_csrf, check_origin
from mynaportal_sim.operators import links, sessions
from mynaportal_sim.operators.sessions import COOKIE
from mynaportal_sim.web.kept import PortalDep
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.visitor import NOBODY

TOKEN_MAX = 64
CONSOLE = "/apps/console"
router = APIRouter()


@router.get(links.PATH)
async def before(request: Request) -> Response:
    """Say what the link opens; to look at this page uses nothing up."""
    done = request.query_params.get("done")
    return Page(request, NOBODY)("console_open.html", {"refused": False, "done": done})


@router.post(links.PATH)
async def enter(
    request: Request,
    portal: PortalDep,
    token: Annotated[str, Form(max_length=TOKEN_MAX)] = "",
) -> Response:
    """Use the link up, and begin a session that sees its app."""
    check_origin(request, portal.settings)
    operator = await portal.db.write(links.follow, token.strip(), portal.now, token_bytes)
    if operator is None:
        page, values = Page(request, NOBODY), {"refused": True, "done": None}
        return page("console_open.html", values, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    response = see_other(CONSOLE)
    cookies.write(response, operator.id, portal.settings, COOKIE)
    return response


@router.post(f"{CONSOLE}/log-out")
async def leave(
    request: Request, portal: PortalDep, csrf: Annotated[str, Form()] = ""
) -> Response:
    """End the session."""
    session_id = check_csrf(request, portal.settings, csrf, COOKIE)
    await portal.db.write(sessions.end, session_id)
    response = see_other(f"{links.PATH}?done=logged-out")
    cookies.remove(response, portal.settings, COOKIE)
    return response
