"""What data may take of a login, besides that there was one (RFC 9470), as an operator says."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mynaportal_sim.errors import PortalError
from mynaportal_sim.setting_names import variable

_CARD = "card"


class UnknownDataError(PortalError):
    """The operator demands something for data that there are not."""

    def __init__(self, category: str, known: Iterable[str]) -> None:
        super().__init__(
            f"{variable('step_up')}: there are no data called {category!r}, so that nothing "
            f"would be protected; choose of {', '.join(known)}"
        )


class Demand(NamedTuple):
    """What data take: a login not older than so many seconds, and by a card of the person's."""

    max_age: int | None = None
    by_card: bool = False

    def joined(self, other: "Demand") -> "Demand":
        """What data take of which some take this and some the other."""
        ages = [one.max_age for one in (self, other) if one.max_age is not None]
        return Demand(min(ages, default=None), self.by_card or other.by_card)


def read(settings: Iterable[str], categories: Iterable[str]) -> Mapping[str, Demand]:
    """The demands of each category that has some, from CATEGORY=SECONDS and CATEGORY=card.

    Raises:
        UnknownDataError: one is of a category that is none of `categories`.
    """
    known, found = tuple(categories), dict[str, Demand]()
    for text in settings:
        category, _, what = text.partition("=")
        if category not in known:
            raise UnknownDataError(category, known)
        one = Demand(by_card=True) if what == _CARD else Demand(int(what))
        found[category] = found.get(category, Demand()).joined(one)
    return found
