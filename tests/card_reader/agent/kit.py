"""An agent to ask, in this process; a card that can be meddled with; a person who answers."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from card_reader.agent.cards import Holds, Lacking, Reader, reader_id
from card_reader.agent.door import Door
from card_reader.agent.guard import CHECKS, Checks
from card_reader.agent.login import Login
from card_reader.agent.pin import No, Pin, Shown, Stopped
from card_reader.agent.server import Agent, Clock, application
from card_reader.apdu import Command, Ins
from card_reader.emulator.card import Card
from card_reader.errors import CardError
from card_reader.transport import Powered

PORT = 28735
ORIGIN = "https://portal.example"
OTHER_ORIGIN = "https://other.example"
HOSTS = frozenset({f"127.0.0.1:{PORT}", f"localhost:{PORT}"})
ORIGINS = frozenset({ORIGIN, OTHER_ORIGIN})
NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
PIN = "1234"
CHALLENGE: dict[str, Any] = {
    "v": 1,
    "origin": ORIGIN,
    "nonce": "n" * 43,
    "login_id": "0123456789ABCDEFGHJKMNPQRS",
    "session_hash": "a" * 64,
    "channel": "agent",
    "issued_at": "2026-11-28T06:00:00Z",
    "purpose": "login",
    "expires_at": "2026-11-28T06:02:00Z",
    "display": {"service": "mynaportal-sim", "request_code": "K7Q-M2X"},
}
LOGIN = {"type": "login", "challenge": CHALLENGE}

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str | None:
        return self.json.get("error") if self.body.startswith(b"{") else None


def headers(**changed: str | None) -> Headers:
    """Those of a good request, with some changed, added or left out."""
    good: dict[str, str | None] = {"host": f"127.0.0.1:{PORT}", "origin": ORIGIN}
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return [(name, value) for name, value in (good | named).items() if value is not None]


async def ask(
    app: Door,
    method: str,
    target: str,
    given: Headers,
    body: bytes = b"",
    **scope: Any,
) -> Answer:
    """Ask an ASGI application by a raw scope; nothing is tidied up on the way."""
    path, _, query = target.partition("?")
    whole = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", PORT),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
        **scope,
    }
    waiting = [{"type": "http.request", "body": body}]
    sent: list[Any] = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        return await asyncio.Event().wait()  # the page stays

    async def send(message: Any) -> None:
        sent.append(message)

    await app(whole, receive, send)
    if sent[0]["type"] == "websocket.close":
        return Answer(403, {}, b"")
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, b"".join(one.get("body", b"") for one in sent[1:]))


@dataclass
class Person:
    """Whoever sits here; each time one of `pins` is typed, and without any they cancel."""

    pins: list[str] = field(default_factory=lambda: [PIN])
    agrees: No | None = None
    confirms: bool = False
    allows: bool = True
    pin_answer: No | None = None
    before_pin: Callable[[], None] = lambda: None
    shown: list[Shown] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    hold: Event | None = None
    """Until it is set, they do not answer."""

    @contextmanager
    def opened(self, shown: Shown) -> Iterator["Person"]:
        self.shown.append(shown)
        yield self

    def pairs(self, origin: str, stopped: Stopped) -> bool:
        del stopped
        self.asked.append(f"pair {origin}")
        return self.allows

    def agree(self, stopped: Stopped) -> No | None:
        self.asked.append("agree")
        while self.hold is not None and not self.hold.wait(0.01):
            if stopped():
                return No.CANCELLED
        return self.agrees

    def pin(self, tries: int, stopped: Stopped) -> Pin | No:
        del stopped
        self.asked.append(f"pin {tries}")
        self.before_pin()
        if self.pin_answer is not None:
            return self.pin_answer
        if tries == 1 and not self.confirms:
            return No.NOT_CONFIRMED
        return Pin(bytearray(self.pins.pop(0).encode())) if self.pins else No.CANCELLED

    def on_pinpad(self, tries: int, stopped: Stopped) -> No | None:
        del stopped
        self.asked.append(f"pinpad {tries}")
        return self.pin_answer


@dataclass
class Meddled:
    """A card whose every command passes through `meddle`, which may answer in its place."""

    card: Powered
    meddle: Callable[[bytes, Powered], bytes | None] = lambda _command, _card: None
    sent: list[bytes] = field(default_factory=list)
    resets: int = 0

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command)
        answer = self.meddle(command, self.card)
        return self.card.transmit(command) if answer is None else answer

    def reset(self) -> None:
        self.resets += 1
        self.card.reset()

    def chosen(self) -> set[int]:
        """The files that were chosen."""
        commands = [Command.parse(one) for one in self.sent]
        return {
            int.from_bytes(one.data, "big")
            for one in commands
            if one.ins == Ins.SELECT and len(one.data) == 2
        }

    def pins(self) -> list[bytes]:
        """The PINs that reached it."""
        commands = [Command.parse(one) for one in self.sent]
        return [one.data for one in commands if one.ins == Ins.VERIFY and one.data]


@dataclass
class OnTable:
    """A reader with a card, unless it `lacks` something; faults are raised when it is used."""

    card: Meddled
    name: str = "reader"
    fault: CardError | None = None
    at_opening: CardError | None = None
    lacks: Lacking | None = None
    looks: int = 0

    def readers(self) -> list[Reader]:
        if self.fault:
            raise self.fault
        return [Reader(reader_id(self.name), self.name, False, Holds.JPKI, None)]

    def find(self, wanted: str | None) -> str | Lacking:
        del wanted
        self.looks += 1
        if self.fault:
            raise self.fault
        return self.lacks or self.name

    @contextmanager
    def opened(self, name: str) -> Iterator[Powered]:
        del name
        if self.at_opening:
            raise self.at_opening
        try:
            yield self.card
        finally:
            self.card.reset()


@dataclass
class Ticking:
    """A monotonic clock that can be moved."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead


@dataclass
class House:
    """An agent with one emulated card, and whoever sits in front of it."""

    path: Path
    person: Person = field(default_factory=Person)
    checks: Checks = CHECKS
    ticking: Ticking = field(default_factory=Ticking)
    meddle: Callable[[bytes, Powered], bytes | None] = lambda _command, _card: None

    def __post_init__(self) -> None:
        self.card = Meddled(Card.load(self.path), self.meddle)
        self.table = OnTable(self.card)
        login = Login(self.table, self.person, "test", monotonic=self.ticking)
        clock = Clock(lambda: NOW, self.ticking)
        drawn = iter(range(10**6))
        self.agent = Agent.new(login, clock, lambda n: next(drawn).to_bytes(n, "big"))
        self.app = application(self.agent, HOSTS, ORIGINS, self.checks)
        self.token = self.agent.tokens.issue(ORIGIN, self.ticking(), self.agent.randomness)

    async def ask(
        self, method: str, target: str, given: Headers, body: bytes = b"", **scope: Any
    ) -> Answer:
        return await ask(self.app, method, target, given, body, **scope)

    def bearing(self, **changed: str | None) -> Headers:
        """The headers of a page that has paired."""
        usual = {"authorization": f"Bearer {self.token}"}
        return headers(**{**usual, **changed})

    async def post(self, target: str, value: object, **changed: str | None) -> Answer:
        given = self.bearing(**{"content_type": "application/json", **changed})
        return await self.ask("POST", target, given, json.dumps(value).encode())

    async def begin(self, wish: object = LOGIN) -> str:
        """Begin an operation; its id."""
        begun = await self.post("/v1/operations", wish)
        assert begun.status == 202, begun
        return str(begun.json["op"])

    async def poll(self, op: str, wait: int = 5) -> Any:
        answer = await self.ask("GET", f"/v1/operations/{op}?wait={wait}", self.bearing())
        assert answer.status == 200, answer
        return answer.json

    async def followed(self, op: str) -> list[Any]:
        """What a page is told until the operation has ended."""
        told = [await self.poll(op)]
        while told[-1]["state"] not in {"done", "failed", "cancelled"}:
            told.append(await self.poll(op))
        return told

    async def login(self) -> Any:
        """The last word about a new operation."""
        return (await self.followed(await self.begin()))[-1]
