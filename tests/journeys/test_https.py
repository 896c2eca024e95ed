"""The road by https, with a root that clients must be told of."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection

import httpx
import pytest

from mynaportal_sim.sample_app.loopback import client
from mynaportal_sim.tls import store
from tests import commands
from tests.journeys.conftest import PostgresWorld, on_postgres
from tests.journeys.kit import (
    COMMAND,
    PERSONA,
    Portal,
    Screen,
    copy_world,
    details,
    free_port,
    running,
)


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    data = tmp_path_factory.mktemp("https") / "data"
    copy_world(template, data)
    with running(Portal(data, free_port(), app_port=free_port(), tls=True)) as started:
        yield started


def _elsewhere(portal: Portal, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command run by somebody who has nothing of this portal."""
    environment = {**portal.environment, "MYNASIM_DATA": str(portal.data.parent / "nowhere")}
    return commands.run(arguments, environment)


@pytest.mark.parametrize("profile", ["oidc", "fapi2"])
def test_a_person_logs_in_and_an_app_reads(portal: Portal, profile: str) -> None:
    app = portal.register(profile)
    assert app.issuer.startswith("https://localhost:")
    _, redirect = portal.walk(app, details("checkup", "medication"), "checkup")
    tokens = app.redeem(redirect)
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200
    assert app.fetch(tokens, "/fhir/MedicationDispense").status_code == 403


def test_a_proof_is_for_https_and_no_other_scheme(portal: Portal) -> None:
    app = portal.register("fapi2")
    _, redirect = portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    url = f"{portal.url}/fhir/Observation"
    plain = url.replace("https://", "http://")
    for htu, status in ((plain, 401), (url, 200)):
        proof = app.proof("GET", htu, tokens.access_token)
        headers = {"Authorization": f"DPoP {tokens.access_token}", "DPoP": proof}
        assert app.http.get(url, headers=headers).status_code == status, htu


def test_every_address_in_the_metadata_is_https_and_none_speaks_of_client_certificates(
    portal: Portal,
) -> None:
    found = portal.client().get(f"{portal.url}/.well-known/oauth-authorization-server").json()
    addresses = [value for value in found.values() if str(value).startswith("http")]
    assert len(addresses) > 5
    assert all(address.startswith(portal.url) for address in addresses)
    assert found["tls_client_certificate_bound_access_tokens"] is False
    assert "mtls_endpoint_aliases" not in found
    methods = [
        value for name, value in found.items() if name.endswith("auth_methods_supported")
    ]
    assert methods
    assert not any("tls" in method for listed in methods for method in listed)


def test_cookies_are_for_this_host_by_https_and_name_the_port(portal: Portal) -> None:
    answer = portal.client().get(f"{portal.url}/login?lang=en&size=large")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 3
    assert all("Secure" in cookie.split("; ") for cookie in cookies)
    [session] = [cookie for cookie in cookies if "session" in cookie]
    assert session.startswith(f"__Host-mynasim-session-{portal.port}=")


def test_no_browser_is_told_to_insist_on_https_for_all_of_localhost(portal: Portal) -> None:
    for path in ("/", "/healthz", "/jwks"):
        answer = portal.client().get(f"{portal.url}{path}")
        assert "strict-transport-security" not in answer.headers


def test_it_answers_by_address_too_where_programs_ask_for_health(portal: Portal) -> None:
    assert portal.client().get(f"https://127.0.0.1:{portal.port}/readyz").status_code == 200


def test_the_sample_app_beside_it_speaks_https_with_a_certificate_of_its_own(
    portal: Portal,
) -> None:
    answer = portal.client().get(f"{portal.app_url}/")
    assert answer.status_code == 200
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith(f"__Host-komorebi-session-{portal.app_port}=")
    assert "Secure" in cookie.split("; ")
    seen = [
        ssl.get_server_certificate(("127.0.0.1", port))
        for port in (portal.port, portal.app_port or 0)
    ]
    assert seen[0] != seen[1]


def test_the_start_page_leads_to_it_by_https(portal: Portal) -> None:
    page = portal.client().get(f"{portal.url}/", headers={"Accept": "text/html"})
    assert f'href="{portal.app_url}/"' in page.text


def test_a_client_without_the_root_goes_no_further(portal: Portal) -> None:
    for url in (portal.url, portal.app_url):
        with client() as stranger, pytest.raises(httpx.ConnectError, match="VERIFY_FAILED"):
            stranger.get(f"{url}/")


def test_app_login_trusts_the_root_of_its_data_directory_and_says_so_where_there_is_none(
    portal: Portal,
) -> None:
    app = portal.register()
    card = str(portal.data / "cards" / f"{PERSONA}.json")
    options = ("app", "login", "--card", card, "--auth-url")
    refused = _elsewhere(portal, *options, app.authorization_url(details("checkup")))
    assert refused.returncode == 1
    assert "of no root that is trusted here" in refused.stderr
    assert "--data, or in SSL_CERT_FILE" in refused.stderr
    redirect = portal.run(*options, app.authorization_url(details("checkup"))).strip()
    assert app.redeem(redirect).access_token
    told = {"SSL_CERT_FILE": str(portal.root), "MYNASIM_DATA": str(portal.data.parent / "none")}
    url = app.authorization_url(details("checkup"))
    done = commands.run((*options, url), {**portal.environment, **told})
    assert done.returncode == 0, done.stderr
    assert app.redeem(done.stdout.strip()).access_token


def test_a_card_here_logs_in_a_browser_there(portal: Portal) -> None:
    screen = Screen(portal)
    card = str(portal.data / "cards" / f"{PERSONA}.json")
    options = ("--portal", portal.url, "--card", card, "--pin", "1234", "--yes", "--no-wait")
    command = ("login", *options, "--code", screen.code, "--json")
    refused = _elsewhere(portal, *command)
    assert refused.returncode == 1
    assert "of no root that is trusted here" in refused.stderr
    digits = json.loads(portal.run(*command))["confirm_code"]
    assert screen.type(digits).status_code == 303
    assert screen.logged_in()


def test_the_ledger_is_verified_from_its_public_files_by_https(portal: Portal) -> None:
    portal.until_indexed()
    options = ("ledger", "verify", "--from", f"{portal.url}/ledger", "--json")
    assert json.loads(portal.run(*options))["whole"] is True


def test_a_sample_app_started_by_hand_says_what_it_lacks(portal: Portal) -> None:
    known = portal.data / "sample-app"
    client_id = portal.sample_app["client_id"]
    options = {
        "issuer": portal.url,
        "client-id": client_id,
        "key": known / "key.pem",
        "data": portal.data.parent / "by-hand.sqlite3",
        "port": free_port(),
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "mynaportal_sim.sample_app", *given]
    for more, said in (
        ([], "of no root that is trusted here; give that root with --ca"),
        (["--ca=none.pem"], "--ca none.pem holds no certificate"),
        ([f"--ca={portal.root}", "--certificate=none.pem"], "--certificate none.pem holds no"),
    ):
        done = subprocess.run(
            [*command, *more], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1
        assert said in done.stderr


def test_up_tells_programs_where_the_root_is(template: Path, tmp_path: Path) -> None:
    copy_world(template, tmp_path / "data")
    portal = Portal(tmp_path / "data", free_port())
    command = [*COMMAND, "up", "--tls", "--json", "--no-sample-app"]
    with subprocess.Popen(command, env=portal.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        said = json.loads(process.stdout.readline())
        process.terminate()
    assert said["url"] == f"https://localhost:{portal.port}"
    assert b"BEGIN CERTIFICATE" in Path(said["root"]).read_bytes()


def test_people_are_told_how_it_is_trusted(portal: Portal) -> None:
    assert "`mynasim tls trust` has browsers" in portal.log.read_text()


def test_certificates_follow_real_time_and_not_the_portal_s(
    template: Path, tmp_path: Path
) -> None:
    copy_world(template, tmp_path / "data")
    portal = Portal(tmp_path / "data", free_port(), tls=True)
    with running(portal):
        portal.run("clock", "forward", "400d")
        ahead = portal.client().get(f"{portal.url}/readyz")
        assert ahead.status_code == 200
        before = (portal.data / "tls" / "portal.pem").read_bytes()
        portal.stop()
        portal.start()
        assert (portal.data / "tls" / "portal.pem").read_bytes() == before
        found = json.loads(portal.run("doctor", "--json"))
    [https] = [one for one in found if one["what"] == "https"]
    assert https["well"]
    assert "ends in 89 days" in https["found"]


def test_a_doctor_sees_a_key_that_others_can_read(portal: Portal) -> None:
    key = portal.data / "tls" / "portal.pem"
    key.chmod(0o640)
    try:
        found = json.loads(portal.run("doctor", "--json", status=1))
    finally:
        key.chmod(0o600)
    [https] = [one for one in found if one["what"] == "https"]
    assert https["found"] == "others can read portal.pem"
    assert https["advice"] == f"chmod 600 {key}"


def test_a_strict_portal_with_a_name_of_its_own_serves_https(
    template: Path, tmp_path: Path
) -> None:
    copy_world(template, tmp_path / "data")
    port = free_port()
    name = f"portal.test:{port}"
    strict = {"MYNASIM_MODE": "strict", "MYNASIM_ISSUER": f"https://{name}"}
    portal = Portal(tmp_path / "data", port, tls=True, settings=strict)
    with running(portal):
        assert store.root(portal.data / "tls")
        certificate = {"sni_hostname": "portal.test"}
        answer = portal.client().get(
            f"https://127.0.0.1:{port}/", headers={"Host": name}, extensions=certificate
        )
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(("--mode", "strict"), "needs https: say --tls", id="strict by http"),
        pytest.param(
            ("--tls", "--issuer", "http://localhost:8400"), "give an https --issuer", id="both"
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    done = commands.run(("up", *options), {"MYNASIM_DATA": str(tmp_path), "HOME": "/nowhere"})
    assert done.returncode == 1
    assert said in done.stderr


def test_whoever_speaks_http_is_told_to_speak_https(portal: Portal) -> None:
    plain = f"http://localhost:{portal.port}"
    with client() as http:
        for answer in (
            http.get(f"{plain}/login"),
            http.post(f"{plain}/token", content="x" * 9),
        ):
            assert answer.status_code == 400
            assert f"This portal speaks https: open {portal.url}/" in answer.text
            assert "を開いてください" in answer.text


@pytest.mark.deep
@pytest.mark.postgres
def test_each_of_several_workers_serves_https(
    postgres_world: PostgresWorld, tmp_path: Path
) -> None:
    with on_postgres(postgres_world, tmp_path / "data", tls=True) as portal:
        app = portal.register()
        _, redirect = portal.walk(app, details("checkup"))
        assert app.redeem(redirect).access_token
        for _ in range(20):
            assert portal.client().get(f"{portal.url}/readyz").status_code == 200


@pytest.mark.parametrize(
    "sent", [b"", b"\x16", b"\x16\x03\x01\x00\x05hello" * 9, b"\x00" * 99, b"G"]
)
def test_whoever_speaks_neither_keeps_nobody_else_waiting(portal: Portal, sent: bytes) -> None:
    with create_connection(("127.0.0.1", portal.port)) as stranger:
        stranger.sendall(sent)
        assert portal.client().get(f"{portal.url}/readyz").status_code == 200
    assert portal.client().get(f"{portal.url}/readyz").status_code == 200
    assert "Traceback" not in portal.log.read_text()
