"""What the exchange of a code is held to, once it is known whose it is."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from mynaportal_sim.oauth import pkce
from mynaportal_sim.oauth.errors import InvalidGrantError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a code was asked for with, and what it is brought back with; `jkt` of a proof."""

    family: Family = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)
    jkt: str | None


@asked_by("RFC 6749 4.1.3", "redirect_uri is the one that the code was asked for with.")
def redirect_uri_is_the_same(seen: Redemption) -> None:
    given, was = seen.parameters["redirect_uri"], seen.family.redirect_uri
    if not hmac.compare_digest(given.encode(), was.encode()):
        raise InvalidGrantError("redirect_uri is not the one the code was asked for with")


@asked_by("RFC 7636 4.6; RFC 9700 4.8.2", "The hash of code_verifier is the code_challenge.")
def verifier_fits(seen: Redemption) -> None:
    challenge, verifier = seen.family.code_challenge, seen.parameters.get("code_verifier", "")
    neither = not challenge and not verifier  # which the lenient profile alone lets so far
    if not neither and not pkce.matches(verifier, challenge):
        raise InvalidGrantError("code_verifier does not fit the code_challenge")


@asked_by("RFC 9449 10", "A code that is bound to a key comes back with a proof of it.")
def key_is_the_same(seen: Redemption) -> None:
    bound = seen.family.dpop_jkt
    if bound is not None and (seen.jkt is None or seen.jkt != bound):
        raise InvalidGrantError("the code is bound to another DPoP key (dpop_jkt)")


CHECKS = (redirect_uri_is_the_same, verifier_fits, key_is_the_same)
