"""Load on an HTTP/1.1 server over connections that stay open, as fast as it answers.

The requests are bytes, made before the clock starts; what is left to do here costs some 20
microseconds a request, so that the server is what is measured.
"""

import re
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter, process_time
from typing import NamedTuple
from urllib.parse import urlencode

from mynaportal_sim.cli.benchmarks.errors import LoadError

CONNECTIONS = 16
ANSWER_WITHIN = 20.0  # seconds
SUCCESS = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_HEAD_END = b"\r\n\r\n"

Feed = Callable[[int, bytes], bytes | None]
"""The next request of a connection, after the answer to its last; None when it has no more."""


class Burst(NamedTuple):
    """What a burst of requests came to: seconds, one latency each in order of size.

    `busy` is the share of the time in which this process was working rather than waiting.
    """

    seconds: float
    latencies: list[float]
    busy: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """The latency, in milliseconds, that so many of a hundred requests do not exceed."""
        at = min(len(self.latencies) - 1, len(self.latencies) * percent // 100)
        return 1000 * self.latencies[at]


def request(
    method: str,
    path: str,
    host: str,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a request; with `form`, of one that posts it."""
    body = b"" if form is None else urlencode(form).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if form is not None:
        lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def each_once(requests: Sequence[bytes]) -> Feed:
    """Hand out requests to whichever connection is free."""
    rest = iter(requests)
    return lambda _connection, _answer: next(rest, None)


def fire(
    port: int,
    feed: Feed,
    accepted: Collection[int] = SUCCESS,
) -> Burst:
    """Send all that `feed` gives to a server on loopback.

    Args:
        accepted: the statuses that an answer may have.

    Raises:
        LoadError: an answer had another status, or none came.
    """
    with ExitStack() as stack, DefaultSelector() as selector, _lost_connections():
        lines = [
            stack.enter_context(_Connection(number, port, accepted))
            for number in range(CONNECTIONS)
        ]
        began, began_cpu = perf_counter(), process_time()
        for line in lines:
            if line.send(feed(line.number, b"")):
                selector.register(line.socket, EVENT_READ, line)
        while selector.get_map():
            ready = selector.select(ANSWER_WITHIN)
            if not ready:
                raise LoadError(f"no answer came within {ANSWER_WITHIN:g} seconds")
            for key, _ in ready:
                line = key.data
                answer = line.receive()
                if answer is not None and not line.send(feed(line.number, answer)):
                    selector.unregister(line.socket)
        seconds, cpu = perf_counter() - began, process_time() - began_cpu
    latencies = sorted(latency for line in lines for latency in line.latencies)
    return Burst(seconds, latencies, cpu / seconds)


@contextmanager
def _lost_connections() -> Iterator[None]:
    try:
        yield
    except ConnectionError as error:
        raise LoadError(f"a connection was lost under load ({error})") from None


class _Connection:
    """One connection, with at most one request on its way."""

    def __init__(self, number: int, port: int, accepted: Collection[int]) -> None:
        self.number = number
        self.latencies: list[float] = []
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._accepted = accepted
        self._received = b""
        self._sent_at = 0.0

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes | None) -> bool:
        """Send the next request; False when there is none."""
        if data is None:
            return False
        self._sent_at = perf_counter()
        self.socket.sendall(data)
        return True

    def receive(self) -> bytes | None:
        """The whole answer, None until the rest of it has come."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise LoadError("the server closed a connection under load")
        self._received += part
        if not is_whole(self._received):
            return None
        answer, self._received = self._received, b""
        self.latencies.append(perf_counter() - self._sent_at)
        status = int(answer[9:12])
        if status not in self._accepted:
            body = answer.partition(_HEAD_END)[2].decode(errors="replace")
            raise LoadError(f"the server answered {status}: {body[:300]}")
        return answer


def is_whole(answer: bytes) -> bool:
    """Whether these bytes are a whole response (RFC 9112, 6)."""
    head, end, body = answer.partition(_HEAD_END)
    if not end:
        return False
    length = _LENGTH.search(head)
    if length is not None:
        return len(body) >= int(length[1])
    return not _CHUNKED.search(head) or (_HEAD_END + body).endswith(_LAST_CHUNK)
