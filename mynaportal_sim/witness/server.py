"""A witness over HTTP: POST /add-checkpoint (C2SP tlog-witness), and its memory to read.

What it cosigned last of a log stands at `/<SHA-256 of the origin, in hex>/checkpoint`.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from consent.ledger.cosignature import Cosigner, with_line
from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.note import Verifier, parse
from consent.ledger.witness import SIZE_TYPE, Refused, Request, judge
from mynaportal_sim.clock import Clock
from mynaportal_sim.witness.memory import Memory

BODY_MAX = 16 * 1024

_log = logging.getLogger(__name__)


def place_of(origin: str) -> str:
    """Where a witness shows what it cosigned last of a log."""
    return f"{sha256(origin.encode()).hexdigest()}/checkpoint"


def create_app(
    cosigner: Cosigner, memory: Memory, logs: Mapping[str, Sequence[Verifier]], clock: Clock
) -> Starlette:
    """The witness of these logs, by origin the keys that it trusts."""
    served = _Witness(cosigner, memory, logs, clock)
    routes = [
        Route("/add-checkpoint", served.add_checkpoint, methods=["POST"]),
        Route("/{origin}/checkpoint", served.last),
    ]
    return Starlette(routes=routes)


@dataclass(frozen=True, slots=True)
class _Witness:
    cosigner: Cosigner
    memory: Memory
    logs: Mapping[str, Sequence[Verifier]]
    clock: Clock

    async def add_checkpoint(self, request: HttpRequest) -> Response:
        body = await _body(request)
        try:
            asked = Request.parse(body)
        except MalformedError:
            return _refusal(Refused.MALFORMED)
        return self._answer(asked)

    async def last(self, request: HttpRequest) -> Response:
        place = request.url.path.lstrip("/")
        origin = next((one for one in self.logs if place_of(one) == place), "")
        note = self.memory.note(origin)
        return Response(note, 200 if note else 404, media_type="text/plain")

    def _answer(self, asked: Request) -> Response:
        """Judge, remember, cosign, and never await: so no two requests interleave."""
        found = judge(asked, self.logs, self.memory.last)
        if found is Refused.STALE:
            known = self.memory.size(parse(asked.note).text.partition("\n")[0])
            return Response(f"{known}\n", found.status, {"Content-Type": SIZE_TYPE})
        if isinstance(found, Refused):
            _log.warning("refused: %s", found.text)
            return _refusal(found)
        signed = self._signed(asked.note, found.origin)
        line = self.cosigner.cosign(parse(signed).text, self.clock.now())
        self.memory.keep(found, with_line(signed, line))
        return PlainTextResponse(line)

    def _signed(self, note: bytes, origin: str) -> bytes:
        """The log's line alone: anybody can add others, even in this witness's name."""
        for key in self.logs[origin]:
            with suppress(UntrustedNoteError):
                return key.alone(note)
        raise UntrustedNoteError(f"no key of {origin} has signed this")


async def _body(request: HttpRequest) -> bytes:
    """The request's body; nothing of one that is longer than any honest one."""
    read = bytearray()
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > BODY_MAX:
                return b""
    except ClientDisconnect:  # whoever hung up is not worth a trace in the log
        return b""
    return bytes(read)


def _refusal(refused: Refused) -> Response:
    return PlainTextResponse(f"{refused.text}\n", refused.status)
