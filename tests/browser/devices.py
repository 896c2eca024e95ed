"""What a person sees whose device has no browser."""

import json
from collections.abc import Iterator

from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.browser.kit import Tab
from tests.journeys.kit import details


def pages_for_devices(tab: Tab, persona: str) -> Iterator[str]:
    """From the page for the code on, as somebody who is not logged in; by name."""
    app = tab.portal.register("oidc", more=("--devices",))
    tab.go("/device")
    yield "device: its code"
    tab.page.fill("#user_code", "BCDF-GHJK")
    tab.press("main button")
    yield "device: no such code"
    tab.go(f"/device?user_code={_user_code(app)}")
    tab.press("button[value=not_mine]")
    yield "device: turned away"
    tab.page.fill("#user_code", _user_code(app).lower())
    tab.press("main button")
    yield "device: compare"
    tab.press("button[value=mine]")
    tab.log_in(persona)
    tab.page.locator("button[value=allow]").wait_for()
    yield "consent for a device"
    tab.decide("checkup")
    yield "device: allowed"
    tab.go("/device/done?outcome=refused")
    yield "device: refused"


def _user_code(app: RelyingParty) -> str:
    """What a device of the app's shows."""
    form = app.authentication() | {"authorization_details": json.dumps(details("checkup"))}
    codes = app.http.post(f"{app.issuer}/device_authorization", data=form).json()
    return str(codes["user_code"])
