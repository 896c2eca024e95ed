"""Which language a page speaks, and its messages (msgids are the English texts)."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from fastapi import Request

LANGUAGES = ("ja", "en")
COOKIE = "komorebi-language"
_LOCALE = Path(__file__).parent / "locale"


def language_of(request: Request) -> str:
    """`?lang=`, else the cookie, else what the browser prefers, else Japanese."""
    preferred = request.headers.get("accept-language", "").split(",")
    tags = [part.split(";")[0].strip().lower().split("-")[0] for part in preferred]
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE), *tags):
        if asked in LANGUAGES:
            return asked
    return LANGUAGES[0]


@cache
def messages(language: str) -> NullTranslations:
    """The message catalogue of one language."""
    if language == "en":
        return NullTranslations()
    with (_LOCALE / language / "LC_MESSAGES" / "sample_app.mo").open("rb") as compiled:
        return GNUTranslations(compiled)


def marked(message: str) -> str:
    """Mark a message for the catalogue where it stands; it is translated where it is shown."""
    return message
