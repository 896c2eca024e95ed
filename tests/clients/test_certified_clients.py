"""npm's openid-client and oauth4webapi, which are certified, get along with the portal."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mynaportal_sim.cli.benchmarks import npm
from mynaportal_sim.cli.benchmarks.errors import NoPeerError
from tests.clients.keys import private_jwk
from tests.journeys.kit import REDIRECT_URI, SCOPES, Portal, details

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent
STEPS = ["read", "introspect", "userinfo", "refresh", "revoke"]
ANSWER_WITHIN = 30  # seconds


@pytest.fixture(scope="session", params=["openid_client", "oauth4webapi"])
def client(request: pytest.FixtureRequest) -> Path:
    """An app, with its client beside it."""
    try:
        return npm.installed(HERE / request.param)
    except NoPeerError as error:
        pytest.skip(str(error))


def use(
    client: Path,
    portal: Portal,
    profile: str,
    *,
    metadata: str = "oidc",
    par: bool = True,
    consent: str = "all",
    steps: list[str],
    trusting: bool = True,
) -> dict[str, Any]:
    """Walk the road with the app; what it found at each step."""
    app = portal.register(profile)
    wanted = {
        "issuer": portal.url,
        "metadata": metadata,
        "clientId": app.client_id,
        "jwk": private_jwk(app),
        "redirectUri": REDIRECT_URI,
        "scope": SCOPES,
        "details": details("checkup", "medication"),
        "profile": profile,
        "par": par,
        "resource": f"{portal.url}/fhir/Observation",
        "steps": steps,
    }
    with subprocess.Popen(
        [npm.program("node"), client / "app.mjs", json.dumps(wanted)],
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(portal.root or "") if trusting else ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        if not url:
            raise AssertionError(running.communicate()[1])
        _, redirect = portal.follow(url, consent)
        told, failed = running.communicate(f"{redirect}\n", timeout=ANSWER_WITHIN)
    assert running.returncode == 0, failed
    found: dict[str, Any] = json.loads(told)
    return found


@pytest.mark.parametrize(
    ("profile", "metadata", "par"),
    [
        pytest.param("fapi2", "oidc", True, id="fapi2"),
        pytest.param("fapi2", "oauth2", True, id="fapi2 by RFC 8414"),
        pytest.param("oidc", "oidc", True, id="oidc with PAR"),
        pytest.param("oidc", "oidc", False, id="oidc without PAR"),
    ],
)
def test_it_completes_the_road(
    client: Path, portal: Portal, profile: str, metadata: str, par: bool
) -> None:
    found = use(client, portal, profile, metadata=metadata, par=par, steps=STEPS)
    tokens = found["code"]
    assert tokens["token_type"] == ("dpop" if profile == "fapi2" else "bearer")
    assert tokens["claims"]["acr"]
    assert tokens["authorization_details"][0]["type"] == "phr_access"
    assert found["read"]["status"] == 200
    assert found["read"]["type"] == "Bundle"
    assert found["introspect"]["active"] is True
    assert found["userinfo"] == {"sub": tokens["claims"]["sub"]}
    assert found["read renewed"] == found["read"]
    assert found["revoke"] == "done"
    assert found["refresh revoked"]["error"] == "invalid_grant"
    assert found["read revoked"]["status"] == 401
    [challenge] = found["read revoked"]["challenges"]
    assert challenge["scheme"] == ("dpop" if profile == "fapi2" else "bearer")
    assert challenge["parameters"]["error"] == "invalid_token"


def test_it_insists_on_https_and_on_the_root_that_it_was_told_of(
    client: Path, secure_portal: Portal
) -> None:
    found = use(client, secure_portal, "fapi2", steps=STEPS)
    assert found["code"]["token_type"] == "dpop"
    assert found["read"]["status"] == 200
    assert found["read renewed"] == found["read"]
    with pytest.raises(AssertionError, match="UNABLE_TO_VERIFY_LEAF_SIGNATURE"):
        use(client, secure_portal, "fapi2", steps=[], trusting=False)


def test_it_learns_that_the_person_refused(client: Path, portal: Portal) -> None:
    found = use(client, portal, "fapi2", consent="none", steps=[])
    assert found["code"]["error"] == "access_denied"


def test_it_learns_that_a_code_serves_once(client: Path, portal: Portal) -> None:
    found = use(client, portal, "fapi2", steps=["code again", "read"])
    assert found["code again"]["error"] == "invalid_grant"
    assert found["read"]["status"] == 401  # what the code gave is revoked with it


def test_it_reads_what_was_granted_and_no_more(client: Path, portal: Portal) -> None:
    found = use(client, portal, "fapi2", consent="medication", steps=["read"])
    assert found["code"]["authorization_details"][0]["categories"] == ["medication"]
    assert "Observation" not in found["code"]["scope"]
