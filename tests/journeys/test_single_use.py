"""Of 20 parallel uses of a thing that may be used once, exactly one succeeds."""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from card_reader.client.login import sign_challenge
from card_reader.statement import Challenge
from mynaportal_sim.sample_app.loopback import client
from tests.journeys.kit import REDIRECT_URI, Portal, details

PARALLEL = 20
FIELDS = ("origin", "nonce", "login_id", "session_hash", "channel", "issued_at", "purpose")


def _race(send: Callable[[httpx.Client], httpx.Response]) -> Counter[int]:
    """The status codes of 20 requests that leave together, each on a connection of its own."""
    start = Barrier(PARALLEL)

    def one(_: int) -> int:
        with client() as http:
            start.wait()
            return send(http).status_code

    with ThreadPoolExecutor(PARALLEL) as threads:
        return Counter(threads.map(one, range(PARALLEL)))


def test_a_login_token(portal: Portal) -> None:
    http = portal.client()
    page = http.get(f"{portal.url}/login", headers={"Accept": "application/json"}).json()
    headers = {"X-CSRF-Token": page["csrf"]}
    asked = http.post(
        f"{portal.url}/auth/card/challenges", json={"channel": "agent"}, headers=headers
    ).json()
    signed = sign_challenge(
        portal.card(), Challenge(**{name: asked[name] for name in FIELDS}), "1234"
    )
    token = {
        "v": 1,
        "alg": "RS256",
        "login_id": asked["login_id"],
        "origin": portal.url,
        "certificate": b64encode(signed.certificate).decode(),
        "signature": b64encode(signed.signature).decode(),
        "agent": {"version": "test"},
    }
    cookies = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in http.cookies.jar)}
    url = f"{portal.url}/auth/card/logins"
    statuses = _race(lambda http: http.post(url, json=token, headers=headers | cookies))
    assert statuses[200] == 1, statuses
    assert set(statuses) <= {200, 401, 403, 404, 409}


def test_an_authorization_code(portal: Portal) -> None:
    app = portal.register("oidc")
    _, redirect = portal.walk(app, details("checkup"))
    assert app.pending
    form = {
        "grant_type": "authorization_code",
        "code": httpx.URL(redirect).params["code"],
        "redirect_uri": REDIRECT_URI,
        "code_verifier": app.pending.verifier,
    }
    url = app.endpoint("token_endpoint")
    statuses = _race(lambda http: http.post(url, data=form | app.authentication()))
    assert statuses == {200: 1, 400: PARALLEL - 1}


def test_a_dpop_proof(portal: Portal) -> None:
    app = portal.register()
    _, redirect = portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    url = f"{portal.url}/fhir/Observation"
    headers = {
        "Authorization": f"DPoP {tokens.access_token}",
        "DPoP": app.proof("GET", url, tokens.access_token),
    }
    statuses = _race(lambda http: http.get(url, headers=headers))
    assert statuses == {200: 1, 401: PARALLEL - 1}


def test_a_refresh_with_one_assertion(portal: Portal) -> None:
    app = portal.register()
    _, redirect = portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    assert tokens.refresh_token is not None
    url = app.endpoint("token_endpoint")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh_token,
        **app.authentication(),
    }
    headers = {"DPoP": app.proof("POST", url)}
    statuses = _race(lambda http: http.post(url, data=form, headers=headers))
    assert statuses[200] == 1, statuses
    assert set(statuses) <= {200, 400, 401}


def test_an_operators_link(portal: Portal) -> None:
    link = portal.register("oidc").ask("/apps/self/operator-link")["url"]
    form = {"token": str(link).partition("#")[2]}
    url = f"{portal.url}/apps/console/open"
    statuses = _race(lambda http: http.post(url, data=form))
    assert statuses == {303: 1, 422: PARALLEL - 1}
