"""What each client profile demands: lists of checks, in the order in which they run.

Conflicts between specifications end here. `fapi2` is the FAPI 2.0 Security Profile; `oidc` is
OAuth 2.1 with OpenID Connect; `smart` is SMART App Launch 2.2; `lenient`, which a dev portal
alone has, lets pass and tells of what older clients get wrong without harm to anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.oauth.checks import assertion, device, request, smart, tokens, userinfo
from mynaportal_sim.oauth.checks.assertion import Assertion
from mynaportal_sim.oauth.checks.request import Asked
from mynaportal_sim.oauth.checks.tokens import TokenAsked
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Check, lenient


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """The checks that a client of one profile passes, by what is looked at.

    `assertion` is its JWT wherever it authenticates, signed by one of `algorithms`;
    `unpushed` an authorization request that comes by the browser, before `request`, which
    each is held to; `scopes` reads what it asks for; `token` what it brings to the token
    endpoint; `token_in_body` where it shows a token at the userinfo endpoint in a form. Unless
    it `refreshes`, an app gets a refresh token by the scope offline_access alone. `devices` is
    an app that would ask by a device's code, and `device_request` what it then asks.
    """

    algorithms: frozenset[str]
    assertion: tuple[Check[Assertion, None], ...]
    unpushed: tuple[Check[Asked, None], ...]
    request: tuple[Check[Asked, None], ...]
    scopes: Check[Asked, tuple[str, ...]]
    token: tuple[Check[TokenAsked, None], ...]
    devices: tuple[Check[App, None], ...]
    device_request: tuple[Check[Asked, None], ...] = ()
    token_in_body: tuple[Check[None, None], ...] = ()
    refreshes: bool = True

    @property
    def binds_tokens(self) -> bool:
        """Whether every token is bound to a key by DPoP."""
        return tokens.sends_a_proof in self.token

    @property
    def wants_pushed(self) -> bool:
        """Whether an authorization request must be pushed."""
        return request.is_pushed in self.unpushed


_OIDC_ALGORITHMS = frozenset({"RS256", "ES256", "PS256", "EdDSA"})
_FAPI2_ALGORITHMS = frozenset({"PS256", "ES256", "EdDSA"})
_SMART_ALGORITHMS = frozenset({"RS384", "ES384", "ES256"})
_OF_EACH_ASSERTION = (
    assertion.assertion_is_not_of_later,
    assertion.assertion_ends_soon,
    assertion.assertion_has_an_id,
)


def _lenient(checks: tuple[Check[Asked, None], ...]) -> tuple[Check[Asked, None], ...]:
    """The same, but for what is let pass."""
    return tuple(lenient(one) if one in request.HARMLESS else one for one in checks)


PROFILES: Mapping[Profile, ClientProfile] = {
    Profile.OIDC: ClientProfile(
        algorithms=_OIDC_ALGORITHMS,
        assertion=(
            assertion.names_no_key_set,
            assertion.signed_by_the_client(_OIDC_ALGORITHMS),
            assertion.audience_is_this_server,
            *_OF_EACH_ASSERTION,
        ),
        unpushed=(),
        request=request.CHECKS,
        scopes=request.scopes_are_the_apps,
        token=(tokens.sends_a_verifier,),
        devices=(device.has_devices,),
        device_request=(*request.OF_A_DEVICE, device.a_person_may_be_asked),
    ),
    Profile.FAPI2: ClientProfile(
        algorithms=_FAPI2_ALGORITHMS,
        assertion=(
            assertion.names_no_key_set,
            assertion.signed_by_the_client(_FAPI2_ALGORITHMS),
            assertion.audience_is_the_issuer,
            *_OF_EACH_ASSERTION,
        ),
        unpushed=(request.is_pushed,),
        request=request.CHECKS,
        scopes=request.scopes_are_the_apps,
        token=(tokens.sends_a_verifier, tokens.sends_a_proof),
        token_in_body=(userinfo.token_is_not_in_the_body,),
        devices=(device.code_flow_alone,),
    ),
    Profile.SMART: ClientProfile(
        algorithms=_SMART_ALGORITHMS,
        assertion=(
            assertion.key_set_is_registered,
            assertion.signed_by_the_client(_SMART_ALGORITHMS),
            assertion.audience_is_this_server,
            *_OF_EACH_ASSERTION,
        ),
        unpushed=(),
        request=(*request.CHECKS, *smart.CHECKS),
        scopes=smart.smart_scopes_are_the_apps,
        token=(tokens.sends_a_verifier,),
        devices=(device.code_flow_alone,),
        refreshes=False,
    ),
    Profile.LENIENT: ClientProfile(
        algorithms=_OIDC_ALGORITHMS,
        assertion=(
            assertion.names_no_key_set,
            assertion.signed_by_the_client(_OIDC_ALGORITHMS),
            lenient(assertion.audience_is_this_server),
            lenient(assertion.assertion_is_not_of_later),
            assertion.assertion_ends_soon,
            assertion.assertion_has_an_id,
        ),
        unpushed=(),
        request=_lenient(request.CHECKS),
        scopes=request.scopes_are_the_apps,
        token=(lenient(tokens.sends_a_verifier),),
        devices=(device.has_devices,),
        device_request=(*_lenient(request.OF_A_DEVICE), device.a_person_may_be_asked),
    ),
}


def demanded(app: App, server: Server) -> ClientProfile:
    """What an app must do here; a strict portal lets nothing pass, whatever was agreed."""
    if app.profile is Profile.LENIENT and server.strict:
        return PROFILES[Profile.OIDC]
    return PROFILES[app.profile]
