"""Words that let a purpose be anything; APPI article 17 wants it as concrete as possible.

Each row is a phrase that leaves the purpose open, and what to write in its place.
"""

import re
from typing import NamedTuple


class Vague(NamedTuple):
    """What was found in a purpose's text, and why it cannot stand."""

    words: str
    why: str


_LIST_GOES_ON = "a list that goes on lets anything in; name each thing"
_WHATEVER = "this fits whatever an app might do; say what the person gets from it"

# 等 that ends a word, and none such as 平等, 等級 or 高等学校.
_AND_OTHERS = r"(?<=[\w）)])(?<![平均同対高中初上下劣優])等(?=[のにをはがで、。\s]|$)"

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), why)
    for pattern, why in (
        (r"その他", _LIST_GOES_ON),
        (r"など", _LIST_GOES_ON),
        (_AND_OTHERS, _LIST_GOES_ON),
        (r"\betc\b\.?", _LIST_GOES_ON),
        (r"\band so (?:on|forth)\b", _LIST_GOES_ON),
        (r"\b(?:any|all) other purposes?\b|\bany purposes?\b", _WHATEVER),
        (r"(?:サービス|事業|業務)の?(?:向上|改善|運営|遂行)(?:のため)?$", _WHATEVER),
        (r"^(?:to )?(?:improv(?:e|ing)|provid(?:e|ing)) (?:our|the) services?\.?$", _WHATEVER),
        (r"必要な(?:範囲|目的)", _WHATEVER),
        (r"\bas (?:we|it) (?:need|needs|see fit)\b", _WHATEVER),
    )
)  # fmt: skip


def vague(text: str) -> Vague | None:
    """The first phrase that leaves a purpose open; None if each says something."""
    for phrase, why in _PHRASES:
        if (found := phrase.search(text.strip())) is not None:
            return Vague(found[0], why)
    return None
