"""The way to a responder: one question, one answer within five seconds, or none.

Each login comes by here, and of a login's time a general HTTP client took a third. So this one
knows the little that RFC 6960 (A.1) needs: POST, an answer of a told length, connections that
stay open.
"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from mynaportal_sim.pki.ocsp.client import RESPONSE_MAX, Question, Told, judge
from mynaportal_sim.pki.refusal import Code, Refusal

PATIENCE = 5.0  # seconds

_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9}) *\r\n", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _UnreadableError(Exception):
    """What came is longer than an answer about one certificate, or no HTTP known here."""


@dataclass(slots=True)
class OcspClient:
    """The responder at a URL; its connections belong to one event loop."""

    url: str
    _idle: list[Connection] = field(default_factory=list, repr=False)

    async def ask(self, question: Question, now: datetime) -> Told | None:
        """What the responder says; None where it gives no answer, or none now."""
        told = question.about.sha256
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await self._post(question.der)
        except (_UnreadableError, asyncio.LimitOverrunError) as error:
            return Told(told, Refusal(Code.REVOCATION_UNAVAILABLE, f"no answer: {error}"))
        except (OSError, EOFError):  # TimeoutError is one of them
            return None
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return None
        if status != HTTPStatus.OK:
            fault = f"the responder answers with status {status}"
            return Told(told, Refusal(Code.REVOCATION_UNAVAILABLE, fault))
        return judge(question, body, now)

    async def relay(self, der: bytes) -> bytes | None:
        """The answer to a request of somebody else's, as it is; None where there is none."""
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await self._post(der)
        except (_UnreadableError, asyncio.LimitOverrunError, OSError, EOFError):
            return None
        return body if status == HTTPStatus.OK else None

    def close(self) -> None:
        """Give up the connections that are open."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _post(self, der: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: application/ocsp-request\r\nAccept-Encoding: identity\r\n"
            f"Content-Length: {len(der)}\r\n\r\n"
        )
        while self._idle:
            kept = self._idle.pop()
            try:
                return await self._exchange(kept, head.encode() + der)
            except (ConnectionError, EOFError):
                continue  # the responder has closed it since
        host, port = parts.hostname or "", parts.port or 80
        fresh = await asyncio.open_connection(host, port, limit=RESPONSE_MAX)
        return await self._exchange(fresh, head.encode() + der)

    async def _exchange(self, connection: Connection, request: bytes) -> tuple[int, bytes]:
        reader, writer = connection
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status, length = _read(head)
            body = await reader.readexactly(length)
        except BaseException:  # a cancelled one too is good for nothing more
            writer.close()
            raise
        if _CLOSE.search(head):
            writer.close()
        else:
            self._idle.append(connection)
        return status, body


def _read(head: bytes) -> tuple[int, int]:
    """The status, and the length of what follows."""
    status, length = _STATUS.match(head), _LENGTH.search(head)
    if status is None or length is None or int(length[1]) > RESPONSE_MAX:
        raise _UnreadableError("of another form, or too long")
    return int(status[1]), int(length[1])
