"""Who opens the port of https: lets TLS in, and tells whoever speaks http where to go.

TLS alone would hang up without a word on a browser that was sent to `http://`. So the first
byte of a connection is looked at, and stays where it is for what reads it next.
"""

import asyncio
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from mynaportal_sim.sample_app.https import server_context

PATIENCE = 60.0
"""Seconds for the first byte, and then for the handshake, as asyncio has it for that."""
LINGER = 2.0
"""Seconds for which a request by http is read: to close before would take the answer back."""
_HANDSHAKE = b"\x16"  # the type of a TLS record (RFC 8446 5.1); no HTTP method begins with it
_SAID = """\
This portal speaks https: open {issuer}/
このポータルは https で動いています。{issuer}/ を開いてください。
"""

_context = cache(server_context)
_at_work: set[asyncio.Task[None]] = set()  # a loop alone would let go of its tasks


class Doorkeeper(asyncio.Protocol):
    """A connection until it is known what it speaks; then another protocol has it.

    Args:
        certificate: the file with the portal's certificate and key.
        issuer: the URL that whoever speaks http is told.
        given: what uvicorn gives a protocol of its own.
    """

    def __init__(self, certificate: Path, issuer: str, **given: Any) -> None:
        self._context = _context(certificate)
        self._issuer = issuer
        self._given = given

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket from the transport, which would read from it."""
        peer = transport.get_extra_info("socket").dup()
        transport.abort()  # type: ignore[attr-defined]  # as every loop's has it for a socket
        task = asyncio.get_running_loop().create_task(self._receive(peer))
        _at_work.add(task)
        task.add_done_callback(_at_work.discard)

    async def _receive(self, peer: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                first = await _first_byte(peer)
        except (OSError, TimeoutError):
            first = b""
        if not first:
            peer.close()
            return
        with suppress(OSError):  # of the handshake, or of a peer that has gone
            if first == _HANDSHAKE:
                await loop.connect_accepted_socket(
                    lambda: AutoHTTPProtocol(**self._given),
                    peer,
                    ssl=self._context,
                    ssl_handshake_timeout=PATIENCE,
                )
            else:
                await loop.connect_accepted_socket(lambda: _Refusal(self._issuer), peer)


class _Refusal(asyncio.Protocol):
    """Answers a request by http, whatever it is."""

    def __init__(self, issuer: str) -> None:
        body = _SAID.format(issuer=issuer).encode()
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        self._answer = head.encode() + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._answer)  # type: ignore[attr-defined]  # as above
        asyncio.get_running_loop().call_later(LINGER, transport.close)


async def _first_byte(peer: socket.socket) -> bytes:
    """The byte that the peer has sent first, which is left unread; none if it has gone."""
    while True:
        with suppress(BlockingIOError):
            return peer.recv(1, socket.MSG_PEEK)
        await _readable(peer)


async def _readable(peer: socket.socket) -> None:
    loop, seen = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(peer, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(peer)
