"""The PINs of a card, guarded: no try is spent on what cannot be right, none is the last."""

from collections.abc import Callable
from dataclasses import dataclass, field

from card_reader.apdu import Command
from card_reader.client.session import Session
from card_reader.errors import LastTryError, MalformedPinError, PinBlockedError
from card_reader.spec import PinRule
from card_reader.status import SW


@dataclass(frozen=True, slots=True)
class Reference:
    """A PIN, password or verification number (照合番号) of the selected application."""

    _session: Session = field(repr=False)
    ef: int
    rule: PinRule
    _change: Callable[[bytes], Command] = Command.change_pin

    def tries(self) -> int:
        """How many tries it has left; asking spends none."""
        return self._session.tries(self.ef)

    def verify(self, pin: str, *, allow_last_try: bool = False) -> None:
        """Verify `pin`; letters may be typed in lower case.

        Raises MalformedPinError or LastTryError without sending it, PinBlockedError, or
        WrongPinError, which tells how many tries are left.
        """
        meant = self._meant(pin)
        left = self.tries()
        if not left:
            raise PinBlockedError(SW.REFERENCE_DATA_UNUSABLE)
        if left == 1 and not allow_last_try:
            raise LastTryError
        self._session.verify(self.ef, meant)

    def change(self, current: str, new: str, *, allow_last_try: bool = False) -> None:
        """Replace `current` by `new` in one conversation.

        Raises what `verify` raises, and MalformedPinError for `new`, before anything is sent.
        """
        replacement = self._meant(new)
        self.verify(current, allow_last_try=allow_last_try)
        self._session.send(self._change(replacement))

    def _meant(self, pin: str) -> bytes:
        meant = self.rule.normalised(pin)
        if not self.rule.accepts(meant):
            raise MalformedPinError(f"The {self.rule.name} has {self.rule.description}.")
        return meant.encode()
