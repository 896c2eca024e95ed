"""The cookie that holds a session's id."""

from fastapi import Request
from starlette.responses import Response

from mynaportal_sim.settings import Settings


def name(settings: Settings) -> str:
    """The cookie's name. Cookies ignore ports, so the name of one that may be shared has it."""
    if settings.secure:
        return "__Host-mynasim-session"
    return f"mynasim-session-{settings.port}"


def read(request: Request, settings: Settings) -> str | None:
    """The session id that a request bears, if any."""
    return request.cookies.get(name(settings))


def write(response: Response, session_id: str, settings: Settings) -> None:
    """Have the browser bear `session_id` from now on, until it is closed."""
    response.set_cookie(
        name(settings),
        session_id,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def remove(response: Response, settings: Settings) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(
        name(settings), path="/", secure=settings.secure, httponly=True, samesite="lax"
    )
