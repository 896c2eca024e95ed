"""What a request at the token endpoint is held to, whatever it exchanges."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mynaportal_sim.oauth.errors import InvalidDpopProofError
from mynaportal_sim.oauth.form import required
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class TokenAsked:
    """What comes with a request for tokens."""

    parameters: Mapping[str, str] = field(repr=False)
    proof: str | None = field(repr=False)


@asked_by("RFC 7636 4.5", "code_verifier comes with a code.")
def sends_a_verifier(asked: TokenAsked) -> None:
    if asked.parameters.get("grant_type") == "authorization_code":
        required(asked.parameters, "code_verifier")


@asked_by("FAPI 2.0 SP 5.3.2.1-4, 5.3.2.1-5", "A DPoP proof comes with the request.")
def sends_a_proof(asked: TokenAsked) -> None:
    if asked.proof is None:
        raise InvalidDpopProofError("this app must send a DPoP proof (RFC 9449)")
