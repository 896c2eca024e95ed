"""A resident, as a municipality's register knows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from uuid import UUID

from card_reader.spec.person import Sex

SIGNING_AGE = 15
TEXT_MAX = 200
"""Characters of a name or an address."""
DEFAULT_PIN = "1234"
DEFAULT_PASSWORD = "ABC123"  # noqa: S105  published with every soft card


@unique
class CardState(StrEnum):
    """What has happened to a resident's card by the time they use it."""

    GOOD = "good"
    EXPIRED = "expired"
    REVOKED = "revoked"
    PIN_LOCKED = "pin_locked"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Name:
    """A name; `given` is empty for a person who has one name only."""

    family: str
    given: str

    @property
    def full(self) -> str:
        """Both parts as a certificate joins them: U+3000, or a space between Latin letters."""
        if not self.given:
            return self.family
        space = " " if f"{self.family}{self.given}".isascii() else "\u3000"
        return f"{self.family}{space}{self.given}"


@dataclass(frozen=True, slots=True)
class Municipality:
    """市区町村: `code` has five digits (全国地方公共団体コード without its check digit)."""

    code: str
    prefecture: str
    name: str
    prefecture_romaji: str
    romaji: str


@dataclass(frozen=True, slots=True)
class CardOrder:
    """The soft card that a resident shall have."""

    state: CardState = CardState.GOOD
    pin: str = field(default=DEFAULT_PIN, repr=False)
    password: str = field(default=DEFAULT_PASSWORD, repr=False)


@dataclass(frozen=True, slots=True)
class Resident:
    """One fictional person. `substitutes` maps characters outside JIS level 2 to stand-ins.

    `permitted_until` is the last day of a foreign resident's period of stay (在留期間). `kana`
    and `romaji` are empty after a change of name of which nobody told how it is read.
    """

    id: UUID
    persona: str
    name: Name
    kana: Name
    romaji: Name
    born: date
    sex: Sex
    address: str
    municipality: Municipality
    my_number: str = field(repr=False)
    card: CardOrder
    note_ja: str
    note_en: str
    substitutes: Mapping[str, str] = field(default_factory=dict)
    permitted_until: date | None = None
    died: date | None = None

    def age_on(self, day: date) -> int:
        """Completed years of life on `day`."""
        before_birthday = (day.month, day.day) < (self.born.month, self.born.day)
        return day.year - self.born.year - before_birthday

    def may_sign_on(self, day: date) -> bool:
        """Whether a signing certificate may be issued on `day`: not to children under 15."""
        return self.age_on(day) >= SIGNING_AGE
