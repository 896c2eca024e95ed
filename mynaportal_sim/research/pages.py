"""Goes through the log page by page, and takes note of what is erased."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection

from consent.ledger import store
from consent.ledger.entry import Logged, read_body
from mynaportal_sim.research.erasures import Erasures, tells_of_erasure
from mynaportal_sim.research.errors import DamagedLogError

PAGE = 16_384


def pages(
    connection: Connection, size: int, erasures: Erasures, passed: Callable[[int], object]
) -> Iterator[list[Logged]]:
    """The first `size` entries, PAGE at a time; what is erased is noted in `erasures`.

    `passed` is told of each page how many entries it had, once the next is wanted.

    Raises:
        DamagedLogError: an entry is missing.
    """
    for first in range(0, size, PAGE):
        count = min(PAGE, size - first)
        page = store.span(connection, first, count)
        for expected, entry in enumerate(page, first):
            if entry.position != expected:
                raise DamagedLogError(expected, "it is missing")
        if len(page) != count:
            raise DamagedLogError(first + len(page), "it is missing")
        _note(erasures, page)
        yield page
        passed(count)


def _note(erasures: Erasures, page: list[Logged]) -> None:
    for entry in page:
        if entry.body is None:
            erasures.gone(entry.position or 0)
        elif tells_of_erasure(entry.leaf):
            erasures.named(read_body(entry.body))
