"""Characters that a certificate cannot carry, and the ones that stand in for them.

A certificate's name and address use JIS X 0208 (levels 1 and 2). A character outside it is
replaced, and a string of 0 and 1, one digit for each character, tells which ones were
(代替文字使用位置情報; reference/mynaportal-and-phr.md, 3).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

# Python's shift_jis maps these cells of JIS X 0208 to other code points than keyboards produce.
_OTHER_MAPPINGS = frozenset("\uff0d\uff5e\u2225\uffe0\uffe1\uffe2")


_KATAKANA = re.compile(r"[ァ-ヺーヽヾ・\u3000 ]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z .,'-]*")


class Substituted(NamedTuple):
    """A text as a certificate carries it; `positions` has a 1 for each character replaced."""

    text: str
    positions: str


def fits(character: str) -> bool:
    """Whether a certificate can carry `character` itself."""
    if character in _OTHER_MAPPINGS:
        return True
    try:
        character.encode("shift_jis")
    except UnicodeEncodeError:
        return False
    return True


def is_kana(text: str) -> bool:
    """Whether `text` is a reading in full-width katakana, as the register has it (フリガナ)."""
    return _KATAKANA.fullmatch(text) is not None


def is_romaji(text: str) -> bool:
    """Whether `text` is a name in Latin letters."""
    return _LATIN.fullmatch(text) is not None


def unfit(text: str, substitutes: Mapping[str, str]) -> str:
    """The first character of `text` for which a certificate has no room; "" for none."""
    return next((one for one in text if not fits(substitutes.get(one, one))), "")


def substitute(text: str, substitutes: Mapping[str, str]) -> Substituted:
    """`text` with each character that does not fit replaced by its one in `substitutes`."""
    replaced = [not fits(character) for character in text]
    return Substituted(
        "".join(
            substitutes[character] if out else character
            for character, out in zip(text, replaced, strict=True)
        ),
        "".join("1" if out else "0" for out in replaced),
    )
