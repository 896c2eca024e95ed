"""What an app says of itself is refused by the member that is at fault."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.oauth.grants.device_code import NAME as DEVICE_CODE
from mynaportal_sim.sample_app.relying_party import public_jwk

from .conftest import Portal
from .kit import CALLBACK
from .kit import public_jwk as bare_jwk
from .registering import Newcomer, invited

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def newcomer(portal: Portal) -> Newcomer:
    return Newcomer(portal)


PRIVATE = {**bare_jwk(ec.generate_private_key(ec.SECP256R1())), "d": "c2VjcmV0LXNlY3JldA"}
TWICE = public_jwk(ec.generate_private_key(ec.SECP256R1()))
BOUND = "dpop_bound_access_tokens"


@pytest.mark.parametrize(
    ("said", "member", "reason"),
    [
        pytest.param({"client_name": ["a"]}, "client_name", "a string", id="name's type"),
        pytest.param({"client_name#ja": 1}, "client_name#ja", "a string", id="tagged name"),
        *(
            pytest.param({f"client_name#{tag}": "a"}, f"client_name#{tag}", "BCP 47", id=id_)
            for tag, id_ in (
                ("", "no tag"),
                ("日本語", "a tag of other letters"),
                ("ja_JP", "a tag with another hyphen"),
                ("ja-", "a tag that ends in a hyphen"),
                ("j", "a tag too short"),
                ("japanesisch", "a tag with a long part"),
                ("ja\n", "a tag with a line after it"),
                ("ja" + "-abcdefgh" * 4, "a tag of 38 letters"),
            )
        ),
        pytest.param(
            {"client_name#JA": "別の名前"},
            "client_name#JA",
            "given twice",
            id="tag in two cases",
        ),
        pytest.param({"contacts": "a@b"}, "contacts", "array of strings", id="list's type"),
        pytest.param({BOUND: "yes"}, BOUND, "true or false", id="flag's type"),
        pytest.param({"jwks": "{}"}, "jwks", "as an object", id="jwks as text"),
        pytest.param({"jwks": {}}, "jwks", "1 to 20 keys", id="no key"),
        pytest.param({"jwks": {"keys": [PRIVATE]}}, "jwks", "PRIVATE key", id="private key"),
        pytest.param(
            {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "jwks", "PRIVATE", id="oct"
        ),
        pytest.param({"jwks": {"keys": [TWICE] * 2}}, "jwks", "same kid", id="kid twice"),
        pytest.param({"jwks": None}, "jwks", "either jwks or jwks_uri", id="no keys"),
        pytest.param(
            {"jwks_uri": "https://app.example/jwks"}, "jwks", "either", id="keys in two ways"
        ),
        pytest.param(
            {"token_endpoint_auth_method": "client_secret_basic"},
            "token_endpoint_auth_method",
            "must be private_key_jwt",
            id="secret",
        ),
        pytest.param(
            {"token_endpoint_auth_method": "none"},
            "token_endpoint_auth_method",
            "must be private_key_jwt",
            id="public client",
        ),
        pytest.param(
            {"token_endpoint_auth_signing_alg": "none"},
            "token_endpoint_auth_signing_alg",
            "ES256",
            id="alg none",
        ),
        pytest.param(
            {"token_endpoint_auth_signing_alg": "HS256"},
            "token_endpoint_auth_signing_alg",
            "ES256",
            id="alg HS256",
        ),
        pytest.param(
            {"token_endpoint_auth_signing_alg": "RS256", "mynasim_profile": "fapi2"},
            "token_endpoint_auth_signing_alg",
            "ES256 or EdDSA or PS256",
            id="alg that FAPI 2.0 forbids",
        ),
        pytest.param(
            {"token_endpoint_auth_signing_alg": "EdDSA"},
            "token_endpoint_auth_signing_alg",
            "no key of the set is for EdDSA",
            id="alg without a key",
        ),
        pytest.param({"grant_types": ["implicit"]}, "grant_types", "has implicit", id="grant"),
        pytest.param(
            {"grant_types": [DEVICE_CODE], "mynasim_profile": "fapi2"},
            "grant_types",
            "under oidc",
            id="devices under FAPI 2.0",
        ),
        pytest.param(
            {"response_types": ["code", "id_token"]},
            "response_types",
            "has id_token",
            id="hybrid",
        ),
        pytest.param(
            {"subject_type": "public"}, "subject_type", "pairwise", id="one sub for all"
        ),
        pytest.param(
            {"id_token_signed_response_alg": "none"},
            "id_token_signed_response_alg",
            "must be ES256",
            id="unsigned ID tokens",
        ),
        pytest.param(
            {BOUND: True, "mynasim_profile": "oidc"}, BOUND, "is false for", id="not bound so"
        ),
        pytest.param(
            {BOUND: False, "mynasim_profile": "fapi2"}, BOUND, "is true for", id="bound anyway"
        ),
        pytest.param(
            {"authorization_details_types": ["payment"]},
            "authorization_details_types",
            "has payment",
            id="details of another kind",
        ),
        pytest.param({"mynasim_profile": "x"}, "mynasim_profile", "oidc", id="profile"),
        pytest.param({"scope": "user/*.cruds"}, "scope", "is unknown", id="scope"),
        pytest.param(
            {"client_name#ja": "帳\r\nX"}, "client_name", "control", id="CRLF in a name"
        ),
        pytest.param({"client_name": " "}, "client_name", "1 to 100", id="no name"),
        pytest.param({"mynasim_purpose": "x"}, "mynasim_purpose", "is unknown", id="purpose"),
        pytest.param(
            {"mynasim_purpose_text": "健診結果の表示その他のため"},
            "mynasim_purpose_text",
            "has “その他”: a list that goes on",
            id="catch-all",
        ),
        pytest.param(
            {"mynasim_recipients": ["a,JP,friend"]},
            "mynasim_recipients",
            "RELATION",
            id="friend",
        ),
        pytest.param(
            {"policy_uri": "javascript:a"}, "policy_uri", "host", id="script as a page"
        ),
        pytest.param({"logo_uri": "http://app.example/l"}, "logo_uri", "https", id="http logo"),
        pytest.param({"contacts": ["x"] * 11}, "contacts", "at most 10", id="contacts"),
        pytest.param(
            {"redirect_uris": ["http://app.example/cb"]}, "redirect_uris", "https", id="http"
        ),
        pytest.param(
            {"redirect_uris": [f"{CALLBACK}#a"]}, "redirect_uris", "fragment", id="fragment"
        ),
        pytest.param(
            {"post_logout_redirect_uris": [f"{CALLBACK}#a"]},
            "post_logout_redirect_uris",
            "fragment",
            id="fragment after logout",
        ),
        pytest.param(
            {"backchannel_logout_uri": "http://app.example/out"},
            "backchannel_logout_uri",
            "https",
            id="http back channel",
        ),
        pytest.param(
            {"backchannel_logout_session_required": "yes"},
            "backchannel_logout_session_required",
            "true or false",
            id="session flag's type",
        ),
        pytest.param(
            {"userinfo_signed_response_alg": "RS256"},
            "userinfo_signed_response_alg",
            "choose of ES256",
            id="oidcc-userinfo-rs256",
        ),
        pytest.param({"redirect_uris": None}, "redirect_uris", "1 to 20", id="nowhere to go"),
    ],
)
def test_a_refusal_names_the_member_and_what_to_do(
    newcomer: Newcomer, said: dict[str, object], member: str, reason: str
) -> None:
    token = invited(newcomer.portal)
    refused = newcomer.register(token, **said)
    told = refused.json()
    kind = "redirect_uri" if member == "redirect_uris" else "client_metadata"
    assert (refused.status_code, told["error"]) == (400, f"invalid_{kind}")
    assert told["member"] == member
    assert reason in told["reason"]
    assert told["error_description"].isascii()
    assert "c2VjcmV0" not in refused.text
    assert newcomer.register(token).status_code == 201  # what was refused used nothing up
