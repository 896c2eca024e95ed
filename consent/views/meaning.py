"""What is made of a document in another format, and what a format cannot carry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consent.model import State, Terms

Json = dict[str, object]

UNDECLARED = 0
"""The version of a purpose that nobody has declared here; declarations count from 1."""


@dataclass(frozen=True, slots=True)
class Naming:
    """By which ids a reader knows the person, the version and single records."""

    patient: str
    version: str
    record: Callable[[UUID], UUID]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a document means here.

    `ignored` are the paths of what it says beside, which neither gives nor keeps back.
    """

    terms: Terms
    state: State
    uses: int = 0
    used_at: datetime | None = None
    ignored: tuple[str, ...] = ()


class Loss(NamedTuple):
    """What a format does not carry, and what becomes of it."""

    field: str
    becomes: str
