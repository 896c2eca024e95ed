"""How a person is asked, whatever they are asked by: who asks, whether they agree, the PIN."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from enum import Enum, auto, unique
from types import TracebackType
from typing import Protocol

PROMPT_LIFETIME = 60.0  # seconds for each question
CONFIRMATION = "yes"
"""What is typed when a wrong PIN would block it."""
LINE_MAX = 64
"""Bytes that are taken for a PIN at most."""

Stopped = Callable[[], bool]
"""Whether the question is no longer wanted; looked at several times a second."""


class Pin:
    """A PIN on its way to the card, in bytes of which none remain when the block ends.

    Python copies it for the one command that takes it; core dumps are off for that reason.
    """

    def __init__(self, entered: bytearray) -> None:
        self._entered = entered

    def __enter__(self) -> "Pin":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.forget()

    def __repr__(self) -> str:
        return "Pin(****)"

    def text(self) -> str:
        """What was typed."""
        return self._entered.decode("utf-8", "replace")

    def forget(self) -> None:
        """Overwrite it."""
        self._entered[:] = bytes(len(self._entered))


@unique
class No(Enum):
    """Why there is no answer, or not the one that lets it go on."""

    CANCELLED = auto()
    TIMED_OUT = auto()
    NOT_CONFIRMED = auto()
    """One try was left, and nobody typed "yes"."""
    NOBODY = auto()
    """There is no window, terminal or descriptor to ask by."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person sees before they agree."""

    origin: str
    service: str
    purpose: str
    request_code: str
    card: str
    reader: str
    simulation: bool

    def as_json(self) -> dict[str, object]:
        """The same for a window in another process."""
        return asdict(self)


class Prompt(Protocol):
    """One conversation with a person, about one use of the card."""

    def agree(self, stopped: Stopped) -> No | None:
        """Show who asks, and wait for the person to agree; None if they do."""
        ...

    def pin(self, tries: int, stopped: Stopped) -> Pin | No:
        """Ask for the PIN; at one try left, for "yes" first."""
        ...

    def on_pinpad(self, tries: int, stopped: Stopped) -> No | None:
        """Say that the PIN is typed on the reader; at one try left, ask for "yes" first."""
        ...


class Asker(Protocol):
    """A way to ask whoever sits here."""

    def opened(self, shown: Shown) -> AbstractContextManager[Prompt]:
        """A conversation about `shown`, over when the block ends."""
        ...

    def pairs(self, origin: str, stopped: Stopped) -> bool:
        """Whether they let pages of `origin` use this agent."""
        ...


PURPOSES = {
    "login": ("ログイン", "log in"),
    "consent": ("データ提供への同意", "agree to giving data"),
    "unlink": ("登録の解除", "unlink this card"),
}
"""What a challenge's purpose begins with, in words."""


def purpose_in_words(purpose: str) -> tuple[str, str]:
    """A purpose in Japanese and English, with the beginning of what it names."""
    kind, _, named = purpose.partition(":")
    ja, en = PURPOSES[kind]
    return (f"{ja}（{named[:8]}…）", f"{en} ({named[:8]}…)") if named else (ja, en)
