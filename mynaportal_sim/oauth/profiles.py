"""What each client profile demands, as data (conflicts between specifications end here).

`fapi2` is the FAPI 2.0 Security Profile; `oidc` is OAuth 2.1 with OpenID Connect.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mynaportal_sim.apps.model import Profile


@dataclass(frozen=True, slots=True)
class Demands:
    """What a client of one profile must do.

    `issuer_audience_only`: an assertion's `aud` is the issuer as a string and nothing else
    (FAPI 2.0 5.3.2.1-8); otherwise the token endpoint, or an array with either, will do too.
    """

    assertion_algorithms: frozenset[str]
    issuer_audience_only: bool
    pushed: bool
    sender_constrained: bool


DEMANDS: Mapping[Profile, Demands] = {
    Profile.OIDC: Demands(
        assertion_algorithms=frozenset({"RS256", "ES256", "PS256", "EdDSA"}),
        issuer_audience_only=False,
        pushed=False,
        sender_constrained=False,
    ),
    Profile.FAPI2: Demands(
        assertion_algorithms=frozenset({"PS256", "ES256", "EdDSA"}),
        issuer_audience_only=True,
        pushed=True,
        sender_constrained=True,
    ),
}
