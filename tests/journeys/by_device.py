"""A device without a browser asks, over the wire and in every way."""

import json
from uuid import uuid4

import httpx

from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.journeys.contract import HeardPortal
from tests.journeys.kit import SCOPES, Portal, details

PIN = "1234"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def ask_from_devices(portal: HeardPortal) -> None:
    """Be allowed, refused and turned away; ask and poll what leads nowhere."""
    app = portal.register("oidc", more=("--devices",))
    url = f"{portal.url}/device_authorization"
    app.http.post(url, data={"client_id": "nobody"})
    app.http.post(url, data={"token": "x" * 40_000})
    app.http.post(url, data=app.authentication() | {"scope": "x"})
    codes = ask(app)
    poll(app, codes["device_code"])
    poll(app, codes["device_code"])
    browser = portal.browser()
    typed = browser.see(f"/device?user_code={codes['user_code']}")
    form = {"csrf": str(typed["csrf"]), "user_code": codes["user_code"], "decision": "mine"}
    browser.post("/device", {**form, "csrf": "0" * 64})
    interaction = browser.post("/device", form).headers["location"].rpartition("/")[2]
    browser.post("/device", form)
    browser.get(f"/device?user_code={codes['user_code']}")
    browser.log_in(portal.card("ito-misaki"), PIN, interaction)
    browser.answer(interaction, "checkup")
    poll(app, codes["device_code"])
    poll(app, str(uuid4()))
    away = ask(app)
    browser.post("/device", {**form, "user_code": away["user_code"], "decision": "not_mine"})
    poll(app, away["device_code"])
    while browser.post("/device", form).status_code != httpx.codes.TOO_MANY_REQUESTS:
        pass
    browser.get("/device?user_code=BCDF-GHJK")


def ask(app: RelyingParty) -> dict[str, str]:
    """The codes that a device of the app's gets."""
    wanted = {"scope": SCOPES, "authorization_details": json.dumps(details("checkup"))}
    form = app.authentication() | wanted
    answered = app.http.post(app.endpoint("device_authorization_endpoint"), data=form)
    codes: dict[str, str] = answered.json()
    return codes


def poll(app: RelyingParty, device_code: str) -> httpx.Response:
    form = app.authentication() | {"grant_type": GRANT, "device_code": device_code}
    return app.http.post(app.endpoint("token_endpoint"), data=form)


def allow(portal: Portal, verification_uri: str, consent: str) -> SecondBrowser:
    """Go where a device says, as a person who logs in and gives `consent`."""
    browser = portal.browser()
    place = verification_uri.removeprefix(portal.url)
    typed = browser.see(place)
    form = {"csrf": str(typed["csrf"]), "user_code": str(typed["user_code"])}
    went_on = browser.post("/device", {**form, "decision": "mine"})
    interaction = went_on.headers["location"].removeprefix("/interactions/")
    browser.log_in(portal.card(), PIN, interaction)
    assert "/device/done?" in browser.answer(interaction, consent)
    return browser
