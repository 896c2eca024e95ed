"""Why a resource does not take a token, and how it challenges for a better one.

ResourceError
├── TokenRequiredError        RFC 6750 3: no error code, since nothing was presented
├── InvalidTokenError
├── TokenInQueryError
├── TokenInBodyError
├── InsufficientScopeError
├── SystemAccessError         SMART Backend Services, of which there is only the token yet
├── InsufficientAuthenticationError   RFC 9470 3
└── InvalidProofError         RFC 9449 7.1
"""

from collections.abc import Mapping
from http import HTTPStatus

from mynaportal_sim.oauth.errors import DPOP_ALGORITHMS, OAuthError


class ResourceError(OAuthError):
    """Data are not handed out. `scheme` is what the client is challenged to use."""

    status = HTTPStatus.UNAUTHORIZED
    redirectable = False

    def __init__(self, description: str, scheme: str = "Bearer") -> None:
        super().__init__(description)
        self.scheme = scheme

    def challenge(self, resource: Mapping[str, str], uri: str) -> str:
        """The value of WWW-Authenticate.

        `resource` is what it says of the resource; `uri` is where more of the error is told.
        """
        return _challenge(self.scheme, {**self._wrong(), "error_uri": uri, **resource})

    def _wrong(self) -> dict[str, str]:
        return self.body


class TokenRequiredError(ResourceError):
    """The request bears no token."""

    code = "token_required"

    def __init__(self) -> None:
        super().__init__("present an access token in the Authorization header")

    def challenge(self, resource: Mapping[str, str], uri: str) -> str:  # noqa: ARG002
        """Both schemes, and of errors nothing, as nothing was presented (RFC 6750 3.1)."""
        return ", ".join(_challenge(scheme, resource) for scheme in ("Bearer", "DPoP"))


class InvalidTokenError(ResourceError):
    """The token is malformed, expired, revoked, or not presented as it is bound."""

    code = "invalid_token"


class TokenInQueryError(ResourceError):
    """A token in a URL ends up in logs (FAPI 2.0 5.3.3-2)."""

    code = "invalid_request"
    status = HTTPStatus.BAD_REQUEST


class TokenInBodyError(ResourceError):
    """A token in a form, where it comes in the header too, or may come there alone."""

    code = "invalid_request"
    status = HTTPStatus.BAD_REQUEST


class InsufficientScopeError(ResourceError):
    """The token is good, and for something else; `scope` is what is needed."""

    code = "insufficient_scope"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, scope: str, scheme: str) -> None:
        super().__init__(f"this takes a token of the scope {scope}", scheme)
        self.scope = scope

    def _wrong(self) -> dict[str, str]:
        return {**self.body, "scope": self.scope}


class InsufficientAuthenticationError(ResourceError):
    """The token is good, and its login too old or too weak; asking again as it says helps."""

    code = "insufficient_user_authentication"

    def __init__(self, acr_values: str, max_age: int | None, scheme: str) -> None:
        super().__init__("these data take a fresher or a stronger login", scheme)
        named = {"acr_values": acr_values, "max_age": "" if max_age is None else str(max_age)}
        self.wanted = {name: value for name, value in named.items() if value}

    def _wrong(self) -> dict[str, str]:
        return {**self.body, **self.wanted}


class SystemAccessError(ResourceError):
    """A system shows its own token, by which nobody's data are given here yet."""

    code = "insufficient_scope"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, scheme: str) -> None:
        super().__init__(
            "a system/ token is of nobody's consent, and bulk data ($export), which would ask"
            " each person's, are not offered yet: use a token of the person's",
            scheme,
        )


class InvalidProofError(ResourceError):
    """The DPoP proof beside the token is missing, or proves nothing."""

    def __init__(self, description: str, code: str = "invalid_dpop_proof") -> None:
        super().__init__(description, "DPoP")
        self.code = code


def _challenge(scheme: str, told: Mapping[str, str]) -> str:
    """One challenge (RFC 9110 11.6.1); by DPoP, it also says which algorithms are taken."""
    algorithms = {"algs": DPOP_ALGORITHMS} if scheme == "DPoP" else {}
    quoted = [f'{name}="{value}"' for name, value in {**told, **algorithms}.items()]
    return f"{scheme} {', '.join(quoted)}"
