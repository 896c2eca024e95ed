"""What the OpenID Foundation tries a FAPI 2.0 server with, up to the code.

Each stands under the name that it has there; `docs/oidf.md` tells of those that do not.
"""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest

from .conftest import Portal
from .fapi2 import PAR, TOKEN, Changed, begin, code_for, opened, push, returned
from .kit import CALLBACK, ISSUER, AppKit, Form

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCOPE = "patient/MedicationDispense.rs patient/Observation.rs openid"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="fapi2-security-profile-final-happy-flow"),
        pytest.param({}, id="fapi2-security-profile-final-par-without-duplicate-parameters"),
        pytest.param(
            {"nonce": "n" * 64},
            id="fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success",
        ),
        pytest.param(
            {"nonce": "n" * 384},
            id="fapi2-security-profile-final-ensure-authorization-request-with-long-nonce",
        ),
        pytest.param(
            {"state": "s" * 1000},
            id="fapi2-security-profile-final-ensure-authorization-request-with-long-state",
        ),
        pytest.param(
            {"nonce": None},
            id="fapi2-security-profile-final-ensure-authorization-request-without-nonce-success",
        ),
        pytest.param(
            {"state": None},
            id="fapi2-security-profile-final-ensure-authorization-request-without-state-success",
        ),
        pytest.param(
            {"scope": SCOPE},
            id="fapi2-security-profile-final-ensure-other-scope-order-succeeds",
        ),
    ],
)
def test_the_flow_goes_through_with(portal: Portal, fapi: AppKit, changed: Changed) -> None:
    asked = fapi.request(**changed)
    query = returned(portal.allow(begin(portal, push(portal, fapi, changed))))
    assert query["iss"] == [ISSUER]
    assert query.get("state") == ([asked["state"]] if "state" in asked else None)
    tokens = portal.redeem(fapi, query["code"][0]).json()
    said = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert said.get("nonce") == asked.get("nonce")
    assert set(tokens["scope"].split()) == {"openid", "patient/Observation.rs"}
    assert opened(portal, fapi, tokens["access_token"]).status_code == 204


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        pytest.param(
            {"response_type": "code id_token"},
            "unsupported_response_type",
            id="fapi2-security-profile-final-ensure-response-type-code-idtoken-fails",
        ),
        pytest.param(
            {"response_type": "token"},
            "unsupported_response_type",
            id="fapi2-security-profile-final-ensure-response-type-token-fails",
        ),
        pytest.param(
            {"code_challenge": None, "code_challenge_method": None},
            "invalid_request",
            id="fapi2-security-profile-final-par-ensure-pkce-required",
        ),
        pytest.param(
            {"code_challenge": "v" * 43, "code_challenge_method": "plain"},
            "invalid_request",
            id="fapi2-security-profile-final-par-plain-pkce-rejected",
        ),
        pytest.param(
            {"redirect_uri": None},
            "invalid_request",
            id="fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request",
        ),
        pytest.param(
            {"redirect_uri": f"{CALLBACK}/more"},
            "invalid_request",
            id="fapi2-security-profile-final-ensure-registered-redirect-uri",
        ),
        pytest.param(
            {"redirect_uri": "https://elsewhere.example/callback"},
            "invalid_request",
            id="fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri",
        ),
        pytest.param(
            {"request_uri": "urn:example:elsewhere"},
            "invalid_request",
            id="fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param",
        ),
        pytest.param(
            {"dpop_jkt": "j" * 43},
            "invalid_dpop_proof",
            id="fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails",
        ),
    ],
)
def test_a_pushed_request_is_refused_with(
    portal: Portal, fapi: AppKit, changed: Changed, error: str
) -> None:
    pushed = portal.post("/par", fapi.signed(fapi.request(**changed)), fapi.proof(PAR))
    assert (pushed.status_code, pushed.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "audience",
    [
        pytest.param(
            [ISSUER], id="fapi2-security-profile-final-par-test-array-as-audience-fails"
        ),
        pytest.param(
            PAR, id="fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails"
        ),
        pytest.param(
            TOKEN,
            id="fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails",
        ),
    ],
)
def test_an_assertion_is_for_the_issuer_alone(
    portal: Portal, fapi: AppKit, audience: object
) -> None:
    form = fapi.signed(fapi.request(), fapi.assertion(aud=audience))
    pushed = portal.post("/par", form, fapi.proof(PAR))
    assert (pushed.status_code, pushed.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "method",
    [
        pytest.param("GET", id="fapi2-security-profile-final-par-attempt-invalid-http-method"),
    ],
)
def test_requests_are_pushed_by_post(portal: Portal, fapi: AppKit, method: str) -> None:
    refused = portal.send(method, f"/par?{urlencode(fapi.signed(fapi.request()))}")
    assert refused.status_code == 405


def _unpushed(_portal: Portal, kit: AppKit) -> Form:
    return kit.request()


def _answered_before(portal: Portal, kit: AppKit) -> Form:
    brought = push(portal, kit)
    code_for(portal, brought)
    return brought


def _too_late(portal: Portal, kit: AppKit) -> Form:
    brought = push(portal, kit)
    portal.clock.time += timedelta(seconds=90)
    return brought


@pytest.mark.parametrize(
    ("brought", "shown"),
    [
        pytest.param(
            _unpushed,
            False,
            id="fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails",
        ),
        pytest.param(
            _answered_before,
            True,
            id="fapi2-security-profile-final-par-attempt-reuse-request_uri",
        ),
        pytest.param(
            _too_late,
            True,
            id="fapi2-security-profile-final-par-attempt-to-use-expired-request_uri",
        ),
    ],
)
def test_nothing_begins_with(
    portal: Portal, fapi: AppKit, brought: Callable[[Portal, AppKit], Form], shown: bool
) -> None:
    answered = portal.authorize(brought(portal, fapi))
    if shown:
        assert (answered.status_code, answered.json()["error"]) == (400, "invalid_request")
    else:
        assert returned(answered.headers["location"])["error"] == ["invalid_request"]


@pytest.mark.parametrize(
    "loads",
    [
        pytest.param(
            2,
            id="fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
        ),
    ],
)
def test_a_page_that_was_loaded_uses_nothing_up(
    portal: Portal, fapi: AppKit, loads: int
) -> None:
    brought = push(portal, fapi)
    *_, last = [begin(portal, brought) for _ in range(loads)]
    assert "code" in returned(portal.allow(last))


@pytest.mark.parametrize(
    ("pushed", "outside"),
    [
        pytest.param(
            {"state": "inside"},
            {"state": "outside"},
            id="fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object",
        ),
        pytest.param(
            {"nonce": "inside"},
            {"nonce": "outside"},
            id="fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object",
        ),
        pytest.param(
            {"state": None},
            {"state": "outside"},
            id="fapi2-security-profile-final-state-only-outside-request-object-not-used",
        ),
    ],
)
def test_what_was_pushed_counts_alone(
    portal: Portal, fapi: AppKit, pushed: Changed, outside: Form
) -> None:
    begun = begin(portal, {**push(portal, fapi, pushed), **outside})
    query = returned(portal.allow(begun))
    tokens = portal.redeem(fapi, query["code"][0]).json()
    said = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    seen = {"state": query.get("state", [None])[0], "nonce": said.get("nonce")}
    assert {name: seen[name] for name in pushed} == pushed


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(
            "access_denied", id="fapi2-security-profile-final-user-rejects-authentication"
        ),
    ],
)
def test_the_app_is_told_that_the_person_refused(
    portal: Portal, fapi: AppKit, error: str
) -> None:
    begun = begin(portal, push(portal, fapi, {"state": "mine"}))
    query = returned(portal.allow(begun, "nothing at all"))
    assert (query["error"], query["state"], query["iss"]) == ([error], ["mine"], [ISSUER])
    assert "code" not in query


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            "/.well-known/openid-configuration",
            id="fapi2-security-profile-final-discovery-end-point-verification",
        ),
        pytest.param("/.well-known/oauth-authorization-server", id="RFC 8414"),
    ],
)
def test_the_server_says_of_itself_what_fapi_asks_for(portal: Portal, path: str) -> None:
    answered = portal.send("GET", path)
    said = answered.json()
    assert (answered.status_code, said["issuer"]) == (200, ISSUER)
    assert answered.headers["content-type"] == "application/json"
    for name in ("token", "pushed_authorization_request", "authorization", "jwks"):
        url = said[f"{name}_uri" if name == "jwks" else f"{name}_endpoint"]
        assert url.startswith(f"{ISSUER}/")
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert said["authorization_response_iss_parameter_supported"] is True
    for signing in (
        "dpop_signing_alg",
        "id_token_signing_alg",
        "token_endpoint_auth_signing_alg",
    ):
        assert {"PS256", "ES256", "EdDSA"} & set(said[f"{signing}_values_supported"])
        assert not {"none", "HS256"} & set(said[f"{signing}_values_supported"])
