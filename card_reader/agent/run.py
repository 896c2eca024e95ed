"""The agent's process: one loopback socket, from its start to its end."""

import asyncio
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from card_reader.agent.control import Orders, reachable
from card_reader.agent.login import Login
from card_reader.agent.pairing import CODE_LIFETIME, Randomness
from card_reader.agent.refusal import Refusal
from card_reader.agent.server import Agent, Clock, application
from card_reader.agent.settings import Settings
from card_reader.errors import AgentError, PortTakenError
from card_reader.hardening import keep_pins_out_of_dumps

_LOOKED_EVERY = 1.0  # seconds
_BACKLOG = 16
_STOPS_WITHIN = 1  # seconds, for answers under way


def run(settings: Settings, login: Login, clock: Clock, randomness: Randomness) -> None:
    """Serve until a signal or idleness ends it; the card is let go before this returns.

    Raises AgentError, PortTakenError.
    """
    keep_pins_out_of_dumps()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    with listening(settings.host, settings.port) as listener:
        asyncio.run(_serve(settings, Agent.new(login, clock, randomness), listener))


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that only programs of this machine reach.

    Raises AgentError for any other address, PortTakenError.
    """
    try:
        well = ip_address(host).is_loopback
    except ValueError:
        well = False
    if not well:
        raise AgentError(
            f"--host {host} is not this machine's own address (127.0.0.1 or ::1).",
            "The agent lets nobody else in: start one on the machine where the browser runs.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            raise PortTakenError(port, error.strerror or str(error)) from None
        yield listener


def hosts(host: str, port: int) -> frozenset[str]:
    """The names under which a browser reaches the agent."""
    if ":" in host:
        return frozenset({f"[::1]:{port}", f"localhost:{port}"})
    return frozenset({f"{host}:{port}", f"localhost:{port}"})


class Server(uvicorn.Server):
    """uvicorn, but what ends it is told by its owner, who has more to put away."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def server(app: ASGIApp) -> Server:
    """What speaks HTTP for `app`. h11 shows a request's target as it came."""
    return Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOPS_WITHIN,
        )
    )


async def _serve(settings: Settings, agent: Agent, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    app = application(agent, hosts(settings.host, port), frozenset(settings.origins))
    idle = _Idle(app, agent.clock.monotonic)
    http = server(idle)

    def end() -> None:
        agent.closing = http.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(reachable(port, settings.origins, _orders(agent)))
        stack.push_async_callback(agent.desk.close)
        watching = [asyncio.create_task(agent.desk.watch())]
        if settings.idle_exit is not None:
            watching.append(
                asyncio.create_task(_end_idle(idle, agent, settings.idle_exit, end))
            )
        _announce(settings, agent, port)
        await http.serve([listener])
        for task in watching:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@dataclass
class _Idle:
    """Notes when a request came last."""

    app: ASGIApp
    monotonic: Callable[[], float]

    def __post_init__(self) -> None:
        self.last = self.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.last = self.monotonic()
        await self.app(scope, receive, send)


async def _end_idle(idle: _Idle, agent: Agent, after: float, end: Callable[[], None]) -> None:
    while agent.desk.is_busy or idle.monotonic() - idle.last < after:
        await asyncio.sleep(min(_LOOKED_EVERY, after))
    end()


def _orders(agent: Agent) -> Orders:
    """What the owner's other commands may ask."""

    def pair() -> dict[str, object]:
        code = agent.codes.new(agent.clock.monotonic(), agent.randomness)
        if isinstance(code, Refusal):
            return {**code.as_json()}
        return {"pairing_code": code, "expires_in": int(CODE_LIFETIME)}

    return {"pair": pair, "revoke": lambda: {"forgotten": agent.tokens.forget()}}


def _announce(settings: Settings, agent: Agent, port: int) -> None:
    code = agent.codes.new(agent.clock.monotonic(), agent.randomness)
    url = f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{port}"
    told = {"url": url, "port": port, "origins": settings.origins, "pairing_code": code}
    text = json.dumps(told) if settings.json else _text(url, settings.origins, str(code))
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _text(url: str, origins: tuple[str, ...], code: str) -> str:
    minutes = int(CODE_LIFETIME) // 60
    return (
        f"カードのエージェントが動いています。The agent runs at {url}\n"
        f"対象のサイト  for pages of       {', '.join(origins)}\n"
        f"ペアリングコード  pairing code    {code}\n"
        f"コードはログイン画面に入力します。{minutes}分間、1回限り有効です。"
        " Type it into the login page.\n"
        "新しいコード: `mynasim agent pair` gives a new one. 終了: Ctrl-C ends the agent."
    )
