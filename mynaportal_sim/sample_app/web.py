"""The app as one ASGI application, and what it says when something is not as hoped."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from mynaportal_sim.sample_app import fhir
from mynaportal_sim.sample_app.errors import (
    AccessEndedError,
    AccessRestsError,
    IdTokenError,
    PortalDownError,
    RelyingPartyError,
    json_object,
)
from mynaportal_sim.sample_app.identity import CALLBACK
from mynaportal_sim.sample_app.language import marked
from mynaportal_sim.sample_app.pages import Page
from mynaportal_sim.sample_app.portal import Portal
from mynaportal_sim.sample_app.routes import router
from mynaportal_sim.sample_app.sessions import CsrfError, Session, begun, cookie_name
from mynaportal_sim.sample_app.wording import ENDED

SETTLE_EVERY = 5.0  # seconds
_HERE = Path(__file__).parent


def create_app(portal: Portal) -> FastAPI:
    """The app before `portal`."""
    app = FastAPI(
        title="Komorebi", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_open
    )
    app.state.portal = portal
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    host = urlsplit(portal.settings.url).hostname or ""
    # A page anywhere can have a name of its own point at 127.0.0.1 (DNS rebinding).
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[host], www_redirect=False)
    return app


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    """Do what must be erased also for people who do not come back."""
    chore = asyncio.create_task(_settle_for_ever(app.state.portal))
    yield
    chore.cancel()
    with suppress(asyncio.CancelledError):
        await chore


async def _settle_for_ever(portal: Portal) -> None:
    while True:
        await asyncio.sleep(SETTLE_EVERY)
        with suppress(PortalDownError, RelyingPartyError):
            await run_in_threadpool(portal.settle)


def _page(request: Request) -> Page:
    known = request.cookies.get(cookie_name(request.app.state.portal.settings))
    return Page(request, begun() if known is None else Session(known))


def _ended(request: Request, error: Exception) -> Response:
    page = _page(request)
    code = error.code if isinstance(error, AccessEndedError) else ""
    why = page.text(ENDED[code]) if code in ENDED else None
    ending = page.portal.ending(page.session.id)
    values: dict[str, object] = {"why": why, "problem": None, "chosen": [], "ending": ending}
    return page("ended.html", values)


def _resting(request: Request, error: Exception) -> Response:
    early = isinstance(error, AccessRestsError) and error.code == "too_soon"
    text = (
        marked("Your consent lets us fetch your records only at intervals. Please come later.")
        if early
        else marked(
            "You suspended your consent at the portal, so we fetch nothing and show nothing. "
            "Once you resume it there, everything is here again."
        )
    )
    return _problem(request, HTTPStatus.FORBIDDEN, marked("The connection rests"), text)


def _down(request: Request, _error: Exception) -> Response:
    return _problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        marked("The portal does not answer"),
        marked("Nothing is lost: your connection is kept. Please try again in a while."),
    )


def _unexpected(request: Request, error: Exception) -> Response:
    """What the portal said, for whoever can mend it."""
    said = str(error)
    if isinstance(error, RelyingPartyError):
        told = json_object(error.response).get("error_description")
        said = str(told) if told else fhir.outcome(error.response).text
        said = f"{said} ({error.code})" if error.code else said
    return _problem(
        request,
        HTTPStatus.BAD_GATEWAY,
        marked("The portal gave an answer that we did not expect"),
        marked("Your connection is kept. If this happens again, this is what it said:"),
        said,
    )


def _forged(request: Request, _error: Exception) -> Response:
    return _problem(
        request,
        HTTPStatus.FORBIDDEN,
        marked("This form is out of date"),
        marked("Nothing has been changed. Open the page again and repeat what you wanted."),
    )


def _missing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    return _problem(
        request,
        status,
        marked("There is no such page"),
        marked("The address may be mistyped, or the page has moved."),
    )


def _problem(request: Request, status: int, title: str, text: str, said: str = "") -> Response:
    page = _page(request)
    retry = request.url.path if request.method == "GET" and status >= 500 else None
    if request.url.path == CALLBACK:
        retry = None
    values = {"title": page.text(title), "text": page.text(text), "said": said, "retry": retry}
    return page("problem.html", values, status)


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Response]] = {
    AccessEndedError: _ended,
    AccessRestsError: _resting,
    PortalDownError: _down,
    RelyingPartyError: _unexpected,
    IdTokenError: _unexpected,
    CsrfError: _forged,
    HTTPException: _missing,
    RequestValidationError: _missing,
}
