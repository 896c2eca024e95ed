"""The time as the portal has it; the only module of this app that reads the time.

A simulated portal's clock can be moved, and any portal's may be off. Assertions and proofs must
bear a time that the portal accepts, so the app goes by the Date of the answers it gets
(RFC 9110 6.6.1), as clients that sign their requests do elsewhere.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

NEGLIGIBLE = timedelta(seconds=3)
"""A Date is whole seconds and comes with the delay of its answer."""


class PortalClock:
    """Real time, plus how far the portal was ahead when it last answered."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC) + self.ahead

    def learn(self, response: httpx.Response) -> None:
        """Take the Date of an answer over, if it tells of another time than this clock's."""
        try:
            at = parsedate_to_datetime(response.headers.get("date", ""))
        except ValueError:
            return
        if at.tzinfo is not None and abs(at - self.now()) > NEGLIGIBLE:
            self.ahead = at - datetime.now(UTC)
