"""How every request to the FHIR face is read, and its errors told."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.inspection import kept
from mynaportal_sim.oauth.server import server_of
from mynaportal_sim.phr import outcome, search
from mynaportal_sim.phr.errors import InvalidParameterError, NotAcceptableError, PhrError
from mynaportal_sim.phr.search import Pairs
from mynaportal_sim.records.errors import RecordsError

_FORM = "application/x-www-form-urlencoded"
_ACCEPTABLE = ("application/fhir+json", "application/json", "application/*", "*/*")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class FhirRoute(APIRoute):
    """A route whose errors are OperationOutcomes."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                _check_format(request)
                response = await handle(request)
            except OAuthError as error:
                server = await server_of(request)
                uri = await kept(request, server, error)
                response = outcome.of_oauth_error(error, server.issuer, uri)
            except (PhrError, RecordsError) as error:
                response = outcome.of_error(error)
            if "dpop" in request.headers:
                server = await server_of(request)
                response.headers["DPoP-Nonce"] = server.nonces.newest(server.now())
            return response

        return answer


def query(request: Request) -> Pairs:
    """The parameters in the URL."""
    return search.pairs(request.scope["query_string"].decode("latin-1"))


async def query_and_form(request: Request) -> Pairs:
    """The parameters in the URL and in the body of a search by POST."""
    form = search.pairs(await _form(request))
    return [*query(request), *form]


def lenient(request: Request) -> bool:
    """Whether the app would have unknown parameters left out (FHIR R4 3.1.1.4.4)."""
    return "handling=lenient" in request.headers.get("prefer", "").replace(" ", "")


def _check_format(request: Request) -> None:
    accepted = request.headers.get("accept", "*/*")
    if not any(form in accepted for form in _ACCEPTABLE):
        raise NotAcceptableError


async def _form(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise InvalidParameterError(f"a search by POST has a body of {_FORM}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > search.LENGTH_MAX:
            break  # search.pairs says what is wrong with it
    return body.decode("latin-1")
