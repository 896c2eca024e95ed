"""A display that nobody sees, and a person who types into the agent's window on it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Thread

import pytest

ALLOW = ("Tab", "Return")
"""What allows a page to pair: the button that does not is the first."""


@contextmanager
def displayed() -> Iterator[str]:
    """A new display, by the name that programs find it by."""
    lacking = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]
    if lacking or find_spec("_tkinter") is None:
        pytest.skip("the window cannot be shown: apt-get install xvfb xdotool python3-tk")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten"]
    with subprocess.Popen(
        [*command, "tcp"], pass_fds=[writing], stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        with open(reading, encoding="ascii") as told:
            yield f":{told.readline().strip()}"
        server.terminate()


@contextmanager
def typing(screen: str, title: str, *keys: str) -> Iterator[None]:
    """Press keys once a window of that title is there."""

    def press() -> None:
        environment = {**os.environ, "DISPLAY": screen}
        search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", title]
        for command in (search, ["xdotool", "key", *keys]):
            subprocess.run(
                command, env=environment, check=True, timeout=30, stdout=subprocess.DEVNULL
            )

    thread = Thread(target=press, daemon=True)
    thread.start()
    yield
    thread.join(30)
