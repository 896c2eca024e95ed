"""What stands between a terminal and a card."""

from typing import Protocol


class Transport(Protocol):
    """A way to a card: a reader, an emulated card, a recording."""

    def transmit(self, command: bytes) -> bytes:
        """Send a command APDU and return the response APDU (data and two status bytes).

        Raises TransportError if the card cannot be reached; never for what the card answers.
        """
        ...


class Powered(Transport, Protocol):
    """A card that can lose power: its selection and PIN states go, its counters stay."""

    def reset(self) -> None:
        """Power the card down and up again. Raises TransportError if it cannot be reached."""
        ...
