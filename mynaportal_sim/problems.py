"""The HTTP edge: an error becomes problem+json (RFC 9457) for a program, a page for a person.

OAuth endpoints and the FHIR server answer in the forms of their own standards; they install
those in their rooms.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex
from typing import TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from consent.errors import (
    CannotSayError,
    ConsentError,
    IllegalTransitionError,
    InvalidTermsError,
    MandateMovedError,
    MandateNotInForceError,
    NoReasonError,
    NoSuchArrangementError,
    NoSuchInvitationError,
    NoSuchMandateError,
    NoSuchProhibitionError,
    NotEntitledError,
    NotYoursError,
    StaleVersionError,
)
from consent.mandate import Refusal
from mynaportal_sim.login.errors import LoginError, LoginRefusedError, LoginRequiredError
from mynaportal_sim.oauth import inspection
from mynaportal_sim.oauth.answers import (
    TEMPORARILY_UNAVAILABLE,
    failure,
    speaks_to_clients,
)
from mynaportal_sim.oauth.errors import InteractionGoneError, OAuthError
from mynaportal_sim.oauth.server import server_of
from mynaportal_sim.operators import links
from mynaportal_sim.web.errors import OperatorRequiredError, WebError
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.visitor import NOBODY
from mynaportal_sim.web.wording import PROBLEMS, STATUSES

_REFUSALS = {reason.value: reason for reason in Refusal}
_OF_ACTING = {*_REFUSALS, "only_in_person", "mandate_not_in_force"}
E = TypeVar("E", bound=Exception)
_log = logging.getLogger(__name__)

_CONSENT_STATUS: dict[type[ConsentError], HTTPStatus] = {
    CannotSayError: HTTPStatus.NOT_FOUND,
    InvalidTermsError: HTTPStatus.BAD_REQUEST,
    NoReasonError: HTTPStatus.BAD_REQUEST,
    NotEntitledError: HTTPStatus.FORBIDDEN,
    NoSuchArrangementError: HTTPStatus.NOT_FOUND,
    NoSuchProhibitionError: HTTPStatus.NOT_FOUND,
    NotYoursError: HTTPStatus.FORBIDDEN,
    NoSuchMandateError: HTTPStatus.NOT_FOUND,
    NoSuchInvitationError: HTTPStatus.NOT_FOUND,
    MandateMovedError: HTTPStatus.CONFLICT,
    MandateNotInForceError: HTTPStatus.FORBIDDEN,
    IllegalTransitionError: HTTPStatus.CONFLICT,
    StaleVersionError: HTTPStatus.CONFLICT,
}
_TITLES = {
    400: marked("This request cannot be understood"),
    401: marked("Please log in"),
    403: marked("This is not allowed"),
    404: marked("There is nothing here"),
    405: marked("This is not allowed"),
    409: marked("Something has changed in the meantime"),
    410: marked("This has expired"),
    429: marked("Too many attempts"),
    500: marked("Something went wrong here"),
    503: marked("Please try again in a moment"),
}
_ADVICE = {
    401: marked("Open the login page and log in again."),
    403: marked("Go back, load the page again and repeat what you did."),
    404: marked("Check the address, or begin at the start page."),
    409: marked("Go back and load the page again to see how things stand now."),
    410: marked("Go back to the app that sent you here and start again."),
    429: marked("Wait a minute and try again."),
    500: marked("Nothing was handed over. Try again; tell the operator the reference below."),
    503: marked("Nothing was handed over. Try again in a few seconds."),
}
_ADVICE_ELSE = marked("Go back to where you came from and try again.")


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal as the outside sees it.

    `detail` is what programs read, in English. A page shows its own words for `code`, and
    `detail` only where the reader it helps is a developer, with `why`, where more is said.
    `reference` finds the refusal in the operator's log. `state` is how the consent stands,
    where that is what refuses.
    """

    status: int
    code: str
    detail: str
    reference: str
    headers: dict[str, str]
    why: str = ""
    state: str | None = None


def install(app: FastAPI) -> None:
    """Have `app` answer every error in these forms."""

    def handle(kind: type[E], handler: Callable[[Request, E], Awaitable[Response]]) -> None:
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # kind fits handler

    handle(LoginError, _login)
    handle(ConsentError, _consent)
    handle(OAuthError, _oauth)
    handle(WebError, _web)
    handle(RequestValidationError, _validation)
    handle(HTTPException, _http)
    handle(OperationalError, _unavailable)
    handle(Exception, _unexpected)


def answer(request: Request, problem: Problem) -> Response:
    """`problem` as a page if a person asks, else as problem+json."""
    if "text/html" in request.headers.get("accept", ""):
        page = Page(request, NOBODY)
        values = {
            "said": _said(page, problem),
            "technical": problem.detail if problem.why else None,
            "why": problem.why,
            "title": page.text(_TITLES.get(problem.status, _TITLES[400])),
            "advice": page.text(_ADVICE.get(problem.status, _ADVICE_ELSE)),
            "code": problem.code,
            "reference": problem.reference,
            "step_down": problem.code in _OF_ACTING,
            "log_in": problem.status == HTTPStatus.UNAUTHORIZED,
        }
        response = page("problem.html", values, status=problem.status)
        response.headers.update(problem.headers)
        return response
    body = {
        "type": f"/problems/{problem.code}",
        "title": problem.detail,
        "status": problem.status,
        "code": problem.code,
        "instance": f"urn:mynasim:problem:{problem.reference}",
        **({} if problem.state is None else {"state": problem.state}),
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")


def _said(page: Page, problem: Problem) -> str | None:
    """What a page says of a problem beside its title, if anything."""
    code, state = problem.code, problem.state
    if code in _REFUSALS:
        why = _REFUSALS[code]
        return page.choose(why.sentence_ja, why.sentence_en, why.sentence_easy)
    if code not in PROBLEMS:
        return None
    stands = "" if state is None else page.text(STATUSES[state][0])
    return page.text(PROBLEMS[code], state=stands)


async def _login(request: Request, error: LoginError) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "")
    if isinstance(error, LoginRequiredError) and wants_page and request.method == "GET":
        return see_other("/login")
    reference = error.reference if isinstance(error, LoginRefusedError) else _reference()
    headers = dict(error.headers)
    return answer(request, Problem(error.status, error.code, str(error), reference, headers))


async def _oauth(request: Request, error: OAuthError) -> Response:
    """The OAuth form for clients; a page where a browser was to go on (RFC 6749 4.1.2.1)."""
    for_page = "text/html" in request.headers.get("accept", "")
    headers = dict(error.headers)
    if isinstance(error, InteractionGoneError):  # no mistake of an app's
        why = ""
    else:
        why = await inspection.kept(request, await server_of(request), error)
    if for_page:
        told = (error.status, error.code, str(error), _reference(), headers)
        return answer(request, Problem(*told, why=why))
    body = error.body | ({"error_uri": why} if why else {})
    return JSONResponse(body, error.status, headers)


async def _web(request: Request, error: WebError) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "")
    if isinstance(error, OperatorRequiredError) and wants_page and request.method == "GET":
        return see_other(links.PATH)
    return answer(request, Problem(error.status, error.code, str(error), _reference(), {}))


async def _consent(request: Request, error: ConsentError) -> Response:
    status = _CONSENT_STATUS.get(type(error), HTTPStatus.CONFLICT)
    state = error.state if isinstance(error, IllegalTransitionError) else None
    told = (status, _code(error), str(error), _reference())
    return answer(request, Problem(*told, headers={}, state=state))


async def _validation(request: Request, error: RequestValidationError) -> Response:
    faults = "; ".join(
        f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors()
    )
    status = HTTPStatus.BAD_REQUEST
    return answer(request, Problem(status, "request_malformed", faults, _reference(), {}))


async def _http(request: Request, error: HTTPException) -> Response:
    code = HTTPStatus(error.status_code).name.lower()
    headers = dict(error.headers or {})
    problem = Problem(error.status_code, code, str(error.detail), _reference(), headers)
    return answer(request, problem)


async def _unavailable(request: Request, error: Exception) -> Response:
    reference = _reference()
    _log.error("%s: the database did not answer: %s", reference, type(error).__name__)
    detail = "the portal's database is busy or away"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": "1"}
    if speaks_to_clients(request):
        return failure(TEMPORARILY_UNAVAILABLE, f"{detail} ({reference})", status, headers)
    return answer(request, Problem(status, "unavailable", detail, reference, headers))


async def _unexpected(request: Request, error: Exception) -> Response:
    reference = _reference()
    _log.error("%s: %s %s", reference, request.method, request.url.path, exc_info=error)
    detail = "an error of the portal itself"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    if speaks_to_clients(request):
        return failure("server_error", f"{detail} ({reference})", status)
    return answer(request, Problem(status, "internal_error", detail, reference, {}))


def _reference() -> str:
    return token_hex(5).upper()


def _code(error: Exception) -> str:
    """`NoSuchArrangementError` as `no_such_arrangement`."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
