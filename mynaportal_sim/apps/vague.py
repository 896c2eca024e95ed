"""Words that let a purpose be anything; APPI article 17 wants it as concrete as possible.

Each row is a phrase that leaves the purpose open, and in what way.
"""

import re
from enum import Enum, unique


@unique
class Vague(Enum):
    """Why words leave a purpose open."""

    LIST = "a list that goes on"
    WHATEVER = "what fits whatever an app might do"


# 等 that ends a word, and none such as 平等, 等級 or 高等学校.
_AND_OTHERS = r"(?<=[\w）)])(?<![平均同対高中初上下劣優])等(?=[のにをはがで、。\s]|$)"

_PHRASES: tuple[tuple[re.Pattern[str], Vague], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), why)
    for pattern, why in (
        (r"その他", Vague.LIST),
        (r"など", Vague.LIST),
        (_AND_OTHERS, Vague.LIST),
        (r"\betc\b\.?", Vague.LIST),
        (r"\band so (?:on|forth)\b", Vague.LIST),
        (r"\b(?:any|all) other purposes?\b|\bany purposes?\b", Vague.WHATEVER),
        (r"(?:サービス|事業|業務)の?(?:向上|改善|運営|遂行)(?:のため)?$", Vague.WHATEVER),
        (
            r"^(?:to )?(?:improv(?:e|ing)|provid(?:e|ing)) (?:our|the) services?\.?$",
            Vague.WHATEVER,
        ),
        (r"必要な(?:範囲|目的)", Vague.WHATEVER),
        (r"\bas (?:we|it) (?:need|needs|see fit)\b", Vague.WHATEVER),
    )
)  # fmt: skip


def vague(text: str) -> tuple[Vague, str] | None:
    """The first phrase that leaves a purpose open, and how; None if each says something."""
    for phrase, why in _PHRASES:
        if (found := phrase.search(text.strip())) is not None:
            return why, found[0]
    return None
