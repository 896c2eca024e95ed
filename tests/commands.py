"""`mynasim` as tests run it: a process for each command, without an import for each."""

import atexit
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from select import select
from tempfile import TemporaryFile
from typing import IO

from mynaportal_sim.setting_names import variable

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Started:
    """A command that runs; as much of `subprocess.Popen` as tests ask of one."""

    pid: int
    report: int = field(repr=False)
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, once there is one; negative for the signal that ended it."""
        if self.returncode is None and select([self.report], [], [], 0)[0]:
            self.returncode = int(os.read(self.report, 16) or b"-1")
            os.close(self.report)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """The exit code, at the latest after so many seconds."""
        if self.returncode is None and not select([self.report], [], [], timeout)[0]:
            raise TimeoutError(self.pid)
        return self.poll() or 0

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    arguments: tuple[str | Path, ...],
    environment: Mapping[str, str],
    streams: tuple[int, int, int],
    *,
    own_session: bool = False,
) -> Started:
    """Start `mynasim` with these arguments, and with these descriptors to read and write."""
    order = {
        "arguments": list(map(str, arguments)),
        "environment": dict(environment),
        "directory": str(Path.cwd()),
        "own_session": own_session,
    }
    report, reporting = os.pipe()
    socket.send_fds(_server(), [json.dumps(order).encode()], [*streams, reporting])
    os.close(reporting)
    return Started(int(os.read(report, 16)), report)


def run(
    arguments: tuple[str | Path, ...],
    environment: Mapping[str, str],
    stdin: str = "",
    timeout: float = 120,
) -> "subprocess.CompletedProcess[str]":
    """Run `mynasim` to its end; what it printed and its exit code."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as error:
        given.write(stdin.encode())
        given.seek(0)
        streams = (given.fileno(), out.fileno(), error.fileno())
        command = start(arguments, environment, streams)
        try:
            code = command.wait(timeout)
        except TimeoutError:
            command.kill()
            raise
        said = [_read(stream) for stream in (out, error)]
    return subprocess.CompletedProcess(arguments, code, *said)


def at_a_terminal(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    dialogue: list[tuple[bytes, bytes]],
) -> tuple[int, bytes]:
    """Run `mynasim` on a terminal of its own; wait for each prompt, then type the answer."""
    terminal, theirs = pty.openpty()
    command = start(arguments, environment, (theirs, theirs, theirs), own_session=True)
    os.close(theirs)
    shown = b""
    for prompt, answer in dialogue:
        while prompt not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, answer)
    with suppress(OSError):  # how Linux tells that the other side has closed
        while part := os.read(terminal, 1024):
            shown += part
    os.close(terminal)
    return command.wait(60), shown


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


@cache
def _server() -> socket.socket:
    """Where this test process gives its orders; the server ends with it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # What tests set must come with the orders alone.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(variable(""))}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.fork_server", str(there.fileno())],
        env={**clean, "PYTHONUTF8": "1"},
        cwd=ROOT,
        pass_fds=[there.fileno()],
    )
    there.close()
    atexit.register(_end, server, here)
    return here


def _end(server: "subprocess.Popen[bytes]", orders: socket.socket) -> None:
    orders.close()
    server.wait(20)
