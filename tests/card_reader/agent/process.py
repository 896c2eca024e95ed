"""An agent in a process of its own, asked over its socket."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import commands
from tests.card_reader.agent.kit import CHALLENGE

ORIGIN = "http://localhost:8400"
PORTAL = ("--portal", ORIGIN)


@dataclass
class Running:
    """An agent, and all that came over its socket."""

    process: commands.Started
    told: dict[str, Any]
    environment: dict[str, str]
    log: Path
    captured: list[bytes] = field(default_factory=list)
    token: str = ""
    origin: str = ORIGIN

    @property
    def port(self) -> int:
        return int(self.told["port"])

    def raw(self, request: bytes) -> bytes:
        """What is answered to these very bytes, until the agent has no more to say."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        self.captured += [request, answer]
        return answer

    def ask(self, method: str, path: str, value: object = None) -> Any:
        body = json.dumps(value).encode() if value is not None else b""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: {self.origin}",
            f"Content-Length: {len(body)}",
            *(["Content-Type: application/json"] if body else []),
            *([f"Authorization: Bearer {self.token}"] if self.token else []),
            "Connection: close",
        ]
        answer = self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def pair(self) -> None:
        """Have this test pair by the newest code."""
        code = self.command("pair")["pairing_code"]
        self.token = self.ask("POST", "/v1/pair", {"code": code})["token"]

    def begin(self, challenge: Mapping[str, object] | None = None) -> str:
        """Begin a login; the operation's id."""
        given = challenge or {**CHALLENGE, "origin": self.origin}
        wish = {"type": "login", "challenge": given}
        return str(self.ask("POST", "/v1/operations", wish)["op"])

    def until(self, op: str, *states: str) -> Any:
        """What is told of it once it is in one of these states."""
        told: Any = {"state": ""}
        while told["state"] not in states:
            told = self.ask("GET", f"/v1/operations/{op}?wait=5")
            assert told["state"] in states or "error" not in told, told
        return told

    def login(self, challenge: Mapping[str, object] | None = None) -> Any:
        """The last word about a new login."""
        return self.until(self.begin(challenge), "done", "failed", "cancelled")

    def command(self, name: str) -> Any:
        arguments = ("agent", name, "--port", str(self.port), "--json")
        done = commands.run(arguments, self.environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def ready(place: Path, stdin: int, *more: str | Path, **environment: str) -> Running:
    """An agent on some port that is ready to be asked; what it logs is in `place`."""
    given = {**os.environ, "XDG_RUNTIME_DIR": str(place), **environment}
    saying, said = os.pipe()
    log = place / "log"
    portal = () if "--portal" in more else PORTAL
    with log.open("wb") as logging:
        process = commands.start(
            ("agent", "run", *portal, "--port", "0", "--json", *more),
            given,
            (stdin, said, logging.fileno()),
        )
    os.close(said)
    with open(saying, encoding="utf-8") as out:
        line = out.readline()
    assert line, log.read_text()
    return Running(process, json.loads(line), given, log)
