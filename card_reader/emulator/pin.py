"""A PIN of the card: whether it is verified is the card's, all else is the disk's."""

import hmac
from pathlib import Path

from card_reader.emulator import store
from card_reader.emulator.references import ReferenceData
from card_reader.status import SW, tries_left_is


class Pin:
    """An IEF that holds a PIN, or a number that is compared as one and `fixed` for ever."""

    def __init__(self, reference: ReferenceData, path: Path, *, fixed: bool = False) -> None:
        self._reference = reference
        self._path = path
        self._fixed = fixed
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

    def change(self, new: bytes) -> int:
        """Put `new` in place of a value that was verified just before.

        9000; 6982 if it was not, or is fixed; 6984 if another process blocked it since.
        myna-card says that the card checks the form of a new value, not what it says to a wrong
        one: 6A80 is ours, and so is that the PIN stays verified.
        """
        if not self.verified or self._fixed:
            return SW.SECURITY_STATUS_NOT_SATISFIED
        value = new.decode("latin-1")
        if not self._reference.rule.accepts(value):
            return SW.WRONG_DATA
        with store.held(self._path, self._reference) as held:
            if not held.now.tries:
                return SW.REFERENCE_DATA_UNUSABLE
            held.set(value, held.now.tries)
        return SW.OK


class Blocked:
    """An IEF that was blocked when the card was issued, and is right for nothing."""

    def status(self) -> int:
        """No tries."""
        return tries_left_is(0)

    def verify(self, _offered: bytes) -> int:
        """Never."""
        return SW.REFERENCE_DATA_UNUSABLE

    def change(self, _new: bytes) -> int:
        """Never."""
        return SW.SECURITY_STATUS_NOT_SATISFIED
