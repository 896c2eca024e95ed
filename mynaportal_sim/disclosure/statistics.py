"""How often data went out without consent, told so that nobody is known by it.

A case is counted once whom it is about may know of it, and under the month in which it was
opened: nothing is told of it here sooner. Cells of few cases have no number, and there are no
totals, from which such a number could be had by subtraction.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from consent.catalogue import LegalBasis
from consent.japan import day_of
from consent.store.cases import Counted

MINIMUM_CELL = 10


class Cell(NamedTuple):
    """The cases of one authority by one basis in a month, which begins with `month`.

    `cases` is None if they are fewer than `MINIMUM_CELL`.
    """

    month: date
    basis: LegalBasis
    authority: str
    cases: int | None


def cells(counted: Iterable[Counted]) -> list[Cell]:
    """Every cell that has cases, the newest month first."""
    summed = Counter(
        (day_of(one.at).replace(day=1), one.basis, one.authority) for one in counted
    )
    found = [
        Cell(*key, count if count >= MINIMUM_CELL else None) for key, count in summed.items()
    ]
    by_name = sorted(found, key=lambda cell: (cell.basis, cell.authority))
    return sorted(by_name, key=lambda cell: cell.month, reverse=True)
