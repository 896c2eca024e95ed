"""What can go wrong between the app and the portal.

SampleAppError
├── StartError           the app cannot run as it was set up; the text says what to change
├── PortalDownError      the portal does not answer
├── RelyingPartyError    it answers otherwise than hoped; carries .response, .code
├── AuthorizationError   the browser came back without a code that is for us; carries .code
├── IdTokenError         who logged in cannot be believed
├── AccessEndedError     the consent, or the tokens that came of it, have ended; carries .code
├── AccessRestsError     nothing is given now, and may be again; carries .code
└── NotGrantedError      the person has not given this kind of data
"""

import httpx


class SampleAppError(Exception):
    """Base of every error this package raises on purpose."""


class StartError(SampleAppError):
    """The app cannot run as it was set up."""


class PortalDownError(SampleAppError):
    """The portal does not answer."""


class RelyingPartyError(SampleAppError):
    """The portal answered otherwise than the app hoped; `code` is "" where it named none."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.method} {response.url.path}: {response.text}")
        self.response = response
        self.code = str(json_object(response).get("error", ""))


class AuthorizationError(SampleAppError):
    """The person refused, or the answer is not for this request."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code


class IdTokenError(SampleAppError):
    """The ID token is not one that OpenID Connect Core 3.1.3.7 lets a client accept."""


class AccessEndedError(SampleAppError):
    """The consent, or the tokens that came of it, have ended; `code` says why, if known."""

    def __init__(self, code: str = "") -> None:
        super().__init__(code or "ended")
        self.code = code


class AccessRestsError(SampleAppError):
    """Nothing is given now, and may be again; what was given before is kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotGrantedError(SampleAppError):
    """The person has not given this kind of data."""


def json_object(response: httpx.Response) -> dict[str, object]:
    """The JSON object in an answer; an empty one where there is none."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
