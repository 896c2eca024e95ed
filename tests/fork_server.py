"""Imports the command line once, and forks a process for each command that tests run.

Run as a program with the number of a socket. Each message is an order in JSON with four file
descriptors: the child's standard streams, and where to report its id and its exit code.
"""

import gc
import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from selectors import EVENT_READ, DefaultSelector
from socket import recv_fds, socket

from mynaportal_sim import cli

# What uvicorn imports by name once it serves.
_LATE = (
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
_ORDER_MAX = 200_000
_FIRST_OWN = 3


def serve(orders: socket) -> list[str] | None:
    """Fork a child for each order until there are no more; in a child, its arguments."""
    reports: dict[int, tuple[int, int]] = {}
    with DefaultSelector() as selector:
        selector.register(orders, EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not orders:
                    selector.unregister(key.fd)
                    _report(key.fd, *reports.pop(key.fd))
                    continue
                message, streams, *_ = recv_fds(orders, _ORDER_MAX, 4)
                if not message:
                    return None
                order = json.loads(message)
                pid = os.fork()
                if pid == 0:
                    return _become(order, streams)
                for stream in streams[:3]:
                    os.close(stream)
                os.write(streams[3], f"{pid}\n".encode())
                watch = os.pidfd_open(pid)
                reports[watch] = (pid, streams[3])
                selector.register(watch, EVENT_READ)


def _report(watch: int, pid: int, report: int) -> None:
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os.close(report)
    os.close(watch)


def _become(order: dict[str, object], streams: list[int]) -> list[str]:
    """Take on what a process of that order would have been started with."""
    arguments, environment = order["arguments"], order["environment"]
    assert isinstance(arguments, list)
    assert isinstance(environment, dict)
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
    os.closerange(_FIRST_OWN, os.sysconf("SC_OPEN_MAX"))
    if order["own_session"]:
        os.setsid()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.chdir(str(order["directory"]))
    os.environ.clear()
    os.environ.update(environment)
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        mode = "r" if number == 0 else "w"
        opened = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
        assert isinstance(opened, TextIOWrapper)
        opened.reconfigure(line_buffering=number == 2 or opened.isatty())
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    return arguments


def main() -> None:
    """Serve; a child goes on from here as the command."""
    for noun in cli.NOUNS:
        import_module(f"mynaportal_sim.cli.{noun}")
    for name in _LATE:
        import_module(name)
    gc.collect()
    gc.freeze()
    arguments = serve(socket(fileno=int(sys.argv[1])))
    if arguments is not None:
        sys.argv = ["mynasim", *arguments]
        cli.main()


if __name__ == "__main__":
    main()
