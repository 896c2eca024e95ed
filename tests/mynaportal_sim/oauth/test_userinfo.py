"""What the userinfo endpoint tells of a login, and to whom.

Rows with names that begin with `oidcc-` are for the module of the OpenID Foundation's
conformance suite that is called so.
"""

import jwt
import pytest

from .conftest import Portal
from .kit import ISSUER, AppKit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DATA = "patient/Observation.rs patient/MedicationDispense.rs"


def sub_of(token: object) -> str:
    claims = jwt.decode(str(token), options={"verify_signature": False})
    return str(claims["sub"])


@pytest.mark.parametrize(
    ("profile", "method", "in_body"),
    [
        pytest.param("oidc", "GET", False, id="oidcc-userinfo-get"),
        pytest.param("oidc", "POST", False, id="oidcc-userinfo-post-header"),
        pytest.param("oidc", "POST", True, id="oidcc-userinfo-post-body"),
        pytest.param("fapi2", "GET", False, id="a bound token, GET"),
        pytest.param("fapi2", "POST", False, id="a bound token, POST"),
    ],
)
def test_it_names_the_person_as_the_id_token_does_and_says_no_more(
    portal: Portal, profile: str, method: str, in_body: bool
) -> None:
    kit = portal.register(profile=profile)
    tokens = portal.redeem(kit, portal.code(kit)).json()
    token = tokens["access_token"]
    if in_body:
        answered = portal.post("/userinfo", {"access_token": token})
    else:
        answered = portal.userinfo(kit, token, method)
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == "application/json"
    assert answered.headers["cache-control"] == "no-store"
    assert answered.json() == {"sub": sub_of(tokens["id_token"])}


@pytest.fixture(params=["oidc", "fapi2"])
def kit(request: pytest.FixtureRequest, portal: Portal) -> AppKit:
    return portal.register(profile=request.param)


def test_a_token_without_openid_is_told_nothing(portal: Portal, kit: AppKit) -> None:
    token = portal.redeem(kit, portal.code(kit, scope=DATA)).json()["access_token"]
    refused = portal.userinfo(kit, token)
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert 'scope="openid"' in refused.headers["www-authenticate"]


def test_a_token_that_gives_nothing_any_more_is_told_nothing(
    portal: Portal, kit: AppKit
) -> None:
    token = portal.redeem(kit, portal.code(kit)).json()["access_token"]
    assert portal.userinfo(kit, token).status_code == 200
    portal.suspend(kit)
    refused = portal.userinfo(kit, token)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_a_proof_serves_once(portal: Portal, fapi: AppKit) -> None:
    token = portal.redeem(fapi, portal.code(fapi)).json()["access_token"]
    proof = fapi.proof(f"{ISSUER}/userinfo", "GET", token)
    headers = {"Authorization": f"DPoP {token}", **proof}
    first, again = (portal.send("GET", "/userinfo", headers=headers) for _ in range(2))
    assert first.status_code == 200
    assert (again.status_code, again.json()["error"]) == (401, "invalid_dpop_proof")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        pytest.param({"access_token": "x" * 40_000}, 413, "invalid_request", id="oversized"),
        pytest.param({"access_token": ["a", "b"]}, 400, "invalid_request", id="repeated"),
        pytest.param({"access_token": "a\r\nb"}, 400, "invalid_request", id="CRLF"),
        pytest.param({"access_token": "a\0b"}, 400, "invalid_request", id="NUL"),
        pytest.param({"access_token": "e30.e30."}, 401, "invalid_token", id="unsigned"),
        pytest.param({"token": "a"}, 401, "token_required", id="another name"),
    ],
)
def test_a_form_that_shows_no_token_is_refused(
    portal: Portal, form: dict[str, object], status: int, error: str
) -> None:
    refused = portal.send("POST", "/userinfo", data=form)
    assert (refused.status_code, refused.json()["error"]) == (status, error)


def test_an_id_token_is_no_access_token(portal: Portal, oidc: AppKit) -> None:
    tokens = portal.redeem(oidc, portal.code(oidc)).json()
    refused = portal.userinfo(oidc, tokens["id_token"])
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_an_app_that_wants_it_signed_gets_a_jwt_that_is_no_id_token(portal: Portal) -> None:
    kit = portal.register(userinfo_signed_response_alg="ES256")
    tokens = portal.redeem(kit, portal.code(kit)).json()
    answered = portal.userinfo(kit, tokens["access_token"])
    assert answered.headers["content-type"] == "application/jwt"
    header = jwt.get_unverified_header(answered.text)
    key = jwt.PyJWKSet.from_dict(portal.send("GET", "/jwks").json())[header["kid"]]
    said = jwt.decode(answered.text, key, ["ES256"], audience=kit.client_id, issuer=ISSUER)
    assert said == {"sub": sub_of(tokens["id_token"]), "iss": ISSUER, "aud": kit.client_id}
    as_hint = kit.signed(kit.request(id_token_hint=answered.text))
    assert portal.post("/par", as_hint).json()["error"] == "invalid_request"
    supported = portal.send("GET", "/.well-known/openid-configuration").json()
    assert supported["userinfo_signing_alg_values_supported"] == ["ES256"]
