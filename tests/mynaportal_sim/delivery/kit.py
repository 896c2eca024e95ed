"""What an app serves, on a socket of its own, and names that lead where a test says."""

import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from time import sleep
from typing import Self

from mynaportal_sim.delivery.reach import Address


@dataclass
class Names:
    """Resolves names to one list of addresses after the other, then always to the last."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str) -> Sequence[Address]:
        self.asked.append(host)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return [ip_address(text) for text in answer]


class Endpoint:
    """Takes what is posted to it, or asked of it, and answers as it was told."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.taken: list[bytes] = []
        self.got: list[str] = []
        self.takes = 0.0  # seconds until it answers
        self.drips = 0.0  # seconds until the body goes on
        self.meanwhile: Callable[[], object] = bool  # what is done until then
        self.headers: list[dict[str, str]] = []
        self.peers: list[tuple[str, int]] = []
        self.answer: tuple[int, bytes, dict[str, str]] = (202, b"", {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # keeps a connection unless it is told to close it

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                outer.taken.append(self.rfile.read(length))
                self._answer()

            def do_GET(self) -> None:
                outer.got.append(self.path)
                self._answer()

            def _answer(self) -> None:
                outer.headers.append(dict(self.headers))
                outer.peers.append(self.client_address)
                sleep(outer.takes)
                outer.meanwhile()
                status, body, headers = outer.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for part in (body[:1], body[1:]):
                    self.wfile.write(part)
                    sleep(outer.drips)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def jwks_uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks.json"

    def serve(self, document: object) -> None:
        """Answer with a document from now on."""
        self.answer = (200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
