"""An app that takes logout tokens, a person who logs out, and what arrives of it."""

from os import urandom
from typing import Any
from urllib.parse import parse_qs

import jwt

from mynaportal_sim.apps import store as apps
from mynaportal_sim.delivery import logouts, pinned
from mynaportal_sim.delivery.flight import Flight
from mynaportal_sim.delivery.reach import ANYWHERE
from mynaportal_sim.delivery.sender import Targets
from mynaportal_sim.oauth import backchannel
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import ORIGIN, Browser, Portal, decide

Json = dict[str, Any]  # Any: what a test compares


def teller_of(portal: Portal) -> backchannel.Teller:
    """Who tells, whatever the mode."""
    state = portal.web.state
    targets = Targets(apps.backchannel_logout_uris, ANYWHERE)
    signing = state.token_keys.fresh
    return backchannel.Teller(ORIGIN, state.pseudonyms, signing, targets, urandom)


def tell(portal: Portal) -> None:
    """Let the portal send what is due."""
    state = portal.web.state
    teller = teller_of(portal)

    async def once() -> None:
        flown = Flight(state.database, state.clock, logouts.settle)
        async with pinned.client() as http, flown as flight:
            await backchannel.tell(flight, http, teller)
            await flight.landed()

    portal.runner.run(once())


def logged_in(portal: Portal, endpoint: Endpoint) -> tuple[Client, Browser, str]:
    """An app that takes logout tokens, a person who has logged in for it, and the ID token."""
    uris = ("https://app.example/out",)
    client = Client.registered(
        portal, backchannel_logout_uri=endpoint.url, post_logout_redirect_uris=uris
    )
    browser, path = portal.asked(client.client_id)
    answer = decide(browser, path, "allow", "checkup", "medication")
    return client, browser, client.tokens(answer)["id_token"]


def taken(portal: Portal, endpoint: Endpoint) -> list[Json]:
    """The claims of each logout token that arrived, as an app would check them."""
    keys = jwt.PyJWKSet.from_dict(portal.browser().get("/jwks").json())
    found = []
    for body, headers in zip(endpoint.taken, endpoint.headers, strict=True):
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        form = parse_qs(body.decode())
        assert list(form) == ["logout_token"]
        [token] = form["logout_token"]
        header = jwt.get_unverified_header(token)
        assert header["typ"] == "logout+jwt"
        found.append(
            jwt.decode(
                token,
                keys[header["kid"]],
                ["ES256"],
                issuer=ORIGIN,
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )
        )
    return found


def log_out(_portal: Portal, browser: Browser, _id_token: str) -> None:
    browser.post("/logout", {"csrf": browser.csrf("/consents")})
