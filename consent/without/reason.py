"""Whether a reason for access without consent says anything of the case at hand."""

import re
import unicodedata

TEXT_MAX = 500

_FILLER = re.compile(
    "|".join(
        (
            "test|sample|asdf|qwerty|todo|none|n/a|urgent|emergency|needed|necessary|because",
            "reason|please|テスト|てすと|至急|緊急|非常時|急ぎ|必要|対応|業務|確認|理由",
            "特になし|のため|です|ます|する|による|なし|あああ",
        )
    )
)
_MY_NUMBER = re.compile(r"(?:[0-9][ \-]?){12}")
_DISTINCT_MIN = 6  # characters; fewer are a key held down


def substance(text: str) -> int:
    """How many characters say something: letters and digits that are no filler word's.

    A text that goes on with few characters says nothing.
    """
    plain = _FILLER.sub("", unicodedata.normalize("NFKC", text).casefold())
    told = [char for char in plain if char.isalnum()]
    return len(told) if len(set(told)) >= _DISTINCT_MIN else 0


def is_readable(text: str) -> bool:
    """Whether a text is short enough, has no control character, and can hold no My Number."""
    return (
        len(text) <= TEXT_MAX
        and not any(unicodedata.category(char)[0] == "C" for char in text)
        and not _MY_NUMBER.search(unicodedata.normalize("NFKC", text))
    )
