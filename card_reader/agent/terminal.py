"""The person is asked at a terminal, or has answered before through a file descriptor."""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from card_reader.agent.line import line_from
from card_reader.agent.pin import (
    CONFIRMATION,
    No,
    Pin,
    Shown,
    Stopped,
    purpose_in_words,
)

_TERMINAL = "/dev/tty"
_LAST_TRY = (
    "\nあと1回間違えるとロックされます。続けるには yes と入力してください。\n"
    'One try is left: a wrong PIN blocks it. Type "yes" to go on: '
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Whoever sits at the terminal that the agent was started from."""

    path: str | None = None

    @contextmanager
    def opened(self, shown: Shown) -> Iterator["TerminalPrompt"]:
        """A conversation at the terminal; nobody is there if there is none."""
        with self._terminal() as descriptor:
            yield TerminalPrompt(descriptor, shown)

    def pairs(self, origin: str, stopped: Stopped) -> bool:
        """Whether they answer y."""
        with self._terminal() as descriptor:
            if descriptor is None:
                return False
            question = (
                f"\n{origin} にこのカードリーダーの利用を許可しますか。\n"
                f"May pages of {origin} use the cards here? [y/N] "
            )
            return _says(descriptor, question, stopped, "y") is None

    @contextmanager
    def _terminal(self) -> Iterator[int | None]:
        descriptor = _opened(self.path)
        if descriptor is None:
            yield None
            return
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _opened(path: str | None) -> int | None:
    """The terminal at `path`; by default this process's own, else what it reads from."""
    paths = [path] if path is not None else [_TERMINAL]
    if path is None and os.isatty(0):
        paths.append(os.ttyname(0))
    for one in paths:
        with suppress(OSError):
            return os.open(one, os.O_RDWR | os.O_NOCTTY)
    return None


@dataclass(frozen=True, slots=True)
class TerminalPrompt:
    """A conversation at a terminal."""

    _descriptor: int | None
    _shown: Shown

    def agree(self, stopped: Stopped) -> No | None:
        """Show who asks, and wait for y."""
        if self._descriptor is None:
            return No.NOBODY
        refused = _says(self._descriptor, told(self._shown), stopped, "y")
        return No.CANCELLED if refused is No.NOT_CONFIRMED else refused

    def pin(self, tries: int, stopped: Stopped) -> Pin | No:
        """Ask for the PIN, which is not shown."""
        if self._descriptor is None:
            return No.NOBODY
        if refused := self._last_try(tries, stopped):
            return refused
        question = f"暗証番号（4桁） PIN, 4 digits; 残り tries left: {tries}: "
        with _unseen(self._descriptor):
            _write(self._descriptor, question)
            line = line_from(self._descriptor, stopped)
            _write(self._descriptor, "\n")
        return line if isinstance(line, No) else Pin(line)

    def on_pinpad(self, tries: int, stopped: Stopped) -> No | None:
        """Say that the reader takes it."""
        if self._descriptor is None:
            return No.NOBODY
        if refused := self._last_try(tries, stopped):
            return refused
        _write(
            self._descriptor,
            f"カードリーダーで暗証番号を入力してください。 Enter the PIN on the reader"
            f" (残り tries left: {tries}).\n",
        )
        return None

    def _last_try(self, tries: int, stopped: Stopped) -> No | None:
        if tries != 1 or self._descriptor is None:
            return None
        return _says(self._descriptor, _LAST_TRY, stopped, CONFIRMATION)


def told(shown: Shown) -> str:
    """What a person is told at a terminal, and the question whether they agree."""
    ja, en = purpose_in_words(shown.purpose)
    mark = (
        "\n*** SIMULATION: 模擬カードです。実物ではありません ***" if shown.simulation else ""
    )
    return (
        f"{mark}\n"
        f"サイト site           {shown.origin}\n"
        f"サービス service      {shown.service}\n"
        f"目的 purpose          {ja} / {en}\n"
        f"確認コード code       {shown.request_code}\n"
        f"カード card           {shown.card} ({shown.reader})\n"
        "同じ確認コードがブラウザに出ていますか。続けますか。\n"
        "Does your browser show the same code? Go on? [y/N] "
    )


def _says(descriptor: int, question: str, stopped: Stopped, wanted: str) -> No | None:
    termios.tcflush(descriptor, termios.TCIFLUSH)
    _write(descriptor, question)
    line = line_from(descriptor, stopped)
    if isinstance(line, No):
        return line
    return None if line.decode("utf-8", "replace").strip() == wanted else No.NOT_CONFIRMED


def _write(descriptor: int, text: str) -> None:
    os.write(descriptor, text.encode())


@contextmanager
def _unseen(descriptor: int) -> Iterator[None]:
    kept = termios.tcgetattr(descriptor)
    silent = [*kept]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, kept)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A test that has agreed to everything, and gives the PIN of its emulated card.

    A line of the descriptor for each use of the card.
    """

    number: int

    @contextmanager
    def opened(self, shown: Shown) -> Iterator["DescriptorPrompt"]:
        """A conversation in which all was said before."""
        yield DescriptorPrompt(self.number, shown.simulation)

    def pairs(self, _origin: str, _stopped: Stopped) -> bool:
        """Yes."""
        return True


@dataclass(frozen=True, slots=True)
class DescriptorPrompt:
    """What a descriptor answers; for a card that may be real it answers nothing."""

    _number: int
    _simulation: bool

    def agree(self, _stopped: Stopped) -> No | None:
        """Yes, for a simulated card."""
        return None if self._simulation else No.NOBODY

    def pin(self, tries: int, stopped: Stopped) -> Pin | No:
        """The next line; never the last try."""
        if tries == 1:
            return No.NOT_CONFIRMED
        line = line_from(self._number, stopped)
        if line is No.CANCELLED and not stopped():
            return No.NOBODY  # the descriptor has ended
        return line if isinstance(line, No) else Pin(line)

    def on_pinpad(self, _tries: int, _stopped: Stopped) -> No | None:
        """No emulated card lies on a reader with keys."""
        return No.NOBODY
