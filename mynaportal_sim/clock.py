"""The only module that reads the time.

In dev mode the clock can be moved forward. The offset is a file in the data directory, looked
at again and again, so that every worker process and every command follows within 20 ms.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from mynaportal_sim.errors import PortalError
from mynaportal_sim.files import write_private

LOOK_EVERY = 0.02
"""Seconds for which a reading of the offset serves: under load, asking the disk each time costs
more than the rest of a reading."""
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No clock is moved beyond this; certificates and consents run out years after it."""


class ClockError(PortalError):
    """The clock cannot be moved as asked, or nobody knows how far it has been moved."""


class Clock:
    """Real time plus what a developer has added.

    Args:
        path: the file that holds the offset, or None for a clock that cannot be moved.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._stamp = 0
        self._looked_at = -LOOK_EVERY
        self._offset = timedelta()

    def now(self) -> datetime:
        """The present instant, UTC.

        Raises:
            ClockError: the file that holds the offset is damaged.
        """
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of real time.

        Raises:
            ClockError: the file that holds it is damaged.
        """
        looked_at = monotonic()
        if self._path is None or looked_at < self._looked_at + LOOK_EVERY:
            return self._offset
        self._looked_at = looked_at
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return self._offset
        if stamp != self._stamp:
            self._offset = _read(self._path)
            self._stamp = stamp
        return self._offset

    def forward(self, by: timedelta) -> datetime:
        """Move the clock and say what time it is now.

        Raises:
            ClockError: `by` points backwards or beyond LATEST, or this clock cannot be moved.
        """
        if self._path is None:
            raise ClockError("this clock follows real time; only a dev portal's can be moved")
        if by < timedelta():
            raise ClockError(
                "the clock only goes forward: ledger and cards remember later times"
            )
        self._looked_at = -LOOK_EVERY
        now, offset = datetime.now(UTC), self.offset
        if by > LATEST - now - offset:
            raise ClockError(
                f"that would be after the year {LATEST.year - 1}, where this portal's time"
                f" ends; it is {now + offset:%Y-%m-%d} now, so choose a shorter span"
            )
        document = {"ahead_seconds": (offset + by).total_seconds()}
        write_private(self._path, json.dumps(document).encode())
        self._looked_at = -LOOK_EVERY
        return self.now()


def _read(path: Path) -> timedelta:
    try:
        ahead = timedelta(seconds=json.loads(path.read_bytes())["ahead_seconds"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        ahead = -timedelta.resolution
    if not timedelta() <= ahead <= LATEST - datetime.now(UTC):
        raise ClockError(
            f"{path} does not say how far the portal's time is ahead; restore it, or remove it"
            " to go back to real time (what is dated later seems to lie in the future then)"
        )
    return ahead
