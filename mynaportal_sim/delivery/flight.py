"""Messages on their way to apps, side by side: who answers slowly keeps nobody else waiting."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.errors import PortalError

EACH = 4  # at most so many to one app at once
IN_ALL = 64
# A sender that is killed while it sends leaves its deliveries to others after this.
CLAIMED_FOR = timedelta(seconds=30)

T = TypeVar("T")
_log = logging.getLogger(__name__)


# Any: a column's type in Core is its values', which do not matter here.
def in_turn(
    key: Column[UUID], app: Column[Any], at: Column[Any], due: ColumnElement[bool], most: int
) -> Select[tuple[UUID]]:
    """The keys of at most so many that are due, EACH of one app's, oldest first.

    The first of each app's comes before the second of any.
    """
    number = func.row_number().over(partition_by=app, order_by=(at, key))
    numbered = select(key.label("key"), at.label("at"), number.label("number")).where(due)
    turn = numbered.subquery()
    order = (turn.c.number, turn.c.at)
    return select(turn.c.key).where(turn.c.number <= EACH).order_by(*order).limit(most)


class Flight(Generic[T]):
    """What is being sent now; `settle` notes how it went, and when, as a unit of work.

    What was wrong is empty once it has arrived. Leaving the block stops all of it.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settle: Callable[[Connection, T, str, datetime], None],
    ) -> None:
        self.database = database
        self.clock = clock
        self._settle = settle
        self._to: dict[asyncio.Task[None], str] = {}

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return IN_ALL - len(self._to)

    @property
    def busy(self) -> frozenset[str]:
        """The apps that are sent no more before what they are being sent has arrived."""
        return frozenset(self._to.values())

    def send(self, app: str, one: T, sending: Coroutine[Any, Any, str]) -> None:
        """Send this to an app by `sending`, which gives what was wrong."""
        task = asyncio.create_task(self._sent(one, sending))
        self._to[task] = app
        task.add_done_callback(self._to.pop)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until something has been settled."""
        if self._to:
            first = asyncio.FIRST_COMPLETED
            await asyncio.wait(self._to, timeout=seconds, return_when=first)
        else:
            await asyncio.sleep(seconds)

    async def landed(self) -> None:
        """Wait until all of it has been settled."""
        await asyncio.gather(*self._to)

    async def _sent(self, one: T, sending: Coroutine[Any, Any, str]) -> None:
        try:
            fault = await sending
        except Exception as error:  # noqa: BLE001  a fault of ours is noted as theirs
            _log.exception("what an app is told could not be sent")
            fault = f"no answer: {type(error).__name__}"
        try:
            await self.database.write(self._settle, one, fault, self.clock.now())
        except (SQLAlchemyError, PortalError):
            _log.exception("how a message went could not be noted; it is sent again")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._to:
            task.cancel()
        await asyncio.gather(*self._to, return_exceptions=True)
