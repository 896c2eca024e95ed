"""The agent beside the browser: how soon it is ready, how big it is, how quick a login is."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter

import httpx

from card_reader.emulator.personalise import read_card
from mynaportal_sim.cli.benchmarks.errors import LoadError, ServerError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.server import CORES, Server, on_cores, own_environment
from mynaportal_sim.login.csrf import HEADER
from mynaportal_sim.sample_app.loopback import client

_ORIGIN = "http://localhost:8400"
_LOGINS = 10  # a round
_JSON = {"Accept": "application/json"}


def ready(rig: Rig) -> Figure:
    """Seconds from `mynasim agent run` to the line that says that it can be asked."""
    took = []
    for _ in range(1 + rig.effort.rounds):
        with _running(rig, _ORIGIN, "--card", str(rig.card)) as agent:
            took.append(agent.server.started_in)
    _first, *later = took
    return Figure(median(later), "by the wall clock, on one core, without the shim")


def idle(rig: Rig) -> Figure:
    """Megabytes resident while nobody asks."""
    with _running(rig, _ORIGIN, "--card", str(rig.card)) as agent:
        return Figure(agent.server.resident_megabytes(), "VmRSS")


def login(rig: Rig) -> Figure:
    """Milliseconds from the login page to a session, the person being a pseudo-terminal."""
    portal, pin = rig.portal.server.url, read_card(rig.card).pin
    took = []
    with on_cores(CORES):
        options = ("--reader", rig.reader, "--pin-ui", "terminal")
        with _running(rig, portal, *options, pin=pin) as agent, client() as http:
            page = _Page(http, agent, portal)
            for _ in range(rig.effort.rounds * _LOGINS):
                began = perf_counter()
                page.log_in()
                took.append(perf_counter() - began)
    return Figure(1000 * median(took), "page, agent, pyscard, pcscd, virtual reader, portal")


@dataclass(frozen=True, slots=True)
class _Agent:
    server: Server
    code: str


@dataclass(slots=True)
class _Page:
    """What the login page does, for one agent."""

    http: httpx.Client
    agent: _Agent
    portal: str
    token: str = ""

    def log_in(self) -> None:
        """From a page without a session to one with it. Raises LoadError."""
        self.http.cookies.clear()
        if not self.token:
            self.token = str(self._ask("POST", "/v1/pair", {"code": self.agent.code})["token"])
        page = self.http.get(f"{self.portal}/login", headers=_JSON).json()
        bearing = {HEADER: page["csrf"]}
        card = f"{self.portal}/auth/card"
        channel = {"channel": "agent"}
        challenge = self.http.post(f"{card}/challenges", json=channel, headers=bearing).json()
        wish = {"type": "login", "challenge": challenge}
        op = self._ask("POST", "/v1/operations", wish)["op"]
        told: dict[str, object] = {"state": "begun"}
        while "token" not in told:
            if "error" in told:
                raise LoadError(f"the agent gave no token: {told}")
            told = self._ask("GET", f"/v1/operations/{op}?wait=25")
        answer = self.http.post(f"{card}/logins", json=told["token"], headers=bearing)
        if not answer.is_success:
            raise LoadError(f"the portal refused: {answer.text}")

    def _ask(self, method: str, path: str, value: object = None) -> dict[str, object]:
        headers = {"Origin": self.portal, "Authorization": f"Bearer {self.token}"}
        url = f"http://127.0.0.1:{self.agent.server.port}{path}"
        answer: object = self.http.request(
            method, url, json=value, headers=headers if self.token else {"Origin": self.portal}
        ).json()
        if not isinstance(answer, dict):
            raise LoadError("the agent answers otherwise than it must")
        return answer


@contextmanager
def _running(rig: Rig, portal: str, *options: str, pin: str = "") -> Iterator[_Agent]:
    """An agent whose owner says yes to everything, until the block ends."""
    runtime = rig.directory / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    own, theirs = pty.openpty()
    Thread(target=_sit, args=(own, pin), daemon=True).start()
    command = ["agent", "run", "--portal", portal, "--port", "0", "--json", *options]
    began = perf_counter()
    with (rig.directory / "agent.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  our own command line
            [sys.executable, "-P", "-m", "mynaportal_sim", *command],
            env={**own_environment(), "XDG_RUNTIME_DIR": str(runtime)},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # or it would ask at the developer's terminal
        )
    os.close(theirs)
    try:
        yield _begun(process, began, rig.directory / "agent.log")
    finally:
        process.terminate()
        process.communicate()
        os.close(own)


def _begun(process: "subprocess.Popen[bytes]", began: float, log: Path) -> _Agent:
    line = process.stdout.readline() if process.stdout is not None else b""
    took = perf_counter() - began
    if not line:
        raise ServerError(f"the agent did not start: {log.read_text()[-500:]}")
    told = json.loads(line)
    return _Agent(Server(told["port"], process, took), told["pairing_code"])


def _sit(terminal: int, pin: str) -> None:
    """Answer what is asked at a terminal until it is gone."""
    unread = b""
    with suppress(OSError):
        while True:
            unread += os.read(terminal, 4096)
            if unread.endswith(b"[y/N] "):
                os.write(terminal, b"y\n")
            elif b"tries left: " in unread:
                os.write(terminal, f"{pin}\n".encode())
            else:
                continue
            unread = b""
