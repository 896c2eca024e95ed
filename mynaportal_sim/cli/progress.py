"""How far a long command has come, as a bar on the terminal where there is one."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import Progress

T = TypeVar("T")


class Passed(Protocol):
    """Is told how many entries have gone by since it was told last."""

    def __call__(self, count: int, /) -> object: ...


@contextmanager
def progress(doing: str, total: int) -> Iterator[Passed]:
    """A bar as long as the block lasts."""
    with _bar() as bar:
        task = bar.add_task(doing, total=total)
        yield lambda count: bar.advance(task, count)


def tracked(doing: str, items: Iterable[T], total: int) -> Iterator[T]:
    """The items, with a bar until the last has been taken."""
    with _bar() as bar:
        yield from bar.track(items, total, description=doing)


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not sys.stderr.isatty())
