"""The first thing a request meets: the Host it was sent to.

Loopback is not trust: a page anywhere can have a name of its own point at 127.0.0.1 (DNS
rebinding), and only the Host header tells. Of a request line in absolute form uvicorn passes on
the path alone, so that too is judged by its Host; no browser sends one to a server.
"""

import json
from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATHS = frozenset({"/healthz", "/readyz"})


class HostGuard:
    """Answers 421 unless the request names this portal (RFC 9110 7.4) or asks for health.

    Args:
        hosts: the authorities that it may be named by, in lower case; compared whole.
        issuer: the URL that the refusal points to.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], issuer: str) -> None:
        self._app = app
        self._hosts = frozenset(host.encode() for host in hosts)
        self._body = json.dumps(
            {
                "type": "/problems/host_not_allowed",
                "title": "this portal is not reached under that name",
                "detail": f"Use {issuer}/ in your browser or client.",
                "status": 421,
            }
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
                await self._refuse(send)
                return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    async def _refuse(self, send: Send) -> None:
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(self._body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})
