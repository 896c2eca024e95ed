"""A PIN of the card: its state is the card's, its counter is the disk's."""

import hmac
from pathlib import Path

from card_reader.emulator import store
from card_reader.spec import PinRule
from card_reader.status import SW, tries_left_is


class Pin:
    """An IEF that holds a PIN. An empty value is never right."""

    def __init__(self, rule: PinRule, ef: int, value: bytes, path: Path) -> None:
        self._rule = rule
        self._ef = ef
        self._value = value
        self._path = path
        self.verified = False

    def status(self) -> int:
        """63Cx with the tries left, whether or not the PIN is verified; asking is free."""
        return tries_left_is(store.tries(self._path, self._ef))

    def verify(self, offered: bytes) -> int:
        """Compare `offered` and answer as the card does.

        9000; 63Cx for a wrong value (63C0 as it blocks); 6984 once blocked. The try is spent on
        disk before the comparison, so that a kill in between costs one and never gives one.
        """
        self.verified = False
        with store.counter(self._path, self._ef) as counter:
            if not counter.left:
                return SW.REFERENCE_DATA_UNUSABLE
            counter.set(counter.left - 1)
            if not hmac.compare_digest(offered, self._value):
                return tries_left_is(counter.left)
            counter.set(self._rule.tries)
        self.verified = True
        return SW.OK
