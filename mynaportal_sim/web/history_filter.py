"""Which entries of their history a person asks for, as the address of the page says it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query

from mynaportal_sim.disclosure.history import Filter
from mynaportal_sim.web.errors import UnreadableFilterError
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.wording import KIND_LABELS

_NO_KIND = marked("There is no “%(text)s” to choose. Choose from the list.")
_NO_DAY = marked("“%(text)s” is not a date. Choose one, or leave this empty.")
_BACKWARDS = marked("The last day is before the first.")


@dataclass(frozen=True, slots=True)
class FilterRead:
    """The filter, as far as it could be read, and by name of field what could not."""

    wanted: Filter
    unread: dict[str, str]

    @property
    def query(self) -> dict[str, str]:
        """The filter as it stands in an address."""
        wanted = self.wanted
        named = {"app": wanted.app, "category": wanted.category, "kind": wanted.kind}
        days = {"from": wanted.since, "to": wanted.until}
        dated = {name: day.isoformat() for name, day in days.items() if day}
        return {name: value for name, value in named.items() if value} | dated

    def checked(self) -> Filter:
        """The filter, if all of it could be read.

        Raises:
            UnreadableFilterError: it could not; to leave a part out would show too much.
        """
        if self.unread:
            raise UnreadableFilterError(self.unread)
        return self.wanted

    def told(self, page: Page) -> dict[str, str]:
        """By name of field, what is wrong with what it holds, in the reader's language."""
        return {
            name: page.text(self._fault(name), text=text) for name, text in self.unread.items()
        }

    def _fault(self, name: str) -> str:
        if name == "kind":
            return _NO_KIND
        backwards = self.wanted.since is not None and self.wanted.until is not None
        return _BACKWARDS if backwards else _NO_DAY


async def _asked(
    app: Annotated[str, Query(max_length=128)] = "",
    category: Annotated[str, Query(max_length=64)] = "",
    kind: Annotated[str, Query(max_length=16)] = "",
    since: Annotated[str, Query(alias="from", max_length=32)] = "",
    until: Annotated[str, Query(alias="to", max_length=32)] = "",
) -> FilterRead:
    first, last, unread = days(since, until)
    wanted = Filter(app, category, kind if kind in KIND_LABELS else "", first, last)
    if kind != wanted.kind:
        unread = {"kind": kind, **unread}
    return FilterRead(wanted, unread)


AskedDep = Annotated[FilterRead, Depends(_asked)]


def days(since: str, until: str) -> tuple[date | None, date | None, dict[str, str]]:
    """The first and the last day asked for, and by name of field what could not be read."""
    first, last = _day(since), _day(until)
    fields = (("from", since, first), ("to", until, last))
    unread = {name: text for name, text, day in fields if text and day is None}
    if first and last and first > last:
        unread["to"] = until
    return first, last, unread


def _day(text: str) -> date | None:
    """A day as a date field sends it; None for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day, no instant
    except ValueError:
        return None
