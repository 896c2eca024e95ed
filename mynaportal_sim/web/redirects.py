"""Where a page sends a browser on to."""

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse


def see_other(url: str) -> RedirectResponse:
    """Go on with GET at `url` (303), which no cache keeps and no other site learns of."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return RedirectResponse(url, HTTPStatus.SEE_OTHER, headers)


def origin_of(uri: str) -> str:
    """The origin of a redirect URI, which a page's forms may lead to (CSP form-action).

    Of none, where a device waits for the answer, nothing.
    """
    if not uri:
        return ""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
