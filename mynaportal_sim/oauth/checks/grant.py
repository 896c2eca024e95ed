"""What a call to the grant management API is held to, once its token holds."""

from dataclasses import dataclass, field

from mynaportal_sim.oauth.errors import UnknownArrangementError
from mynaportal_sim.oauth.managed import Grant
from mynaportal_sim.oauth.resource_errors import InsufficientScopeError, InvalidTokenError
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class Called:
    """Who calls by which scope, and the scope that the call takes; `scheme` is the token's."""

    held: str = field(repr=False)
    needed: str
    scheme: str


@asked_by("Grant Management 6.1", "The token has the scope that querying or revoking takes.")
def scope_is_of_the_call(called: Called) -> None:
    if called.needed not in called.held.split():
        raise InsufficientScopeError(called.needed, called.scheme)


@asked_by("RFC 6750 3.1", "The token was not revoked.")
def token_is_not_revoked(seen: tuple[bool, str]) -> InvalidTokenError | None:
    live, scheme = seen
    return None if live else InvalidTokenError("the token was revoked", scheme)


@asked_by(
    "Grant Management 6.6", "The grant is this client's, and of the token's person if any."
)
def grant_is_the_callers(found: Grant | None) -> Grant | UnknownArrangementError:
    if found is None:
        return UnknownArrangementError("this app has no such grant that stands")
    return found
