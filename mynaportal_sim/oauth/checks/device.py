"""Whether the devices of an app may ask by a code (RFC 8628), and for what."""

from mynaportal_sim.apps.model import App
from mynaportal_sim.login.assurance import acr_values
from mynaportal_sim.oauth.checks.request import Asked
from mynaportal_sim.oauth.claims import ClaimsAsked
from mynaportal_sim.oauth.errors import (
    InvalidRequestError,
    UnauthorizedClientError,
    UnmetAuthenticationError,
)
from mynaportal_sim.oauth.trail import asked_by


@asked_by(
    "FAPI 2.0 SP 5.3.2.2; SMART App Launch 2.2", "People are asked by the code flow alone."
)
def code_flow_alone(app: App) -> None:
    raise UnauthorizedClientError(
        f"the profile {app.profile} has no device flow: send the person to the authorization "
        "endpoint, or register what runs on devices under another profile"
    )


@asked_by("RFC 8628 3.1; RFC 6749 5.2", "The app is registered as one that runs on devices.")
def has_devices(app: App) -> None:
    if not app.devices:
        raise UnauthorizedClientError("this app has registered no devices")


@asked_by(
    "RFC 8628 3.3; OIDC Core 3.1.2.1", "prompt is not none, since a person types the code."
)
def a_person_may_be_asked(asked: Asked) -> None:
    if "none" in asked.parameters.get("prompt", "").split():
        raise InvalidRequestError("prompt cannot be none: a person types the code and is asked")


@asked_by("OIDC Core 5.5.1.1", "A login of this server's could be of an essential acr, if any.")
def some_login_would_do(demand: tuple[ClaimsAsked, bool]) -> None:
    claims, strict = demand
    known = acr_values(strict=strict)
    if claims.acr and set(known).isdisjoint(claims.acr):
        raise UnmetAuthenticationError(f"an essential acr here is one of {', '.join(known)}")
