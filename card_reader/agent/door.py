"""The guard as ASGI: nothing is routed before every check has let it pass."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from card_reader.agent.guard import (
    CHECKS,
    PREFLIGHT,
    Asked,
    Checks,
    Request,
    Rules,
    allowed_origin,
    preflight,
    readable_by,
    refused,
)
from card_reader.agent.pairing import Tokens
from card_reader.agent.refusal import Code, Refusal
from card_reader.agent.wire import BODY_MAX

ASKED = "mynasim.asked"
"""Where handlers find what they were asked, in the scope."""


@dataclass(frozen=True)
class Door:
    """An ASGI application in front of `app`; `monotonic` is a clock in seconds."""

    app: ASGIApp
    rules: Rules
    tokens: Tokens
    monotonic: Callable[[], float]
    checks: Checks = CHECKS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal or a preflight; let everything else through to `app`."""
        request = Request.of(scope)
        if no := refused(self.checks.who, request, self.rules):
            await self._refuse(no, request, scope, send)
        elif request.method == PREFLIGHT:
            headers = preflight(request, request.only("origin") or "")
            await _answer(send, 204, b"", headers)
        elif no := refused(self.checks.what, request, self.rules):
            await self._refuse(no, request, scope, send)
        else:
            await self._let_in(request, scope, receive, send)

    async def _let_in(
        self, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        route = self.rules.route(request) or self.rules.routes[0]
        body = await _body(receive)
        asked = Asked.of(request, route, body, self.tokens, self.monotonic())
        no = next((no for check in self.checks.body if (no := check(asked))), None)
        if no is not None:
            await self._refuse(no, request, scope, send)
            return
        headers = readable_by(allowed_origin(request, self.rules))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_raw(headers)]
            await send(message)

        await self.app({**scope, ASKED: asked}, receive, sending)

    async def _refuse(
        self, refusal: Refusal, request: Request, scope: Scope, send: Send
    ) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before accept: HTTP 403
            return
        headers = readable_by(allowed_origin(request, self.rules))
        if refusal.code is Code.BODY_TOO_LONG:
            headers |= {"connection": "close"}  # what is left of the body is not read
        body = json.dumps(refusal.as_json()).encode()
        headers |= {"content-type": "application/json"}
        await _answer(send, refusal.status, body, headers)


async def _body(receive: Receive) -> bytes:
    """The body, cut off soon after it has become too long."""
    body, more = bytearray(), True
    while more and len(body) <= BODY_MAX:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    length = {"content-length": str(len(body))} if status != 204 else {}
    start = {"type": "http.response.start", "status": status}
    await send({**start, "headers": _raw(headers | length)})
    await send({"type": "http.response.body", "body": body})


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
