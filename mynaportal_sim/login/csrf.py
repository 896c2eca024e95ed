"""Whether a request that changes something was made by a page of this portal.

Two things are looked at. The token, which only a page of the session can know: it is an HMAC
under the session's id, so nothing need be stored. And what the browser says of the request's
source, which a page cannot forge: Sec-Fetch-Site and Origin.
"""

import hmac
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import Request

from mynaportal_sim.login import cookies
from mynaportal_sim.login.errors import CsrfError
from mynaportal_sim.settings import Settings

HEADER = "X-CSRF-Token"
_USE = b"mynaportal-sim/csrf/1"


def csrf_token(session_id: str) -> str:
    """What forms of this session carry; 64 hex digits."""
    return hmac.new(session_id.encode(), _USE, sha256).hexdigest()


def check_csrf(
    request: Request, settings: Settings, token: str | None, kind: str = cookies.PERSON
) -> str:
    """The session id of a request that bears its cookie and the token that belongs to it.

    `kind` is whose cookie it must be.

    Raises:
        CsrfError: the token is not the cookie's, or the request comes from another site.
    """
    check_origin(request, settings)
    session_id = cookies.read(request, settings, kind)
    if session_id is None or token is None:
        raise CsrfError
    if not hmac.compare_digest(csrf_token(session_id).encode(), token.encode(errors="replace")):
        raise CsrfError
    return session_id


def check_origin(request: Request, settings: Settings) -> None:
    """See that a form that no session protects yet is one of this portal's pages.

    Raises:
        CsrfError: the request comes from another site.
    """
    if not _same_origin(request, settings):
        raise CsrfError


def origin(settings: Settings) -> str:
    """The portal's own origin (RFC 6454), as browsers write it."""
    parts = urlsplit(settings.issuer)
    return f"{parts.scheme}://{parts.netloc}"


def _same_origin(request: Request, settings: Settings) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site not in {None, "same-origin"}:
        return False
    # Under `Referrer-Policy: no-referrer` our own forms say "Origin: null" (Fetch, 3.2).
    accepted = {None, origin(settings)} | ({"null"} if site else set())
    return request.headers.get("origin") in accepted
