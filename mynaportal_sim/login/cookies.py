"""The cookies that hold sessions' ids: a person's, and others by their kind."""

from fastapi import Request
from starlette.responses import Response

from mynaportal_sim.settings import Settings

PERSON = "session"


def name(settings: Settings, kind: str = PERSON) -> str:
    """The cookie's name. Cookies ignore ports, so it has the port."""
    prefix = "__Host-" if settings.secure else ""
    return f"{prefix}mynasim-{kind}-{settings.port}"


def read(request: Request, settings: Settings, kind: str = PERSON) -> str | None:
    """The session id that a request bears, if any."""
    return request.cookies.get(name(settings, kind))


def write(response: Response, session_id: str, settings: Settings, kind: str = PERSON) -> None:
    """Have the browser bear `session_id` from now on, until it is closed."""
    response.set_cookie(
        name(settings, kind),
        session_id,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def remove(response: Response, settings: Settings, kind: str = PERSON) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(
        name(settings, kind),
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )
