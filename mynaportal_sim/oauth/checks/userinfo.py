"""What a request for what is known of a login is held to, beside what each token is."""

from collections.abc import Sequence

from mynaportal_sim.oauth.resource_errors import InvalidTokenError, TokenInBodyError
from mynaportal_sim.oauth.trail import asked_by


@asked_by("RFC 6750 2", "The token is sent in one way only.")
def token_is_sent_once(values: Sequence[str]) -> None:
    if values:
        raise TokenInBodyError("the token comes in the header or in the body, not in both")


@asked_by("FAPI 2.0 SP 5.3.3-1", "The token comes in the header.")
def token_is_not_in_the_body(_: None) -> None:
    raise TokenInBodyError("this app must send its token in the Authorization header")


@asked_by(
    "design: a token dies with its consent",
    "The token was not revoked, and the consent it came of is in force.",
)
def token_still_gives(seen: tuple[bool, str]) -> InvalidTokenError | None:
    gives, scheme = seen
    if gives:
        return None
    return InvalidTokenError("the token was revoked, or its consent has ended", scheme)
