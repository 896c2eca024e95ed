"""The only module that reads the time.

In dev mode the clock can be moved forward. The offset is a file in the data directory, looked
at on each reading, so that every worker process and every command follows at once.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mynaportal_sim.errors import PortalError
from mynaportal_sim.files import write_private


class ClockError(PortalError):
    """The clock cannot be moved as asked."""


class Clock:
    """Real time plus what a developer has added.

    Args:
        path: the file that holds the offset, or None for a clock that cannot be moved.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._stamp = 0
        self._offset = timedelta()

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC) + self.offset

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of real time."""
        if self._path is None:
            return self._offset
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return self._offset
        if stamp != self._stamp:
            self._offset = timedelta(
                seconds=json.loads(self._path.read_text())["ahead_seconds"]
            )
            self._stamp = stamp
        return self._offset

    def forward(self, by: timedelta) -> datetime:
        """Move the clock and say what time it is now.

        Raises:
            ClockError: `by` points backwards, or this clock cannot be moved.
        """
        if self._path is None:
            raise ClockError("this clock follows real time; only a dev portal's can be moved")
        if by < timedelta():
            raise ClockError(
                "the clock only goes forward: ledger and cards remember later times"
            )
        ahead = self.offset + by
        write_private(self._path, json.dumps({"ahead_seconds": ahead.total_seconds()}).encode())
        return self.now()
