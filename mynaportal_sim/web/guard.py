"""The first thing a request meets: the Host it was sent to.

Loopback is not trust: a page anywhere can have a name of its own point at 127.0.0.1 (DNS
rebinding), and only the Host header tells. Of a request line in absolute form uvicorn passes on
the path alone, so that too is judged by its Host; no browser sends one to a server.
"""

from collections.abc import Collection
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from card_reader.spec import Kind
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.visitor import NOBODY

OPEN_PATHS = frozenset({"/healthz", "/readyz", *(f"/pki/ocsp/{kind}" for kind in Kind)})
"""Of health anybody may ask by any name. `openssl ocsp` leaves out a responder's port; and what
one answers is public, and signed."""


class HostGuard:
    """Answers 421 unless the request names this portal (RFC 9110 7.4) or its path is open.

    Args:
        hosts: the authorities that it may be named by, in lower case; compared whole.
        issuer: the URL that the refusal points to.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], issuer: str) -> None:
        self._app = app
        self._hosts = frozenset(host.encode() for host in hosts)
        self._portal = f"{issuer}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
                await self._refused(scope)(scope, receive, send)
                return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope) -> Response:
        # Without the Host, which may be no part of a URL.
        headers = [header for header in scope["headers"] if header[0] != b"host"]
        request = Request({**scope, "headers": headers})
        status = HTTPStatus.MISDIRECTED_REQUEST
        if "text/html" in request.headers.get("accept", ""):
            page = Page(request, NOBODY)
            return page("misdirected.html", {"portal": self._portal}, status=status)
        body = {
            "type": "/problems/host_not_allowed",
            "title": "this portal is not reached under that name",
            "detail": f"Use {self._portal} in your browser or client.",
            "status": status.value,
        }
        return JSONResponse(body, status, media_type="application/problem+json")
