"""A JSON document, walked so that every complaint names the path of what it is about."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from consent.errors import InvalidTermsError, NotUnderstoodError
from consent.japan import JST

T = TypeVar("T")

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<part>\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECOND = timedelta(seconds=1)


class Node:
    """One value of a document. `ignored` collects the paths of what was left out of account."""

    def __init__(
        self, value: object, path: str = "$", ignored: list[str] | None = None
    ) -> None:
        self.value = value
        self.path = path
        self.ignored: list[str] = [] if ignored is None else ignored

    def wrong(self, why: str) -> NotUnderstoodError:
        """What is raised of this value."""
        return NotUnderstoodError(self.path, why)

    @contextmanager
    def held_to_the_rules(self) -> Iterator[None]:
        """Say of this value what the terms made of it break."""
        try:
            yield
        except InvalidTermsError as error:
            raise self.wrong(str(error)) from None

    def only(self, known: Collection[str], harmless: Collection[str] = ()) -> None:
        """Refuse a member that is neither known nor harmless; a harmless one is ignored."""
        for name in self._members():
            if name in harmless:
                self.ignored.append(f"{self.path}.{name}")
            elif name not in known:
                raise Node(None, f"{self.path}.{name}").wrong("nothing here can say this")

    def optional(self, name: str) -> "Node | None":
        """A member, None where there is none."""
        members = self._members()
        if name not in members:
            return None
        return Node(members[name], f"{self.path}.{name}", self.ignored)

    def member(self, name: str) -> "Node":
        """A member that must be there."""
        found = self.optional(name)
        if found is None:
            raise Node(None, f"{self.path}.{name}").wrong("is missing")
        return found

    def parts(self) -> "list[Node]":
        """The parts of a list that has some."""
        if not isinstance(self.value, list) or not self.value:
            raise self.wrong("is no list of something")
        return [
            Node(part, f"{self.path}[{index}]", self.ignored)
            for index, part in enumerate(self.value)
        ]

    def optional_parts(self, name: str) -> "list[Node]":
        """The parts of a member; none where there is no such member."""
        found = self.optional(name)
        return [] if found is None else found.parts()

    def sole(self) -> "Node":
        """The one part of a list that has no other."""
        parts = self.parts()
        if len(parts) > 1:
            raise self.wrong("has more than one, of which only one could be kept")
        return parts[0]

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong("is no text")
        return self.value

    def whole(self, least: int = 0, most: int = 2**31 - 1) -> int:
        """A whole number within these bounds; FHIR's and Java's end at 2**31."""
        value = self.value
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(f"is no whole number from {least} to {most}")
        return value

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("is neither true nor false")
        return self.value

    def one_of(self, words: Mapping[str, T]) -> T:
        """What this word stands for."""
        word = self.text()
        if word not in words:
            raise self.wrong(f"{word!r} is none of {', '.join(sorted(words))}")
        return words[word]

    def day(self) -> date:
        """A day, written in full."""
        try:
            if _DAY.fullmatch(self.text()):
                return date.fromisoformat(self.text())
        except ValueError:
            pass
        raise self.wrong("is no day, written YYYY-MM-DD")

    def instant(self) -> datetime:
        """The first moment of what is written, a day being one in Japan."""
        return self._moment()[0]

    def end(self) -> datetime:
        """The first moment after what is written, all of which is included (FHIR, Period)."""
        first, lasts = self._moment()
        try:
            return first + lasts
        except OverflowError:
            raise self.wrong("lies after all time") from None

    def _moment(self) -> tuple[datetime, timedelta]:
        written = self.text()
        if _DAY.fullmatch(written):
            begins = datetime.combine(self.day(), time(), JST)
            lasts = timedelta(days=1)
        else:
            match = _INSTANT.fullmatch(written)
            if match is None:
                raise self.wrong("is no instant with its offset, nor a day")
            digits = len(match["part"] or ".") - 1
            lasts = _SECOND / 10**digits
            begins = self._parsed(written)
        try:
            return begins.astimezone(UTC), lasts
        except OverflowError:
            raise self.wrong("lies outside of all time") from None

    def _parsed(self, written: str) -> datetime:
        try:
            return datetime.fromisoformat(written)
        except ValueError:
            raise self.wrong("is no instant of any calendar") from None

    def _members(self) -> Mapping[str, object]:
        if not isinstance(self.value, dict):
            raise self.wrong("is no object")
        return self.value


def written(at: datetime) -> str:
    """An instant in UTC, to the second unless it lies between two."""
    at = at.astimezone(UTC).replace(tzinfo=None)
    return f"{at.isoformat(timespec='microseconds' if at.microsecond else 'seconds')}Z"


def last_written(until: datetime) -> str:
    """The last moment before `until`, such that what is written includes all before `until`."""
    step = timedelta(microseconds=1) if until.microsecond else _SECOND
    at = (until - step).astimezone(UTC).replace(tzinfo=None)
    return f"{at.isoformat(timespec='microseconds' if until.microsecond else 'seconds')}Z"
