"""A program of ours in a process of its own, beside the portal."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from socket import socket

STOP_WITHIN = 5.0  # seconds


@contextmanager
def program(command: Sequence[str], listener: socket) -> Iterator[None]:
    """Run a module on a socket until the block ends, or this process does, however it does.

    Its standard input is a pipe from this process, and it stops when that ends, so it outlives
    a portal that was killed by no more than a moment.
    """
    process = subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=sys.stderr,
        pass_fds=(listener.fileno(),),
    )
    listener.close()
    try:
        yield
    finally:
        process.terminate()
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
