"""Where a person types the code that a device shows, and says if it is theirs (RFC 8628 3.3).

Whoever has a code typed gets what is then handed over, so the page shows the code and the app
again, also to whom a link brought it, and asks before anything else.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from consent.instants import rfc3339
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.login import cookies
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.limit import CodesLimited
from mynaportal_sim.oauth import devices
from mynaportal_sim.oauth.device_authorization import PAGE, take_up, turn_away
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.way_back import DEVICE_DONE
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.web.errors import NoSuchUserCodeError
from mynaportal_sim.web.kept import Portal, PortalDep, begun
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import PROBLEMS

CODE_MAX = 64
_TURNED_AWAY = "turned-away"

router = APIRouter()


class AnswerForm(BaseModel):
    """The code again, and whether the device that shows it is the person's."""

    csrf: str = ""
    user_code: str = Field(default="", max_length=CODE_MAX, repr=False)
    decision: Literal["mine", "not_mine"]


@router.get(PAGE, dependencies=[CodesLimited])
async def show(
    page: PageDep, portal: PortalDep, user_code: str = "", done: str = ""
) -> Response:
    """Ask for the code, or who shows it; the latter begins the session of the answer."""
    typed = devices.read(user_code)
    found = None
    if typed is not None:
        found = await portal.db.read(_asking, portal.pseudonyms, typed, portal.now)
    if typed is None or found is None:
        return _form(page, user_code, turned_away=done == _TURNED_AWAY)
    session = await begun(page, portal)
    response = _compare(page, devices.shown(typed), *found)
    if session is not None:
        cookies.write(response, session.id, portal.settings)
    return response


@router.post(PAGE, dependencies=[CodesLimited])
async def answer(
    page: PageDep, portal: PortalDep, server: ServerDep, form: Annotated[AnswerForm, Form()]
) -> Response:
    """Go on to the login and the question, or have the device refused."""
    check_csrf(page.request, portal.settings, form.csrf)
    typed = devices.read(form.user_code) or ""
    if form.decision == "not_mine":
        turned = await portal.db.write(turn_away, server, typed, portal.now)
        response = see_other(f"{PAGE}?done={_TURNED_AWAY}") if turned else None
    else:
        response = await _take_up(page, portal, server, typed)
    return _form(page, form.user_code) if response is None else response


@router.get(DEVICE_DONE)
async def done(page: PageDep, outcome: Literal["issued", "refused"]) -> Response:
    """Send the person back to their device."""
    return page("device_done.html", {"given": outcome == "issued"})


async def _take_up(
    page: Page, portal: Portal, server: Server, typed: str
) -> RedirectResponse | None:
    """On to the login and the question, in this browser alone; None if there is nothing."""
    new = await begun(page, portal)  # the one whose page this was may have run out
    session = new or page.visitor.session
    began_as = b"" if session is None else session.began_as
    taken = await portal.db.write(take_up, server, typed, began_as, portal.now)
    if taken is None:
        return None
    response = see_other(f"/interactions/{taken}")
    if new is not None:
        cookies.write(response, new.id, portal.settings)
    return response


def _asking(
    connection: Connection, pseudonyms: Pseudonyms, typed: str, now: datetime
) -> tuple[App, datetime] | None:
    """The app that waits behind a code, and since when."""
    asking = devices.asking(connection, pseudonyms, typed, now)
    app = asking and apps.find(connection, asking.request.client_id)
    return None if asking is None or app is None else (app, asking.begun_at)


def _compare(page: Page, code: str, app: App, begun_at: datetime) -> Response:
    if page.for_program:
        told = {"name": app.name, "organisation": app.organisation}
        asked = {"user_code": code, "app": told, "asked_at": rfc3339(begun_at)}
        return page.data({"csrf": page.visitor.csrf, **asked})
    return page("device_compare.html", {"code": code, "app": app, "begun_at": begun_at})


def _form(page: Page, typed: str, *, turned_away: bool = False) -> Response:
    """What a code is typed into; again, where `typed` leads nowhere.

    Raises:
        NoSuchUserCodeError: a program asks, which has no use for a form.
    """
    error = NoSuchUserCodeError()
    if page.for_program:
        raise error
    problem = page.text(PROBLEMS[error.code]) if typed else None
    shown = {"typed": typed, "problem": problem, "turned_away": turned_away}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed else HTTPStatus.OK
    return page("device.html", shown, status=status)
