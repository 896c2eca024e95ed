"""How the endpoints that clients call answer: RFC 6749 JSON, never cached."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import request_response

from mynaportal_sim.oauth import inspection, resources
from mynaportal_sim.oauth.errors import AuthorizationPendingError, OAuthError
from mynaportal_sim.oauth.resource_errors import ResourceError
from mynaportal_sim.oauth.server import Server, ServerDep, server_of

TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"  # RFC 6749 4.1.2.1
_JSON = "application/json"
_HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Endpoint = Callable[[Request, Server], Awaitable[Response]]


def answer(content: Mapping[str, object], status: int = 200) -> Response:
    """`content` as JSON that no cache keeps."""
    body = json.dumps(content, separators=(",", ":")).encode()
    return Response(body, status, _HEADERS, _JSON)


async def refusal(request: Request, server: Server, error: OAuthError) -> Response:
    """The answer of RFC 6749 5.2."""
    headers = dict(error.headers)
    if type(error) is AuthorizationPendingError:  # polls would crowd out what is wrong
        return Response(json.dumps(error.body).encode(), error.status, headers, _JSON)
    uri = await inspection.kept(request, server, error)
    body = {**error.body, "error_uri": uri}
    if isinstance(error, ResourceError):
        path = request.scope["path"]
        headers["WWW-Authenticate"] = resources.challenge(error, server.issuer, path, uri)
    return Response(json.dumps(body).encode(), error.status, headers, _JSON)


def failure(
    code: str, description: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """What a client is told of a fault that is none of its own."""
    response = answer({"error": code, "error_description": description}, status)
    response.headers.update(headers or {})
    return response


def spoken_to_clients(endpoint: Endpoint) -> Callable[..., Awaitable[Response]]:
    """`endpoint`, its OAuth errors answered in OAuth's own form."""

    @wraps(endpoint)
    async def answered(request: Request, server: ServerDep) -> Response:
        try:
            response = await endpoint(request, server)
        except OAuthError as error:
            response = await refusal(request, server, error)
        else:
            for warning in await inspection.warnings(request, server, response.status_code):
                response.headers.append("Warning", warning)
        if "dpop" in request.headers:
            response.headers["DPoP-Nonce"] = server.nonces.newest(server.now())
        return response

    return answered


class ToClients(APIRoute):
    """A route of an endpoint that reads all of the request itself, and needs just the server.

    FastAPI would look for parameters, dependencies and things to close after the answer, which
    takes longer than either signature that the request bears. It still describes the route.
    """

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(path, endpoint, **options)

        async def answered(request: Request) -> Response:
            return await endpoint(request, await server_of(request))

        self.app = request_response(answered)


def speaks_to_clients(request: Request) -> bool:
    """Whether the request came to an endpoint that answers in OAuth's own form."""
    return isinstance(request.scope.get("route"), ToClients)
