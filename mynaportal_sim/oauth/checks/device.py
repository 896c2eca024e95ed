"""Whether the devices of an app may ask by a code (RFC 8628)."""

from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth.errors import UnauthorizedClientError
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
