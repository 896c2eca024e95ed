"""The kinds of elementary file that an application holds."""

from dataclasses import dataclass, field

from card_reader.emulator.pin import Blocked, Pin
from card_reader.emulator.schemes import Schemes


@dataclass(frozen=True, slots=True)
class Transparent:
    """A file that can be read once one of `guards` is verified; without guards, always."""

    content: bytes = field(repr=False)
    guards: tuple[Pin, ...] | None = None

    def is_open(self) -> bool:
        """Whether it can be read now; never if `guards` is empty."""
        return self.guards is None or any(pin.verified for pin in self.guards)


@dataclass(frozen=True, slots=True)
class Records:
    """A file of records, numbered from 1."""

    records: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Key:
    """A private key, as what it can sign once `guard` (if any) is verified.

    Only one that `authenticates` answers INTERNAL AUTHENTICATE.
    """

    schemes: Schemes
    guard: Pin | None = None
    authenticates: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """An internal file that answers to its name and serves commands that are not simulated."""


File = Transparent | Records | Key | Pin | Blocked | Reserved
