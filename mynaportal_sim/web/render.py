"""Turns a template and its values into a page with the headers that every page has."""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from mynaportal_sim.settings import Settings
from mynaportal_sim.web.dates import DAY, MOMENT, MONTH, clock, last_day
from mynaportal_sim.web.language import (
    COOKIE,
    EASY,
    NAMES,
    base_of,
    language_of,
    liked,
    messages,
    tag_of,
)
from mynaportal_sim.web.visitor import Visitor, VisitorDep

_TEMPLATES = Path(__file__).parent / "templates"
YEAR_SECONDS = 365 * 86_400
SIZE_COOKIE = "mynasim-size"
SIZES = ("usual", "large")


@cache
def _environment(words: str) -> Environment:
    language = base_of(words)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(messages(words), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.globals["language"] = language
    environment.globals["words"] = words
    environment.globals["names"] = NAMES
    environment.filters["day"] = DAY[language]
    environment.filters["month"] = MONTH[language]
    environment.filters["moment"] = MOMENT[language]
    environment.filters["clock"] = clock
    environment.filters["last_day"] = last_day
    return environment


class Page:
    """Renders templates for one request, in the language and size that its reader wants.

    `words` is one of `LANGUAGES`; `language` is whose dates and names it uses: ja or en.
    """

    def __init__(self, request: Request, visitor: Visitor) -> None:
        self.request = request
        self.visitor = visitor
        self.words = language_of(request)
        self.language = base_of(self.words)
        self._suited = False

    def __call__(
        self,
        template: str,
        values: Mapping[str, object],
        *,
        status: int = HTTPStatus.OK,
        form_action: str = "",
        connect: str = "",
    ) -> Response:
        """The page made of `template`.

        `form_action` is a further origin that its forms lead to, `connect` one that its
        scripts may ask.
        """
        size = self._size()
        frame = {"path": self.request.url.path, "here": self._here(), **self.visitor.values}
        frame["size"] = size
        environment = _environment(self.words)
        body = environment.get_template(template).render({**frame, **values})
        response = HTMLResponse(body, status, headers=page_headers(form_action, connect))
        for name, cookie, value in (("lang", COOKIE, self.words), ("size", SIZE_COOKIE, size)):
            if self.request.query_params.get(name) == value:
                response.set_cookie(
                    cookie,
                    value,
                    max_age=YEAR_SECONDS,
                    secure=self._settings.secure,
                    httponly=True,
                    samesite="lax",
                )
        return response

    def suit(self, ui_locales: Sequence[str]) -> None:
        """Speak as an app says the person likes, unless they have said so themselves."""
        words = liked(self.request, ui_locales)
        if words is not None:
            self.words, self.language, self._suited = words, base_of(words), True

    def remember(self, response: Response) -> None:
        """Have the pages that follow speak so too, as long as the browser runs."""
        if self._suited:
            response.set_cookie(
                COOKIE, self.words, secure=self._settings.secure, httponly=True, samesite="lax"
            )

    @property
    def for_program(self) -> bool:
        """Whether a program asks: JSON is named in Accept and HTML is not."""
        accept = self.request.headers.get("accept", "")
        return "application/json" in accept and "text/html" not in accept

    def data(self, value: Mapping[str, object]) -> Response:
        """What a program gets instead of the page."""
        return JSONResponse(value, headers=page_headers())

    def text(self, message: str, **values: object) -> str:
        """`message` in the reader's language, its %(name)s filled from `values`."""
        return messages(self.words).gettext(message) % values

    def choose(self, japanese: str, english: str, easy: str = "") -> str:
        """Whichever the reader wants; usual Japanese where there is none in plain words."""
        if self.words == EASY and easy:
            return easy
        return japanese if self.language == "ja" else english

    @property
    def tag(self) -> str:
        """The language of the words, as a tag of BCP 47."""
        return tag_of(self.words)

    @property
    def _settings(self) -> Settings:
        settings: Settings = self.request.app.state.settings
        return settings

    def _size(self) -> str:
        wanted = (self.request.query_params.get("size"), self.request.cookies.get(SIZE_COOKIE))
        return next((one for one in wanted if one in SIZES), SIZES[0])

    def _here(self) -> str:
        """This page's own address, ready for `lang=…` or `size=…` to be added."""
        query = self.request.query_params.multi_items()
        kept = urlencode([one for one in query if one[0] not in {"lang", "size"}])
        return f"{self.request.url.path}?{kept}&" if kept else f"{self.request.url.path}?"


async def _page(request: Request, visitor: VisitorDep) -> Page:
    return Page(request, visitor)


PageDep = Annotated[Page, Depends(_page)]


def page_headers(form_action: str = "", connect: str = "") -> dict[str, str]:
    """Least privilege for a page: its own styles and scripts, no frame, referrer or cache."""
    policy = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": f"'self' {connect}".strip(),
        "font-src": "'self'",
        "form-action": f"'self' {form_action}".strip(),
        "frame-ancestors": "'none'",
        "img-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
    }
    return {
        "Content-Security-Policy": "; ".join(
            f"{name} {value}" for name, value in policy.items()
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept, Accept-Language, Cookie",
    }
