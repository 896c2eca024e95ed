"""A verifier asks about certificates over the wire, and is refused in every way."""

from base64 import b64encode

import httpx

from card_reader.emulator.personalise import read_card
from mynaportal_sim import keys
from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.journeys.contract import HeardPortal
from tests.journeys.kit import SCOPES, details

PIN, PERSONA, UNTOUCHED = "1234", "hayashi-kaoru", "ito-misaki"


def ask_as_a_verifier(portal: HeardPortal) -> None:
    """Ask how certificates stand, follow one, tie user ids, and read the four attributes."""
    app, other = portal.register("fapi2", more=("--verifier",)), portal.register("fapi2")
    old = _certificate(portal, PERSONA)
    _tie(app, old)
    _reissue(portal)
    good, mine = _certificate(portal, UNTOUCHED), {"user_id": "u-1"}
    for what in ("status", "successor", "user-ids", "user-ids/find"):
        for certificate in (old, good, b"0"):
            _ask(app, what, certificate, **mine)
        _ask(other, what, old, **mine)
        url = f"{portal.url}/verifiers/{what}"
        app.http.post(url, json={"certificate": "x"})
        app.http.post(url, content=b"x" * 40_000, headers={"content-type": "application/json"})
    browser = portal.browser()
    browser.log_in(portal.card(PERSONA), PIN)
    page = browser.see("/user-ids")
    [tied] = [one for one in _listed(page["user_ids"]) if one["app"] == app.client_id]
    for csrf in ("0" * 64, str(page["csrf"]), str(page["csrf"])):
        browser.post(f"/user-ids/{tied['id']}/release", {"csrf": csrf})
    _ask(app, "user-ids", good, user_id="u-2")
    for user_id in ("u-2", "u-2", ""):
        _release(app, user_id)
    _read_attributes(portal, app)
    _read_attributes(portal, other)


def _tie(app: RelyingParty, certificate: bytes) -> None:
    for user_id in ("u-1", "u-2"):
        _ask(app, "user-ids", certificate, user_id=user_id)
    _ask(app, "user-ids/find", certificate)


def _ask(app: RelyingParty, what: str, certificate: bytes, **more: str) -> httpx.Response:
    asked = {"certificate": b64encode(certificate).decode()}
    if what != "user-ids":
        more = {}
    return app.http.post(
        f"{app.issuer}/verifiers/{what}", json={**app.authentication(), **asked, **more}
    )


def _release(app: RelyingParty, user_id: str) -> None:
    form = {**app.authentication(), "user_id": user_id}
    app.http.post(f"{app.issuer}/verifiers/user-ids/release", data=form)


def _read_attributes(portal: HeardPortal, app: RelyingParty) -> None:
    browser = portal.browser()
    for category in ("basic", "checkup"):
        interaction = browser.open(app.authorization_url(details(category), scope=SCOPES))
        browser.log_in(portal.card(UNTOUCHED), PIN, interaction)
        tokens = app.redeem(browser.answer(interaction, category))
        app.fetch(tokens, "/verifiers/attributes")
    url = f"{portal.url}/verifiers/attributes"
    app.http.get(url)
    app.http.get(f"{url}?access_token=x")


def _certificate(portal: HeardPortal, persona: str) -> bytes:
    """What is on a person's card for user authentication now."""
    return read_card(portal.data / "cards" / f"{persona}.json").auth_certificate


def _reissue(portal: HeardPortal) -> None:
    """Let a person have a new card in the place of the old one."""
    bearer = {"Authorization": f"Bearer {keys.dev_token(portal.data / 'keys')}"}
    place = f"{portal.url}/dev/counter/{PERSONA}/reissue"
    assert portal.client().post(place, headers=bearer).is_success


def _listed(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
