"""A PIN of the card: whether it is verified is the card's, all else is the disk's."""

import hmac
from pathlib import Path

from card_reader.emulator import store
from card_reader.emulator.references import Reference
from card_reader.status import SW, tries_left_is


class Pin:
    """An IEF that holds a PIN."""

    def __init__(self, reference: Reference, path: Path) -> None:
        self._reference = reference
        self._path = path
        self.verified = False

    def status(self) -> int:
        """63Cx with the tries left, whether or not the PIN is verified; asking is free."""
        return tries_left_is(store.tries(self._path, self._reference))

    def verify(self, offered: bytes) -> int:
        """Compare `offered` and answer as the card does.

        9000; 63Cx for a wrong value (63C0 as it blocks); 6984 once blocked. The try is spent on
        disk before the comparison, so that a kill in between costs one and never gives one.
        """
        self.verified = False
        with store.held(self._path, self._reference) as held:
            value, left = held.now.value, held.now.tries
            if not left:
                return SW.REFERENCE_DATA_UNUSABLE
            held.set(value, left - 1)
            if not hmac.compare_digest(offered, value.encode()):
                return tries_left_is(left - 1)
            held.set(value, self._reference.rule.tries)
        self.verified = True
        return SW.OK
