"""What a refresh is held to, once it is known whose token it is."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from mynaportal_sim.oauth.errors import (
    InvalidDpopProofError,
    InvalidGrantError,
    InvalidScopeError,
)
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class Renewal:
    """A family whose refresh token was sent, what it was sent with, and by what sort of client.

    `jkt` is the thumbprint of the key that was proven, if one was.
    """

    family: Family = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    jkt: str | None
    public: bool


@asked_by("FAPI 2.0 SP 5.3.2.1-4", "Tokens that were bound to a key stay bound to one.")
def stays_bound(seen: Renewal) -> None:
    if seen.family.sender_constrained and seen.jkt is None:
        raise InvalidDpopProofError("the first token was bound to a key, so all of them are")


@asked_by("RFC 9449 5", "A public client proves the same key each time.")
def public_client_keeps_its_key(seen: Renewal) -> None:
    bound = seen.public and seen.family.sender_constrained
    if bound and not hmac.compare_digest(str(seen.jkt), str(seen.family.dpop_jkt)):
        raise InvalidGrantError("the refresh token is bound to another key")


# The gate goes by the consent, not by scopes: a narrower scope would promise what it lacks.
@asked_by("RFC 6749 6", "scope, if sent, is what was granted.")
def scope_is_the_granted_one(seen: Renewal) -> None:
    wanted = seen.parameters.get("scope")
    if wanted is not None and set(wanted.split()) != set(seen.family.scope.split()):
        raise InvalidScopeError("a refresh gives the scope that was granted, unchanged")


CHECKS = (stays_bound, public_client_keeps_its_key, scope_is_the_granted_one)
