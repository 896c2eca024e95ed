"""Where operations are begun, asked about and cancelled: one at a time, each in a thread."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from card_reader.agent.login import Failed, Login, StoppedError, Wish
from card_reader.agent.operation import Event, Failure, Operation, Token
from card_reader.agent.pairing import Randomness
from card_reader.agent.refusal import Code, Refusal

_log = logging.getLogger(__name__)
_LETS_GO_WITHIN = 3.0  # seconds, from a cancellation to the card's release
_WATCHED_EVERY = 1.0  # seconds
_ID_BYTES = 16


class Desk:
    """The one operation there is, or was last."""

    def __init__(
        self, login: Login, monotonic: Callable[[], float], randomness: Randomness
    ) -> None:
        self._login = login
        self._monotonic = monotonic
        self._randomness = randomness
        self._operation: Operation | None = None
        self._changed = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether an operation is open."""
        return self._operation is not None and self._operation.is_open

    async def begin(self, origin: str, wish: Wish) -> Operation | Refusal:
        """Begin an operation for a page of `origin`, unless one is open."""
        if self.is_busy or self._turn.locked():
            return Refusal(Code.BUSY)
        async with self._turn:
            return await self._begin(origin, wish)

    async def _begin(self, origin: str, wish: Wish) -> Operation | Refusal:
        if self._work is not None and not self._work.done():
            await asyncio.wait({self._work}, timeout=_LETS_GO_WITHIN)
            if not self._work.done():
                return Refusal(Code.BUSY)
        operation = Operation(self._randomness(_ID_BYTES).hex(), origin, self._monotonic())
        self._operation = operation
        self._say(operation)
        progress = _Progress(asyncio.get_running_loop(), operation, self._happen)
        self._work = asyncio.create_task(self._carry_out(operation, wish, progress))
        return operation

    def find(self, operation_id: str, origin: str) -> Operation | None:
        """The operation of that id, if a page of `origin` began it."""
        found = self._operation
        if found is None or (found.id, found.origin) != (operation_id, origin):
            return None
        return found

    async def news(
        self, operation: Operation, within: float, gone: Callable[[], Awaitable[None]]
    ) -> dict[str, object]:
        """What there is to tell, once there is, or after `within` seconds.

        It ends as soon as `gone` does: then nobody listens any more.
        """
        until = self._monotonic() + within
        listener = asyncio.ensure_future(gone())
        try:
            while not operation.has_news and (left := until - self._monotonic()) > 0:
                operation.seen = self._monotonic()
                changed = asyncio.ensure_future(self._changed.wait())
                pending: set[asyncio.Future[object]] = {changed, listener}  # type: ignore[arg-type]
                await asyncio.wait(
                    pending,
                    timeout=min(left, _WATCHED_EVERY),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                changed.cancel()
                if listener.done():
                    return {}
        finally:
            listener.cancel()
        operation.seen = self._monotonic()
        return operation.tell()

    def cancel(self, operation: Operation, failure: Failure | None = None) -> None:
        """End it, if it has not ended; the card is let go within a moment."""
        if operation.is_open:
            operation.failure = failure
            self._happen(operation, Event.CANCEL)

    async def watch(self) -> None:
        """Cancel what nobody asks about any more; never ends."""
        while True:
            await asyncio.sleep(_WATCHED_EVERY)
            self.look()

    def look(self) -> None:
        """Cancel the operation if its page has gone."""
        if self._operation is not None and self._operation.abandoned(self._monotonic()):
            self.cancel(self._operation, Failure.PAGE_GONE)

    async def close(self) -> None:
        """Cancel what is open, and wait until the card was let go."""
        if self._operation is not None:
            self.cancel(self._operation)
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=_LETS_GO_WITHIN)

    async def _carry_out(self, operation: Operation, wish: Wish, progress: "_Progress") -> None:
        try:
            ended = await asyncio.to_thread(self._login.run, wish, progress)
        except Exception as error:  # noqa: BLE001  whatever it was, the page must learn of it
            _log.error(
                "an operation failed: %s", type(error).__name__
            )  # no text: it could hold anything
            ended = Failed(Failure.INTERNAL)
        self._end(operation, ended)

    def _end(self, operation: Operation, ended: Token | Failed | None) -> None:
        if not operation.is_open:
            return
        if ended is None:
            self.cancel(operation)
        elif isinstance(ended, Failed):
            operation.failure, operation.hint = ended.failure, ended.hint
            operation.retries_left = ended.retries_left
            self._happen(operation, Event.FAIL)
        else:
            operation.token = ended
            self._happen(operation, Event.SIGNED)

    def _happen(self, operation: Operation, event: Event) -> bool:
        if not operation.happen(event):
            return False
        self._say(operation)
        self._changed.set()
        self._changed = asyncio.Event()
        return True

    def _say(self, operation: Operation) -> None:
        reason = f" ({operation.failure})" if operation.failure else ""
        _log.info("%s: %s%s", operation.origin, operation.state, reason)


@dataclass(frozen=True, slots=True)
class _Progress:
    """How a thread tells what has happened."""

    loop: asyncio.AbstractEventLoop
    operation: Operation
    told: Callable[[Operation, Event], bool]

    def happen(self, event: Event) -> None:
        """Have it noted, in the loop's own thread."""

        async def note() -> bool:
            return self.told(self.operation, event)

        noted = False
        with suppress(RuntimeError):  # the loop has closed
            noted = asyncio.run_coroutine_threadsafe(note(), self.loop).result()
        if not noted:
            raise StoppedError

    def stopped(self) -> bool:
        """Whether the operation is over."""
        return not self.operation.is_open or self.loop.is_closed()
