"""Programs that run beside the portal, and end with it however it ends."""

import os
import sys
from threading import Thread
from typing import Protocol


class Stoppable(Protocol):
    """A server that looks now and then whether it should stop."""

    should_exit: bool


def stop_at_eof(server: Stoppable) -> None:
    """Have a server stop when standard input ends: the portal holds the other end."""
    Thread(target=_wait, args=(server,), daemon=True).start()


def _wait(server: Stoppable) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.should_exit = True
