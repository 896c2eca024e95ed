"""The person is asked by a window, which is another process (`card_reader.agent.window`)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec

from card_reader.agent.line import line_from
from card_reader.agent.pin import CONFIRMATION, No, Pin, Shown, Stopped

_WINDOW = "card_reader.agent.window"
_ENDS_WITHIN = 1.0  # seconds
HOW_TO_INSTALL = "sudo apt-get install python3-tk"


def lacking() -> str | None:
    """Why no window can be shown here, with what to do; None if one can."""
    if find_spec("_tkinter") is None:
        return f"Python has no tkinter; on Debian and Ubuntu: `{HOW_TO_INSTALL}`"
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        return "there is no display (DISPLAY is not set); the terminal asks instead"
    return None


@dataclass(frozen=True, slots=True)
class Windowed:
    """Whoever sits in front of the screen."""

    @contextmanager
    def opened(self, shown: Shown) -> Iterator["WindowPrompt"]:
        """A conversation in one window, which is gone when the block ends."""
        with _window() as process:
            yield WindowPrompt(process, shown)

    def pairs(self, origin: str, stopped: Stopped) -> bool:
        """Whether they press the button that allows it."""
        with _window() as process:
            return _asked(process, {"ask": "pair", "origin": origin}, stopped) is None


@dataclass(frozen=True, slots=True)
class WindowPrompt:
    """A conversation in a window."""

    _process: "subprocess.Popen[bytes]"
    _shown: Shown

    def agree(self, stopped: Stopped) -> No | None:
        """Show who asks, and wait for a button."""
        return _asked(self._process, {"ask": "agree", **self._shown.as_json()}, stopped)

    def pin(self, tries: int, stopped: Stopped) -> Pin | No:
        """Ask for the PIN."""
        if refused := self._confirmed("pin", tries, stopped):
            return refused
        line = line_from(_answers(self._process), stopped)
        return line if isinstance(line, No) else Pin(line)

    def on_pinpad(self, tries: int, stopped: Stopped) -> No | None:
        """Say that the reader takes it."""
        if refused := self._confirmed("pinpad", tries, stopped):
            return refused
        line_from(_answers(self._process), stopped)
        return None

    def _confirmed(self, ask: str, tries: int, stopped: Stopped) -> No | None:
        """Ask, and see what was typed for "yes", if that had to be."""
        question = {"ask": ask, "tries": tries, **self._shown.as_json()}
        if refused := _asked(self._process, question, stopped):
            return refused
        confirmed = line_from(_answers(self._process), stopped)
        if isinstance(confirmed, No):
            return confirmed
        well = tries > 1 or confirmed.decode("utf-8", "replace") == CONFIRMATION
        return None if well else No.NOT_CONFIRMED


@contextmanager
def _window() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-P", "-m", _WINDOW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(_ENDS_WITHIN)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _asked(
    process: "subprocess.Popen[bytes]", question: dict[str, object], stopped: Stopped
) -> No | None:
    """Ask, and wait for the word that an answer begins with; None if it is a yes."""
    if process.stdin is None:
        return No.NOBODY
    with suppress(BrokenPipeError):  # then the answer has ended, too
        process.stdin.write(json.dumps(question).encode() + b"\n")
    line = line_from(_answers(process), stopped)
    if isinstance(line, No):
        ended = line is No.CANCELLED and not stopped()
        return No.NOBODY if ended else line
    return No.CANCELLED if line == b"cancelled" else None


def _answers(process: "subprocess.Popen[bytes]") -> int:
    return process.stdout.fileno() if process.stdout is not None else -1
