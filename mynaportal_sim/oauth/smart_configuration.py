"""What the FHIR server says of how SMART apps get their tokens (SMART App Launch 2.2)."""

from mynaportal_sim.apps.model import Profile
from mynaportal_sim.oauth import managed
from mynaportal_sim.oauth.client_authentication import methods
from mynaportal_sim.oauth.grants import device_code
from mynaportal_sim.oauth.profiles import PROFILES
from mynaportal_sim.oauth.scopes import SCOPES
from mynaportal_sim.oauth.token import GRANTS

PATH = "/fhir/.well-known/smart-configuration"

CAPABILITIES = (
    "launch-standalone",
    "authorize-post",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-standalone-patient",
    "permission-offline",
    "permission-patient",
    "permission-v2",
)
"""What is true here. No app is launched from within another system, and no style is sent."""


def describe(issuer: str, *, public_clients: bool) -> dict[str, object]:
    """The document of the FHIR server of the portal at `issuer`.

    The algorithms are those of SMART apps: RFC 8414's document lists what other profiles take.
    """
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "token_endpoint_auth_methods_supported": methods(named=public_clients),
        "token_endpoint_auth_signing_alg_values_supported": sorted(
            PROFILES[Profile.SMART].algorithms
        ),
        "registration_endpoint": f"{issuer}/register",
        "grant_types_supported": [one for one in GRANTS if one != device_code.NAME],
        "scopes_supported": sorted(SCOPES | managed.SCOPES),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "management_endpoint": f"{issuer}/consents",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "capabilities": [*CAPABILITIES, *(["client-public"] if public_clients else [])],
    }
