"""Reads the log page by page, as fast as the database gives it."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, LargeBinary, bindparam, cast, select, type_coerce
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from consent.ledger.entry import Logged, read_body
from consent.ledger.tables import bodies, entries
from mynaportal_sim.research.erasures import Erasures, tells_of_erasure
from mynaportal_sim.research.errors import DamagedLogError

PAGE = 16_384


def _raw(column: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """Bytes as the driver gives them; to have SQLAlchemy make sure takes half as long again."""
    return type_coerce(cast(column, LargeBinary), NullType())  # type: ignore[arg-type]  # untyped


_PAGE = (
    select(
        entries.c.position,
        _raw(entries.c.leaf).label("leaf"),
        _raw(bodies.c.body).label("body"),
    )
    .select_from(entries.outerjoin(bodies))
    .where(entries.c.position >= bindparam("first"))
    .order_by(entries.c.position)
    .limit(bindparam("count"))
)


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
        rows = connection.execute(_PAGE, {"first": first, "count": count}).all()
        page = [Logged(0, position, leaf, body, None) for position, leaf, body in rows]
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
