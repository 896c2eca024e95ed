"""Which language a page speaks, and its messages (msgids are the English texts).

Plain Japanese (やさしい日本語) has words of its own on the pages of consent, and speaks usual
Japanese where it has none.
"""

from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from fastapi import Request

EASY = "ja-easy"
NAMES = {"ja": "日本語", EASY: "やさしい日本語", "en": "English"}
LANGUAGES = tuple(NAMES)
COOKIE = "mynasim-language"
_LOCALE = Path(__file__).parent / "locale"


def language_of(request: Request) -> str:
    """`?lang=`, else the cookie, else what the browser prefers, else Japanese."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.split(";")[0].strip().lower().split("-")[0]
        if tag in LANGUAGES:
            return tag
    return LANGUAGES[0]


def liked(request: Request, tags: Sequence[str]) -> str | None:
    """The first language of an app's `ui_locales` that is spoken here (RFC 5646).

    None if there is none, or the person has chosen one themselves.
    """
    if request.query_params.get("lang") in LANGUAGES or COOKIE in request.cookies:
        return None
    spoken = {tag_of(words).lower(): words for words in LANGUAGES}
    known = (spoken.get(tag.lower()) or spoken.get(base_of(tag).lower()) for tag in tags)
    return next((words for words in known if words is not None), None)


def tag_of(words: str) -> str:
    """One of `LANGUAGES` as a tag of BCP 47."""
    return "ja-x-easy" if words == EASY else words


@cache
def messages(language: str) -> NullTranslations:
    """The message catalogue of one language."""
    if language == "en":
        return NullTranslations()
    place = _LOCALE / language.replace("-", "_") / "LC_MESSAGES" / "mynasim.mo"
    with place.open("rb") as compiled:
        found = GNUTranslations(compiled)
    if language == EASY:
        found.add_fallback(messages(base_of(EASY)))
    return found


def base_of(language: str) -> str:
    """The language whose dates and names one of `LANGUAGES` uses."""
    return language.partition("-")[0]


def marked(message: str) -> str:
    """Mark a message for the catalogue where it stands; it is translated where it is shown."""
    return message
