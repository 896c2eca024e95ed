"""What a refresh is held to, once it is known whose token it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mynaportal_sim.oauth.errors import InvalidDpopProofError, InvalidScopeError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class Renewal:
    """A family whose refresh token was sent, and what it was sent with."""

    family: Family = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    proven: bool


@asked_by("FAPI 2.0 SP 5.3.2.1-4", "Tokens that were bound to a key stay bound to one.")
def stays_bound(seen: Renewal) -> None:
    if seen.family.sender_constrained and not seen.proven:
        raise InvalidDpopProofError("the first token was bound to a key, so all of them are")


# The gate goes by the consent, not by scopes: a narrower scope would promise what it lacks.
@asked_by("RFC 6749 6", "scope, if sent, is what was granted.")
def scope_is_the_granted_one(seen: Renewal) -> None:
    wanted = seen.parameters.get("scope")
    if wanted is not None and set(wanted.split()) != set(seen.family.scope.split()):
        raise InvalidScopeError("a refresh gives the scope that was granted, unchanged")


CHECKS = (stays_bound, scope_is_the_granted_one)
