"""How the owner's commands reach a running agent: a socket in a folder that is theirs alone.

Beside each socket lies a file that says which port its agent has. A line of JSON is asked, a
line is answered.
"""

import asyncio
import json
import os
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from card_reader.errors import AgentError

_VARIABLE = "XDG_RUNTIME_DIR"
_ANSWERS_WITHIN = 5.0  # seconds
_LINE_MAX = 4096

Orders = dict[str, Callable[[], dict[str, object]]]
"""What may be asked, and what answers it."""


@dataclass(frozen=True, slots=True)
class Running:
    """An agent that runs."""

    pid: int
    port: int
    origins: tuple[str, ...]
    socket: Path

    def ask(self, order: str) -> dict[str, object]:
        """What it answers. Raises AgentError."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWERS_WITHIN)
            try:
                connection.connect(str(self.socket))
                connection.sendall(json.dumps({"do": order}).encode() + b"\n")
                answer = json.loads(connection.recv(_LINE_MAX))
            except (OSError, ValueError):
                raise AgentError(
                    f"The agent on port {self.port} does not answer.", "Stop it and start anew."
                ) from None
        return dict(answer)


def folder() -> Path:
    """Where agents of this user are found; made if need be.

    Raises AgentError if somebody else could look into it.
    """
    given = os.environ.get(_VARIABLE)
    place = (
        Path(given) / "mynasim"
        if given
        else Path(tempfile.gettempdir()) / f"mynasim-{os.getuid()}"
    )
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = place.lstat()
    mine = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()
    if not mine or seen.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AgentError(
            f"{place} is not yours alone.",
            f"Remove it, or set {_VARIABLE} to a folder that is.",
        )
    return place


def running() -> list[Running]:
    """The agents of this user that run; what dead ones left is cleared away."""
    found = []
    for file in sorted(folder().glob("agent-*.json")):
        try:
            told = json.loads(file.read_text())
            agent = Running(
                int(told["pid"]),
                int(told["port"]),
                tuple(told["origins"]),
                Path(told["socket"]),
            )
            os.kill(agent.pid, 0)
        except ProcessLookupError:
            _clear(file)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        else:
            found.append(agent)
    return found


def chosen(port: int | None) -> Running:
    """The agent on that port, or the only one. Raises AgentError."""
    found = [agent for agent in running() if port in {None, agent.port}]
    if len(found) == 1:
        return found[0]
    if not found:
        at = f" on port {port}" if port is not None else ""
        raise AgentError(f"No agent runs{at}.", "Start one with `mynasim agent run`.")
    ports = ", ".join(str(agent.port) for agent in found)
    raise AgentError(f"Several agents run, on the ports {ports}.", "Name one with --port.")


@asynccontextmanager
async def reachable(port: int, origins: tuple[str, ...], orders: Orders) -> AsyncIterator[None]:
    """Answer the owner's commands until the block ends."""
    place = folder() / f"agent-{os.getpid()}"
    told = {"pid": os.getpid(), "port": port, "origins": origins}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ValueError, KeyError, TypeError, ConnectionError):
            order = json.loads(await reader.readline())["do"]
            writer.write(json.dumps(orders[order]()).encode() + b"\n")
            await writer.drain()
        writer.close()

    file, path = place.with_suffix(".json"), place.with_suffix(".sock")
    with _private():
        _clear(file)
        server = await asyncio.start_unix_server(answer, path, limit=_LINE_MAX)
        file.write_text(json.dumps({**told, "socket": str(path)}))
    try:
        async with server:
            yield
    finally:
        _clear(file)


@contextmanager
def _private() -> Iterator[None]:
    """Files made in the block are their owner's alone."""
    kept = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(kept)


def _clear(file: Path) -> None:
    for path in (file, file.with_suffix(".sock")):
        path.unlink(missing_ok=True)
