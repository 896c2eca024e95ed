"""Lets pages of public clients call the token endpoint and the FHIR server (Fetch 3.3, CORS).

SMART App Launch 2.2 has it of whoever lets apps in that are a page alone, and OpenID Connect
Core 5.3 of the userinfo endpoint. A page is answered so where it stands at an origin that such
an app has registered. No cookie is looked at in these places, and none is allowed.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mynaportal_sim.apps import store
from mynaportal_sim.database import Database

_PLACES = frozenset({"/par", "/token", "/revoke", "/userinfo"})
_FHIR = "/fhir/"
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Accept, Authorization, Content-Type, DPoP, Prefer"),
    (b"access-control-max-age", b"600"),
]
_VARIES = (b"vary", b"Origin")
_TOLD = [(b"access-control-expose-headers", b"DPoP-Nonce, WWW-Authenticate")]


class Browsers:
    """Answers preflights of such pages, and has their browsers show them what is answered."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _origin(scope)
        if not origin:
            await self._app(scope, receive, send)
            return
        if origin not in await self._database.read(store.origins_of_public):
            await self._app(scope, receive, _varying(send))
            return
        allowed = [(b"access-control-allow-origin", origin.encode()), _VARIES]
        asked = {name for name, _ in scope["headers"]}
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            headers = [*allowed, *_PREFLIGHT]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def shown(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [*message["headers"]]
                if not any(name == b"access-control-allow-origin" for name, _ in given):
                    message["headers"] = [*given, *allowed, *_TOLD]
            await send(message)

        await self._app(scope, receive, shown)


def _varying(send: Send) -> Send:
    """Sends what no cache may show to a page of another origin."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], _VARIES]
        await send(message)

    return sent


def _origin(scope: Scope) -> str:
    """The origin of the page that calls, if it calls a place for pages."""
    if scope["type"] != "http":
        return ""
    path: str = scope["path"]
    if path not in _PLACES and not path.startswith(_FHIR):
        return ""
    named = [value for name, value in scope["headers"] if name == b"origin"]
    return named[0].decode("latin-1") if len(named) == 1 else ""
