"""A client that knows an address alone finds its way to a token (RFC 9728)."""

import re

import pytest

from .conftest import Portal
from .kit import ISSUER

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WELL_KNOWN = f"{ISSUER}/.well-known/oauth-protected-resource"
_CHALLENGE = re.compile(r'(Bearer|DPoP) ((?:[a-z_]+="[^"]*"(?:, )?)+)')


def _challenges(header: str) -> dict[str, dict[str, str]]:
    """The parameters of each challenge in a WWW-Authenticate header, by scheme."""
    assert _CHALLENGE.sub("", header) == "", "all of it is challenges"
    return {
        scheme: dict(re.findall(r'([a-z_]+)="([^"]*)"', told))
        for scheme, told in _CHALLENGE.findall(header)
    }


@pytest.mark.parametrize(
    ("path", "authorization", "status", "schemes"),
    [
        pytest.param("/fhir/Patient", "", 401, ["Bearer", "DPoP"], id="records, no token"),
        pytest.param("/fhir/Patient", "Bearer x", 401, ["Bearer"], id="records, rubbish"),
        pytest.param("/fhir/Patient", "DPoP x", 401, ["DPoP"], id="records, rubbish by DPoP"),
        pytest.param("/grants/x", "", 401, ["Bearer", "DPoP"], id="grants, no token"),
        pytest.param("/grants/x", "Bearer x", 401, ["Bearer"], id="grants, rubbish"),
        pytest.param("/grants/x", "own", 403, ["Bearer"], id="grants, another scope"),
    ],
)
def test_a_refusal_leads_to_the_resource_and_on_to_its_authorization_server(
    portal: Portal, path: str, authorization: str, status: int, schemes: list[str]
) -> None:
    if authorization == "own":
        token = portal.own_token(portal.register(), "grant_management_revoke")
        authorization = f"Bearer {token}"
    refused = portal.send("GET", path, headers={"Authorization": authorization})
    assert refused.status_code == status
    found = _challenges(refused.headers["www-authenticate"])
    assert list(found) == schemes
    realm = path.split("/")[1]
    for scheme, told in found.items():
        assert (told["realm"], "algs" in told) == (realm, scheme == "DPoP")
        assert ("error" in told) == ("error_uri" in told) == bool(authorization)
        metadata = portal.send("GET", told["resource_metadata"]).json()
        assert f"{ISSUER}{path}".startswith(f"{metadata['resource']}/")
        [server] = metadata["authorization_servers"]
        known = portal.send("GET", f"{server}/.well-known/oauth-authorization-server").json()
        assert known["issuer"] == server
        assert metadata["resource"] in known["protected_resources"]
        assert set(metadata["scopes_supported"]) <= set(known["scopes_supported"])
        if told.get("scope"):
            assert told["scope"] in metadata["scopes_supported"]


@pytest.mark.parametrize(
    ("place", "resource"),
    [
        pytest.param("/fhir", "/fhir", id="the records"),
        pytest.param("/grants", "/grants", id="the grants"),
        pytest.param("", "/fhir", id="for who knows just the host"),
    ],
)
def test_a_resource_is_described_where_its_address_leads(
    portal: Portal, place: str, resource: str
) -> None:
    answered = portal.send("GET", f"{WELL_KNOWN}{place}")
    assert answered.headers["content-type"] == "application/json"
    assert answered.headers["access-control-allow-origin"] == "*"
    told = answered.json()
    assert told["resource"] == f"{ISSUER}{resource}"
    assert told["bearer_methods_supported"] == ["header"]
    assert "ES256" in told["dpop_signing_alg_values_supported"]
    assert told["resource_name"].isascii()
    assert not told["resource_name#ja"].isascii()
    details = told.get("authorization_details_types_supported", [])
    assert details == (["phr_access"] if resource == "/fhir" else [])
    known = {"If-None-Match": answered.headers["etag"]}
    assert portal.send("GET", f"{WELL_KNOWN}{place}", headers=known).status_code == 304


def test_what_is_no_resource_is_not_described(portal: Portal) -> None:
    assert portal.send("GET", f"{WELL_KNOWN}/authorize").status_code == 404
