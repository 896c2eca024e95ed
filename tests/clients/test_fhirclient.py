"""npm's fhirclient, which SMART apps are written with, completes a standalone launch."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mynaportal_sim.cli.benchmarks import npm
from mynaportal_sim.cli.benchmarks.errors import NoPeerError
from tests.browser.conftest import chromium_of
from tests.journeys.kit import Portal, free_port

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent / "fhirclient"
REGISTERED = (
    "openid fhirUser launch/patient offline_access patient/Patient.rs patient/Observation.rs"
    " patient/DiagnosticReport.rs"
)
LABORATORY = (
    "patient/Observation.rs"
    "?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
)
SCOPE = f"openid fhirUser launch/patient offline_access patient/Patient.rs {LABORATORY}"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Json = dict[str, Any]


@pytest.fixture(scope="module")
def program() -> Path:
    """The app, with its client beside it."""
    try:
        return npm.installed(HERE)
    except NoPeerError as error:
        pytest.skip(str(error))


def registered(portal: Portal, port: int, *own: str) -> str:
    """The client_id of an app that comes back to this port; `own` says by which keys."""
    options = ("--redirect-uri", f"http://127.0.0.1:{port}/back", "--scope", REGISTERED)
    named = ("--name", "検査値ノート", "--profile", "smart")
    app = json.loads(portal.run("app", "register", *named, *options, *own, "--json"))
    return str(app["client_id"])


def keyed(portal: Portal, port: int, algorithm: str, key: Key) -> tuple[str, Json]:
    """The client_id of an app of that key, and its private JWK."""
    of = jwt.get_algorithm_by_name(algorithm)
    named = {"kid": "own", "alg": algorithm}
    public = {**json.loads(of.to_jwk(key.public_key())), **named}
    public.pop("key_ops", None)
    jwks = portal.data.parent / f"jwks-{port}.json"
    jwks.write_text(json.dumps({"keys": [public]}))
    client_id = registered(portal, port, "--jwks", str(jwks))
    return client_id, {**json.loads(of.to_jwk(key)), **named}


@contextmanager
def serving(program: Path, told: Json) -> Iterator[str]:
    """The app, where it listens."""
    with subprocess.Popen(
        [npm.program("node"), program / "app.mjs", json.dumps(told)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            if not running.stdout.readline():
                raise AssertionError(running.communicate()[1])
            yield f"http://127.0.0.1:{told['port']}"
        finally:
            running.kill()


def launched(program: Path, portal: Portal, told: Json) -> Json:
    """What the app found once the person has come back to it."""
    with serving(program, told) as app, httpx.Client(timeout=30) as browser:
        asked = browser.get(f"{app}/launch")
        assert asked.status_code == 302, asked.text
        _, redirect = portal.follow(asked.headers["location"])
        came = browser.get(redirect)
    assert came.status_code == 200, came.text
    found: Json = came.json()
    return found


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        pytest.param("ES384", ec.generate_private_key(ec.SECP384R1()), id="ES384"),
        pytest.param("RS384", rsa.generate_private_key(65537, 2048), id="RS384"),
    ],
)
def test_it_launches_by_itself_and_reads_what_was_granted(
    program: Path, portal: Portal, algorithm: str, key: Key
) -> None:
    port, fhir = free_port(), f"{portal.url}/fhir"
    client_id, jwk = keyed(portal, port, algorithm, key)
    told = {"iss": fhir, "clientId": client_id, "jwk": jwk, "scope": SCOPE, "port": port}
    found = launched(program, portal, told)
    assert found["pkce"] == ["S256"]
    assert found["banner"] is True
    assert found["patient"]["id"] == found["patientId"] == found["tokens"]["patient"]
    assert found["fhirUser"] == f"Patient/{found['patientId']}"
    assert found["user"] == found["patient"]
    kinds = {
        entry["resource"]["category"][0]["coding"][0]["code"]
        for entry in found["observations"]["entry"]
    }
    assert kinds == {"laboratory"}
    assert found["one"] == found["observations"]["entry"][0]["resource"]
    assert found["report"]["status"] == 403
    assert f"{LABORATORY}&date=ge" in found["tokens"]["scope"]
    assert found["tokens"]["refresh_token"]


def test_as_a_public_client_it_gets_another_refresh_token_each_time(
    program: Path, portal: Portal
) -> None:
    port, fhir = free_port(), f"{portal.url}/fhir"
    client_id = registered(portal, port, "--public")
    told = {"iss": fhir, "clientId": client_id, "scope": SCOPE, "port": port, "refresh": True}
    found = launched(program, portal, told)
    assert found["patient"]["id"] == found["tokens"]["patient"]
    assert found["refreshed"]["refresh_token"] != found["tokens"]["refresh_token"]
    assert found["refreshed"]["access_token"] != found["tokens"]["access_token"]


@contextmanager
def page_of(program: Path) -> Iterator[int]:
    """An app that is a page alone, and the port at which it stands."""
    files = partial(SimpleHTTPRequestHandler, directory=str(program))
    with ThreadingHTTPServer(("127.0.0.1", 0), files) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.browser
def test_in_a_browser_a_page_alone_launches_reads_and_refreshes(
    program: Path, portal: Portal
) -> None:
    with page_of(program) as port, chromium_of(os.environ) as browser:
        at = f"http://127.0.0.1:{port}/page.html"
        client_id = registered(portal, port, "--public", "--redirect-uri", at)
        told = {"iss": f"{portal.url}/fhir", "clientId": client_id, "scope": SCOPE}
        wanted = {**told, "redirectUri": at, "noRedirect": True, "pkceMode": "required"}
        page = browser.new_page()
        page.goto(at)
        asked = page.evaluate("wanted => FHIR.oauth2.authorize(wanted)", wanted)
        _, redirect = portal.follow(asked)
        page.goto(redirect)
        found = page.evaluate(
            """async () => {
                const client = await FHIR.oauth2.ready()
                const first = client.state.tokenResponse
                client.environment.options.refreshTokenWithClientId = true
                const renewed = (await client.refresh()).tokenResponse
                const patient = await client.patient.read()
                const observations = await client.request('Observation?_count=2')
                return { first, renewed, patient, observations }
            }"""
        )
    assert found["patient"]["id"] == found["first"]["patient"]
    assert found["renewed"]["refresh_token"] != found["first"]["refresh_token"]
    assert len(found["observations"]["entry"]) == 2
