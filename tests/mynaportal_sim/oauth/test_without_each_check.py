"""Each check is taken out in turn: none can go without a test that notices."""

import os
import subprocess
import sys

import pytest

from .test_checks import ROWS
from .without import VARIABLE

NOTICED = 1  # pytest's exit code where tests have failed
READS = {
    "app_may_be_registered",
    "assertion_is_jwt",
    "assertion_names_one_client",
    "client_is_known",
    "client_is_registered",
    "code_is_live",
    "consent_is_in_force",
    "details_are_for_the_app",
    "device_code_is_known",
    "grant_type_is_known",
    "invitation_stands",
    "keys_can_be_read",
    "metadata_are_an_object",
    "proof_brings_its_key",
    "proof_is_jwt",
    "proof_is_signed",
    "refresh_token_is_live",
    "registration_token_is_in_the_header",
    "registration_token_is_the_clients",
    "request_uri_is_live",
    "scopes_are_the_apps",
    "smart_scopes_are_the_apps",
    "token_holds",
    "token_is_in_the_header",
}
"""These give what the server goes on with: without them nothing is answered at all."""


@pytest.mark.deep
@pytest.mark.parametrize("name", [row.id for row in ROWS if row.id not in READS])  # type: ignore[attr-defined]
def test_without_it_a_test_fails(name: str) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            *("-p", "tests.mynaportal_sim.oauth.without", "-k", f"{name}-"),
            "tests/mynaportal_sim/oauth/test_checks.py",
        ],
        env={**os.environ, VARIABLE: name},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == NOTICED, run.stdout
    assert "1 failed" in run.stdout
