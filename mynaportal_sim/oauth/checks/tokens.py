"""What a request at the token endpoint is held to, whatever it exchanges."""

from dataclasses import dataclass

from mynaportal_sim.oauth.errors import InvalidDpopProofError
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class TokenAsked:
    """What comes with a request for tokens."""

    proof: str | None


@asked_by("FAPI 2.0 SP 5.3.2.1-4, 5.3.2.1-5", "A DPoP proof comes with the request.")
def sends_a_proof(asked: TokenAsked) -> None:
    if asked.proof is None:
        raise InvalidDpopProofError("this app must send a DPoP proof (RFC 9449)")
