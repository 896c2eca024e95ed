"""What a certified OpenID provider is tried on and no other test here is about.

A row is for the module of the OpenID Foundation's conformance suite that is called so.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import jwt
import pytest

from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.scopes import CATEGORY_OF

from .conftest import Portal
from .key_operator import Operator
from .kit import CALLBACK, ISSUER, AppKit

Tokens = dict[str, object]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TENANT = "http://127.0.0.1:9000/cb?tenant=1"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="oidcc-ensure-request-with-valid-pkce-succeeds"),
        pytest.param(
            {"nonce": None}, id="oidcc-ensure-request-without-nonce-succeeds-for-code-flow"
        ),
        pytest.param({"redirect_uri": TENANT}, id="oidcc-redirect-uri-query-OK"),
        pytest.param({"state": None}, id="oidcc-alternate-happy-flow"),
    ],
)
@pytest.mark.parametrize(
    "method",
    [
        pytest.param("GET", id="oidcc-server"),
        pytest.param("POST", id="oidcc-ensure-post-request-succeeds"),
    ],
)
def test_a_code_is_had_without_a_push_and_gives_an_id_token(
    portal: Portal, oidc: AppKit, method: str, changed: dict[str, str | None]
) -> None:
    request = oidc.request(**changed)
    given = {"params": request} if method == "GET" else {"data": request}
    answer = portal.send(method, "/authorize", **given)
    assert answer.status_code == 303, answer.text
    location = portal.allow(interaction_of(answer))
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(request["redirect_uri"])
    assert query.get("state") == ([request["state"]] if "state" in request else None)
    redirect_uri = request["redirect_uri"]
    tokens = portal.redeem(oidc, query["code"][0], redirect_uri=redirect_uri).json()
    said = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert said.get("nonce") == request.get("nonce")
    assert (said["aud"], said["iss"]) == (oidc.client_id, ISSUER)


def interaction_of(answer: httpx.Response) -> UUID:
    return UUID(answer.headers["location"].removeprefix("/interactions/"))


PAGE = "the person is told, and sent nowhere"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        pytest.param(
            {"redirect_uri": None},
            PAGE,
            id="oidcc-ensure-redirect-uri-in-authorization-request",
        ),
        pytest.param(
            {"redirect_uri": f"{CALLBACK}/x"}, PAGE, id="oidcc-ensure-registered-redirect-uri"
        ),
        pytest.param(
            {"redirect_uri": f"{CALLBACK}?foo=bar"}, PAGE, id="oidcc-redirect-uri-query-added"
        ),
        pytest.param(
            {"redirect_uri": TENANT.replace("1", "2")},
            PAGE,
            id="oidcc-redirect-uri-query-mismatch",
        ),
        pytest.param(
            {"response_type": None}, "invalid_request", id="oidcc-response-type-missing"
        ),
        pytest.param(
            {"request": jwt.encode({"scope": "openid"}, "", "none")},
            "request_not_supported",
            id="oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        ),
        pytest.param(
            {"request_uri": "https://app.example/request.jwt"},
            PAGE,
            id="oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
        ),
        pytest.param({"scope": "openid profile"}, "invalid_scope", id="oidcc-scope-profile"),
        pytest.param({"scope": "openid email"}, "invalid_scope", id="oidcc-scope-email"),
        pytest.param({"scope": "openid address"}, "invalid_scope", id="oidcc-scope-address"),
        pytest.param({"scope": "openid phone"}, "invalid_scope", id="oidcc-scope-phone"),
    ],
)
def test_what_is_not_in_order_or_not_offered_is_refused(
    portal: Portal, oidc: AppKit, changed: dict[str, str | None], error: str
) -> None:
    answer = portal.authorize(oidc.request(**changed))
    if error == PAGE:
        assert answer.status_code == 400
        assert "location" not in answer.headers
        return
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["error"] == [error]
    assert query["iss"] == [ISSUER]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            "/.well-known/openid-configuration", id="oidcc-discovery-endpoint-verification"
        )
    ],
)
def test_the_discovery_document_says_what_it_must_and_what_is_true(
    portal: Portal, path: str
) -> None:
    said = portal.send("GET", path).json()
    assert said["issuer"] == ISSUER
    for name in ("authorization", "token", "userinfo", "end_session"):
        assert said[f"{name}_endpoint"].startswith(f"{ISSUER}/")
    assert said["subject_types_supported"] == ["pairwise"]
    assert said["response_types_supported"] == ["code"]
    assert "none" not in said["id_token_signing_alg_values_supported"]
    assert said["claims_parameter_supported"] is True
    assert said["request_parameter_supported"] is False
    assert said["request_uri_parameter_supported"] is False
    kit = portal.register()
    token = portal.redeem(kit, portal.code(kit)).json()["id_token"]
    told = jwt.decode(token, options={"verify_signature": False})
    assert told.keys() | {"act", "sid", "fhirUser"} == set(said["claims_supported"])
    assert told["acr"] in said["acr_values_supported"]


def _refreshed(portal: Portal, kit: AppKit, tokens: Tokens, _keys: KeyFiles) -> Tokens:
    portal.clock.time += timedelta(minutes=10)
    return dict(portal.refresh(kit, str(tokens["refresh_token"])).json())


def _of_another_key(portal: Portal, kit: AppKit, _tokens: Tokens, keys: KeyFiles) -> Tokens:
    Operator(portal, keys).rotate_in_time()
    return dict(portal.redeem(kit, portal.code(kit)).json())


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(lambda *given: given[2], id="oidcc-idtoken-signature"),
        pytest.param(_refreshed, id="oidcc-refresh-token"),
        pytest.param(_of_another_key, id="oidcc-server-rotate-keys"),
    ],
)
def test_an_id_token_is_signed_by_a_published_key_and_names_the_same_person(
    portal: Portal, oidc: AppKit, tmp_path: Path, later: Callable[..., Tokens]
) -> None:
    first = dict(portal.redeem(oidc, portal.code(oidc)).json())
    before = str(first["id_token"])
    token = str(later(portal, oidc, first, KeyFiles(tmp_path / "keys"))["id_token"])
    published = jwt.PyJWKSet.from_dict(portal.send("GET", "/jwks").json())
    said = jwt.decode(
        token,
        published[jwt.get_unverified_header(token)["kid"]],
        ["ES256"],
        audience=oidc.client_id,
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert said["sub"] == jwt.decode(before, options={"verify_signature": False})["sub"]


@pytest.mark.parametrize("more", [pytest.param("offline_access", id="oidcc-scope-all")])
def test_all_scopes_at_once_are_granted_as_far_as_the_person_gives(
    portal: Portal, more: str
) -> None:
    kit = portal.register(scopes=(*sorted(CATEGORY_OF), "openid", more))
    scope = " ".join(sorted(kit.app.scopes))
    tokens = portal.redeem(kit, portal.code(kit, scope=scope)).json()
    of_checkup = {one for one, category in CATEGORY_OF.items() if category == "checkup"}
    assert set(tokens["scope"].split()) == {*of_checkup, "openid", more}
