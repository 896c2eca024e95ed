"""What can go wrong on the way in. (A login that is refused is a value until it reaches HTTP.)

LoginError                  carries .code, .status and .headers for the answer
├── LoginRefusedError       the public face of a Refusal; carries .reference
├── LoginRequiredError
├── SessionEndedError
├── CsrfError
├── RateLimitedError        carries .retry_after
├── MalformedRequestError
├── NoSuchPersonaError
└── SoftCardsOffError
"""

from collections.abc import Mapping
from http import HTTPStatus

from mynaportal_sim.errors import PortalError
from mynaportal_sim.login.refusal import STATUS, Refusal


class LoginError(PortalError):
    """Base of every error this room raises on purpose; its text may be shown to anyone."""

    code: str
    status: int

    @property
    def headers(self) -> Mapping[str, str]:
        """What the HTTP answer says beyond its body."""
        return {}


class LoginRefusedError(LoginError):
    """A card login was refused. All refusals share one text, which tells a stranger nothing."""

    text = "the login was refused; start again"

    def __init__(self, refusal: Refusal, reference: str) -> None:
        super().__init__(self.text)
        self.code = refusal.code
        self.status = STATUS[refusal.code]
        self.reference = reference


class LoginRequiredError(LoginError):
    """Only a person who is logged in may do this."""

    code = "login_required"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("log in first")


class SessionEndedError(LoginError):
    """The request bears no session, or one that has ended."""

    code = "session_ended"
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("this session has ended; open the login page again")


class CsrfError(LoginError):
    """The request may come from another site."""

    code = "csrf_failed"
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("this form is out of date; reload the page and try again")


class RateLimitedError(LoginError):
    """Too many attempts from one address; `retry_after` is in whole seconds."""

    code = "rate_limited"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts; try again in {retry_after} s")
        self.retry_after = retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": str(self.retry_after)}


class MalformedRequestError(LoginError):
    """The body of a request is not what this endpoint takes."""

    code = "request_malformed"
    status = HTTPStatus.BAD_REQUEST


class NoSuchPersonaError(LoginError):
    """No soft card belongs to this persona."""

    code = "persona_not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("no persona of that name has a soft card here")


class SoftCardsOffError(LoginError):
    """This portal has no soft cards (strict mode)."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("not found")
