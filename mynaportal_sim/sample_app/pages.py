"""Turns a template and its values into a page with the headers that every page has."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mynaportal_sim.sample_app import days
from mynaportal_sim.sample_app.language import COOKIE, language_of, messages
from mynaportal_sim.sample_app.portal import Portal
from mynaportal_sim.sample_app.sessions import Session, SessionDep

_TEMPLATES = Path(__file__).parent / "templates"
_YEAR = 365 * 86_400
_NO_TRACES = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(messages(language), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.globals["language"] = language
    environment.filters["day"] = days.DAY[language]
    environment.filters["short_day"] = days.SHORT_DAY[language]
    environment.filters["month"] = days.MONTH[language]
    return environment


class Page:
    """Renders templates for one request, in the language that its reader wants."""

    def __init__(self, request: Request, session: Session) -> None:
        self.request = request
        self.session = session
        self.portal: Portal = request.app.state.portal
        self.language = language_of(request)

    def __call__(
        self, template: str, values: Mapping[str, object], status: int = 200
    ) -> Response:
        """The page made of `template`."""
        settings = self.portal.settings
        frame = {
            "path": self.request.url.path,
            "here": self._here(),
            "csrf": self.session.csrf,
            "consents": f"{settings.issuer}/consents",
            "connection": self.portal.store.find(self.session.id),
        }
        body = _environment(self.language).get_template(template).render({**frame, **values})
        return self._borne(HTMLResponse(body, status, headers=self._headers()))

    def redirect(self, url: str) -> Response:
        """303 to `url`, which makes a GET of whatever came before."""
        response = RedirectResponse(url, 303, _NO_TRACES)
        response.headers["Content-Security-Policy"] = self._policy()
        return self._borne(response)

    def text(self, message: str, **values: object) -> str:
        """`message` in the reader's language, its %(name)s filled from `values`."""
        return messages(self.language).gettext(message) % values

    def _borne(self, response: Response) -> Response:
        if self.session.is_new:
            self.session.write(response, self.portal.settings)
        if self.request.query_params.get("lang") == self.language:
            response.set_cookie(
                COOKIE,
                self.language,
                max_age=_YEAR,
                secure=self.portal.settings.secure,
                httponly=True,
                samesite="lax",
            )
        return response

    def _here(self) -> str:
        """This page's own address but for the language, ready for `lang=…` to be added.

        The way back from the portal cannot be gone twice, so it leads home instead.
        """
        path, query = self.request.url.path, self.request.query_params.multi_items()
        if self.request.method != "GET" or "state" in self.request.query_params:
            return "/?"
        kept = urlencode([(name, value) for name, value in query if name != "lang"])
        return f"{path}?{kept}&" if kept else f"{path}?"

    def _headers(self) -> dict[str, str]:
        return {
            **_NO_TRACES,
            "Content-Security-Policy": self._policy(),
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Language, Cookie",
        }

    def _policy(self) -> str:
        """Own styles and images and nothing else; a form may lead to the portal (connect)."""
        return (
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src 'self'; "
            f"style-src 'self'; form-action 'self' {self.portal.settings.issuer}"
        )


async def _page(request: Request, session: SessionDep) -> Page:
    return Page(request, session)


PageDep = Annotated[Page, Depends(_page)]
