"""The responder on HTTP (RFC 6960, A): questions by POST or GET, answers from the register."""

from base64 import b64decode
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from secrets import token_bytes
from typing import Any
from urllib.parse import unquote_to_bytes

from sqlalchemy.exc import SQLAlchemyError

from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.pki import authority, store
from mynaportal_sim.pki.ocsp.messages import REQUEST_MAX
from mynaportal_sim.pki.ocsp.responder import TRY_LATER, Responder

PATH = "/ocsp"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_HEADERS = [
    (b"content-type", b"application/ocsp-response"),
    (b"cache-control", b"no-store"),
]


class OcspServer:
    """An ASGI application that answers for all authorities of a data directory."""

    def __init__(self, database: Database, clock: Clock, directory: Path) -> None:
        self._database = database
        self._clock = clock
        self._authorities = authority.load_all(directory)
        self._responder = Responder(token_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; of others than HTTP's there is none."""
        if scope["type"] != "http":
            return
        der = await _asked(scope, receive)
        if isinstance(der, HTTPStatus):
            await _send(send, der, b"")
        else:
            await _send(send, HTTPStatus.OK, await self.answer(der))

    async def answer(self, der: bytes) -> bytes:
        """The response to a request in DER."""
        self._authorities = self._authorities.fresh()
        self._responder.serve(self._authorities)
        questions = self._responder.read(der)
        if isinstance(questions, bytes):
            return questions
        names = [name for name in questions.names if name is not None]
        try:
            found = await self._database.read(store.standings, names)
        except SQLAlchemyError:
            return TRY_LATER
        return self._responder.answer(questions, found, self._clock.now())


async def _asked(scope: Scope, receive: Receive) -> bytes | HTTPStatus:
    """The request in what came by HTTP, as far as that has one."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    method, place = scope["method"], PATH.encode()
    if path == place and method == "POST":
        return await _body(receive)
    if path.startswith(place + b"/") and method == "GET":
        # Base64 may have slashes, which not every client escapes.
        try:
            return b64decode(unquote_to_bytes(path[len(place) + 1 :]), validate=True)
        except ValueError:
            return b""  # malformed, as the answer will say
    if path == place:
        return HTTPStatus.METHOD_NOT_ALLOWED
    return HTTPStatus.NOT_FOUND


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while len(body) <= REQUEST_MAX:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


async def _send(send: Send, status: HTTPStatus, body: bytes) -> None:
    headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
