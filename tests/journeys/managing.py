"""What an app does about its grants, over the wire and in every way."""

import httpx

from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.journeys.contract import HeardPortal
from tests.journeys.kit import SCOPES, details

PIN = "1234"
OWN = "grant_management_query grant_management_revoke"


def manage_grants(portal: HeardPortal) -> None:
    """Create, merge at once and twice, ask about and end a grant."""
    app, browser = portal.register("fapi2"), portal.browser()
    create = {"scope": f"{SCOPES} {OWN}", "grant_management_action": "create"}
    asked = browser.open(app.authorization_url(details("checkup"), **create))
    browser.log_in(portal.card("ito-misaki"), PIN, asked)
    tokens = app.redeem(browser.answer(asked, "checkup"))
    grant_id = str(tokens.answer["grant_id"])
    own = app.post("token_endpoint", {"grant_type": "client_credentials", "scope": OWN})
    app.introspect(str(own["access_token"]))
    for shown in (tokens.access_token, str(own["access_token"]), "invented"):
        call(app, "GET", grant_id, shown)
    _merge_twice(app, browser, grant_id)
    query = {"grant_type": "client_credentials", "scope": "grant_management_query"}
    for method, named, of in (
        ("DELETE", grant_id, str(app.post("token_endpoint", query)["access_token"])),
        ("GET", "unknown", str(own["access_token"])),
        ("DELETE", grant_id, str(own["access_token"])),
        ("DELETE", grant_id, str(own["access_token"])),
    ):
        call(app, method, named, of)
    app.http.get(f"{portal.url}/grants/{grant_id}")
    app.http.get(f"{portal.url}/grants/{grant_id}?access_token=x")


def call(app: RelyingParty, method: str, grant_id: str, token: str) -> httpx.Response:
    """What the grant management API answers."""
    url = f"{app.endpoint('grant_management_endpoint')}/{grant_id}"
    headers = {"Authorization": f"DPoP {token}", "DPoP": app.proof(method, url, token)}
    return app.http.request(method, url, headers=headers)


def _merge_twice(app: RelyingParty, browser: SecondBrowser, grant_id: str) -> None:
    """Ask for more in two places at once, of which the second comes too late."""
    merge = {"grant_management_action": "merge", "grant_id": grant_id}
    late, soon = (
        browser.open(app.authorization_url(details("medication"), **merge)) for _ in range(2)
    )
    pages = [browser.see(f"/interactions/{one}") for one in (late, soon)]
    app.redeem(browser.answer(soon, "checkup,medication"))
    form = {"csrf": str(pages[0]["csrf"]), "decision": "allow", "category": "medication"}
    browser.post(f"/interactions/{late}", form)
    browser.get(f"/interactions/{late}")
