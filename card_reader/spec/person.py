"""How the card writes what it knows of a person (jpki/myna, myna-card)."""

from enum import StrEnum, unique
from typing import Self

from card_reader.errors import MalformedDataError

NUMBER_LENGTH = 12
"""Digits of an individual number."""
BIRTH_LENGTH = 8
"""Digits of a day in the Gregorian calendar, YYYYMMDD."""


@unique
class Sex(StrEnum):
    """性別, by its digit."""

    MALE = "1"
    FEMALE = "2"
    NOT_APPLICABLE = "9"

    @classmethod
    def of(cls, value: bytes) -> Self:
        """The member for an object's value. Raises MalformedDataError for any other."""
        try:
            return cls(value.decode("ascii", "replace"))
        except ValueError:
            raise MalformedDataError("There is no digit of 性別 where one belongs.") from None
