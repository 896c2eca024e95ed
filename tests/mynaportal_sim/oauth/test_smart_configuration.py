"""What the FHIR server tells SMART apps of how they get tokens, and nobody else."""

import pytest

from mynaportal_sim.oauth import metadata, smart_configuration

from .conftest import Portal
from .kit import ISSUER
from .test_smart import SCOPES, TOKEN

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_the_configuration_says_what_is_true(portal: Portal) -> None:
    path = "/fhir/.well-known/smart-configuration"
    answered = portal.send("GET", path, headers={"Accept": "application/fhir+json"})
    assert answered.headers["content-type"] == "application/json"
    assert answered.headers["access-control-allow-origin"] == "*"
    told = answered.json()
    assert told == {
        "issuer": ISSUER,
        "jwks_uri": f"{ISSUER}/jwks",
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": TOKEN,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "ES384", "RS384"],
        "registration_endpoint": f"{ISSUER}/register",
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
        ],
        "scopes_supported": told["scopes_supported"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "management_endpoint": f"{ISSUER}/consents",
        "introspection_endpoint": f"{ISSUER}/introspect",
        "revocation_endpoint": f"{ISSUER}/revoke",
        "capabilities": [
            "launch-standalone",
            "authorize-post",
            "client-confidential-asymmetric",
            "sso-openid-connect",
            "context-banner",
            "context-standalone-patient",
            "permission-offline",
            "permission-patient",
            "permission-v2",
        ],
    }
    assert {*SCOPES} <= {*told["scopes_supported"]}
    for name in (
        "jwks_uri",
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "revocation_endpoint",
    ):
        found = {portal.send(how, told[name]).status_code for how in ("GET", "POST")}
        assert found != {404}, name
    known = {"If-None-Match": answered.headers["etag"]}
    assert portal.send("GET", path, headers=known).status_code == 304


@pytest.mark.parametrize("let", [False, True])
def test_each_document_says_whether_public_clients_are_let_in(let: bool) -> None:
    smart = smart_configuration.describe(ISSUER, public_clients=let)
    told = metadata.describe(ISSUER, public_clients=let)
    assert ("client-public" in smart["capabilities"]) is let  # type: ignore[operator]  # a list
    methods = ["private_key_jwt", "none"] if let else ["private_key_jwt"]
    for document in (smart, told):
        assert document["token_endpoint_auth_methods_supported"] == methods
    assert told["revocation_endpoint_auth_methods_supported"] == methods
    assert told["introspection_endpoint_auth_methods_supported"] == ["private_key_jwt"]


@sqlite
def test_what_smart_apps_alone_sign_by_is_told_to_them_alone(portal: Portal) -> None:
    told = portal.send("GET", "/.well-known/oauth-authorization-server").json()
    algorithms = told["token_endpoint_auth_signing_alg_values_supported"]
    assert {"RS384", "ES384"}.isdisjoint(algorithms)
