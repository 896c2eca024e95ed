"""Which browser asks, and whether it was one of our own pages that made it ask.

The session's id is random and opens everything, so it is in one HttpOnly cookie and nowhere
else; what is kept for it is found by its digest.
"""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from mynaportal_sim.sample_app.settings import Settings

KEPT_FOR = 90 * 86_400  # seconds, as long as a consent lasts unless it says otherwise
_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_USE = b"komorebi/csrf/1"


class CsrfError(Exception):
    """A form that is not from a page of this session."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session. `is_new` when the browser does not know it yet."""

    id: str = field(repr=False)
    is_new: bool = False

    @property
    def csrf(self) -> str:
        """What this session's forms carry."""
        return hmac.new(self.id.encode(), _USE, sha256).hexdigest()

    def check(self, request: Request, token: str) -> None:
        """See that a form was sent by one of this session's pages.

        Raises:
            CsrfError: it was not.
        """
        site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
        settings: Settings = request.app.state.portal.settings
        # Under `Referrer-Policy: no-referrer` our own forms say "Origin: null" (Fetch, 3.2).
        ours = {None, settings.url} | ({"null"} if site else set())
        if self.is_new or site not in {None, "same-origin"} or origin not in ours:
            raise CsrfError
        if not hmac.compare_digest(self.csrf.encode(), token.encode(errors="replace")):
            raise CsrfError

    def write(self, response: Response, settings: Settings) -> None:
        """Have the browser bear this session from now on."""
        response.set_cookie(
            cookie_name(settings),
            self.id,
            max_age=KEPT_FOR,
            secure=settings.secure,
            httponly=True,
            samesite="lax",
        )


def cookie_name(settings: Settings) -> str:
    """The cookie's name. Cookies ignore ports, so it has the port."""
    prefix = "__Host-" if settings.secure else ""
    return f"{prefix}komorebi-session-{settings.port}"


def begun() -> Session:
    """A session that nobody has had."""
    return Session(token_urlsafe(32), is_new=True)


async def _session(request: Request) -> Session:
    known = request.cookies.get(cookie_name(request.app.state.portal.settings), "")
    return Session(known) if _ID.fullmatch(known) else begun()


SessionDep = Annotated[Session, Depends(_session)]
