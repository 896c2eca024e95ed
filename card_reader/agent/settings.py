"""How an agent is started."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum, unique

HOST = "127.0.0.1"
PORT = 28735
"""Below the ports that systems give out, and no other agent's that is known."""


@unique
class PinUi(StrEnum):
    """By what the PIN is asked for; AUTO: the reader's keys, else a window, else a terminal."""

    AUTO = "auto"
    WINDOW = "window"
    TERMINAL = "terminal"
    PINPAD = "pinpad"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says. `card` is an emulated card's file; else cards lie on readers.

    `pin_fd` is a descriptor with PINs, `idle_exit` in seconds without a request.
    """

    origins: tuple[str, ...]
    version: str
    host: str = HOST
    port: int = PORT
    card: str | None = None
    reader: str = ""
    pin_ui: str = PinUi.AUTO.value
    pin_fd: int | None = None
    idle_exit: float | None = None
    json: bool = False

    def to_json(self) -> str:
        """The settings for a process that is started with them."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """What `to_json` gave."""
        told = json.loads(text)
        return cls(**{**told, "origins": tuple(told["origins"])})
