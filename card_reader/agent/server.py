"""What a page may ask of the agent, over HTTP (reference login, 7.3)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path

from card_reader.agent.cards import Cards
from card_reader.agent.desk import Desk
from card_reader.agent.door import ASKED, Door
from card_reader.agent.guard import CHECKS, Asked, Checks, Route, Rules
from card_reader.agent.login import Login, Wish, failed
from card_reader.agent.operation import Failure, Operation
from card_reader.agent.pairing import TOKEN_LIFETIME, Codes, Randomness, Tokens
from card_reader.agent.pin import PROMPT_LIFETIME, Asker
from card_reader.agent.refusal import Code, Refusal
from card_reader.agent.wire import OPERATION, PAIR
from card_reader.errors import CardError
from card_reader.statement import Challenge

API = 1
_WAIT_MAX = 25.0  # seconds
_OPERATION = "/v1/operations/{op}"


class Clock(NamedTuple):
    """The time as people have it, and seconds that nobody sets."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]


@dataclass
class Agent:
    """What the handlers share."""

    cards: Cards
    asker: Asker
    desk: Desk
    codes: Codes
    tokens: Tokens
    version: str
    clock: Clock
    randomness: Randomness
    closing: bool = False

    @classmethod
    def new(cls, login: Login, clock: Clock, randomness: Randomness) -> "Agent":
        """An agent with which nobody has paired."""
        desk = Desk(login, clock.monotonic, randomness)
        parts = (login.cards, login.asker, desk, Codes(), Tokens(), login.version)
        return cls(*parts, clock, randomness)


async def hello(agent: Agent, asked: Asked, _request: Request) -> Response:
    """Who is here; nothing of readers and cards."""
    paired = agent.tokens.paired(_origin(asked), agent.clock.monotonic())
    told = {"agent": "mynasim", "api": [API], "version": agent.version, "paired": paired}
    return JSONResponse(told)


async def pair(agent: Agent, asked: Asked, _request: Request) -> Response:
    """A token for a page whose person has read the code off the agent, and allows it."""
    if no := agent.codes.take((asked.value or {})["code"], agent.clock.monotonic()):
        return _refused(no)
    origin, end = _origin(asked), agent.clock.monotonic() + PROMPT_LIFETIME

    def stopped() -> bool:
        return agent.closing or agent.clock.monotonic() > end

    if not await asyncio.to_thread(agent.asker.pairs, origin, stopped):
        return _refused(Refusal(Code.PAIRING_DENIED))
    token = agent.tokens.issue(origin, agent.clock.monotonic(), agent.randomness)
    until = agent.clock.now() + timedelta(seconds=TOKEN_LIFETIME)
    return JSONResponse({"token": token, "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}"})


async def readers(agent: Agent, _asked: Asked, _request: Request) -> Response:
    """The readers, and whether a My Number Card lies in them; no card is named."""
    try:
        found = await asyncio.to_thread(agent.cards.readers)
    except CardError as error:
        end = failed(error)
        no_service = end.failure is Failure.PCSC_UNAVAILABLE
        code = Code.PCSC_UNAVAILABLE if no_service else Code.CARD_UNAVAILABLE
        return _refused(Refusal(code, end.hint))
    return JSONResponse([reader.as_json() for reader in found])


async def begin(agent: Agent, asked: Asked, _request: Request) -> Response:
    """Begin to have the card answer a challenge."""
    value = asked.value or {}
    challenge = Challenge.from_json(value["challenge"])
    wish = Wish(challenge, value["challenge"]["display"], value.get("reader"))
    begun = await agent.desk.begin(_origin(asked), wish)
    if isinstance(begun, Refusal):
        return _refused(begun)
    return JSONResponse({"op": begun.id}, 202)


async def follow(agent: Agent, asked: Asked, request: Request) -> Response:
    """How far it is: at once if the page does not know that yet, else when it changes."""
    operation = _operation(agent, asked, request)
    if isinstance(operation, Refusal):
        return _refused(operation)

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    wait = _seconds(request.query_params.get("wait"))
    return JSONResponse(await agent.desk.news(operation, wait, gone))


async def cancel(agent: Agent, asked: Asked, request: Request) -> Response:
    """End it; one that has ended already stays as it was."""
    operation = _operation(agent, asked, request)
    if isinstance(operation, Refusal):
        return _refused(operation)
    agent.desk.cancel(operation)
    return JSONResponse(operation.tell())


Handler = Callable[[Agent, Asked, Request], Awaitable[Response]]

ENDPOINTS: tuple[tuple[str, Route, Handler], ...] = tuple(
    (
        path,
        Route(re.compile(path.replace("{op}", "[0-9a-f]{32}")), method, shape, token),
        handle,
    )
    for path, method, shape, token, handle in (
        ("/v1/hello", "GET", None, False, hello),
        ("/v1/pair", "POST", PAIR, False, pair),
        ("/v1/readers", "GET", None, True, readers),
        ("/v1/operations", "POST", OPERATION, True, begin),
        (_OPERATION, "GET", None, True, follow),
        (_OPERATION, "DELETE", None, True, cancel),
    )
)


def application(
    agent: Agent, hosts: frozenset[str], origins: frozenset[str], checks: Checks = CHECKS
) -> Door:
    """The agent as ASGI, known under `hosts`, serving pages of `origins`."""
    routes = [
        Path(path, partial(_handled, agent, handle), methods=[route.method])
        for path, route, handle in ENDPOINTS
    ]
    rules = Rules(hosts, origins, tuple(route for _, route, _ in ENDPOINTS))
    return Door(Starlette(routes=routes), rules, agent.tokens, agent.clock.monotonic, checks)


async def _handled(agent: Agent, handle: Handler, request: Request) -> Response:
    return await handle(agent, request.scope[ASKED], request)


def _origin(asked: Asked) -> str:
    return asked.request.only("origin") or ""


def _operation(agent: Agent, asked: Asked, request: Request) -> Operation | Refusal:
    found = agent.desk.find(request.path_params["op"], _origin(asked))
    return found or Refusal(Code.OPERATION_NOT_FOUND)


def _seconds(given: str | None) -> float:
    return min(float(given), _WAIT_MAX) if given and re.fullmatch(r"[0-9]{1,3}", given) else 0.0


def _refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.as_json(), refusal.status)
