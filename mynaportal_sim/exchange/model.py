"""One exchange between agencies: what the law has them record of it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique

from mynaportal_sim.exchange.errors import ImpossibleExchangeError, MyNumberInTextError

KEPT_YEARS = 7
"""How long a record is kept and shown (faq.myna.go.jp/faq/show/2397)."""
LEGAL_BASIS = "NUMBER-ACT-19-8"
"""第十九条第八号: provision through the information network system."""
TEXT_MAX = 200
ITEMS_MAX = 20

_MY_NUMBER = re.compile(r"(?:[0-9][ \-]?){12}")


@unique
class Ground(StrEnum):
    """Why a record is marked as not to be disclosed (article 23, paragraph 2).

    Short forms of what 不開示情報 (APPI article 78, paragraph 1) protects.
    """

    LIFE_OR_SAFETY = "life_or_safety"
    OTHER_PERSON = "other_person"
    OFFICIAL_DUTY = "official_duty"

    @property
    def label_ja(self) -> str:
        return _GROUNDS[self][0]

    @property
    def label_en(self) -> str:
        return _GROUNDS[self][1]


_GROUNDS = {
    Ground.LIFE_OR_SAFETY: (
        "開示すると、生命・健康・生活・財産を害するおそれがあるため",
        "Disclosure could harm life, health, livelihood or property.",
    ),
    Ground.OTHER_PERSON: (
        "開示すると、ほかの人の権利利益を害するおそれがあるため",
        "Disclosure could harm the rights of another person.",
    ),
    Ground.OFFICIAL_DUTY: (
        "開示すると、行政機関の事務の適正な遂行に支障を及ぼすおそれがあるため",
        "Disclosure could hinder an agency in carrying out its affairs properly.",
    ),
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A body asked another for a person's data through the information network system.

    `inquirer` and `provider` are the bodies' names, `affair` is the work that the law lets them
    do it for, `items` what was handed over, in Japanese. With a `ground`, the person is told
    that there is a record, and nothing more of it.

    Raises:
        ImpossibleExchangeError: a text is empty or too long, or the times are in no order.
        MyNumberInTextError: a text could hold a My Number.
    """

    inquirer: str
    provider: str
    affair: str
    items: tuple[str, ...]
    requested_at: datetime
    provided_at: datetime
    ground: Ground | None = None

    def __post_init__(self) -> None:
        for field in ("inquirer", "provider", "affair"):
            _check_text(field, getattr(self, field))
        if not 1 <= len(self.items) <= ITEMS_MAX:
            raise ImpossibleExchangeError(f"an exchange has 1 to {ITEMS_MAX} items")
        for item in self.items:
            _check_text("item", item)
        if self.inquirer == self.provider:
            raise ImpossibleExchangeError("a body does not ask itself")
        if self.provided_at < self.requested_at:
            raise ImpossibleExchangeError(
                "the data cannot be provided before they are requested"
            )

    def kept_until(self) -> datetime:
        """When its record is no longer kept."""
        return years_after(self.provided_at, KEPT_YEARS)


def years_after(at: datetime, years: int) -> datetime:
    """The same instant `years` later (earlier if negative); 29 February becomes the 28th."""
    at = at.astimezone(UTC)
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, day=28)


def _check_text(field: str, text: str) -> None:
    if not 1 <= len(text) <= TEXT_MAX or not text.strip():
        raise ImpossibleExchangeError(f"{field}: must have 1 to {TEXT_MAX} characters")
    if any(unicodedata.category(char)[0] == "C" for char in text):
        raise ImpossibleExchangeError(f"{field}: has a control character")
    if _MY_NUMBER.search(unicodedata.normalize("NFKC", text)):
        raise MyNumberInTextError(field)
