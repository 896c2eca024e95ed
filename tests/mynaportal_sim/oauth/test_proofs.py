"""Attacks on DPoP and on access tokens, by name."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from .conftest import Portal
from .kit import ISSUER, AppKit, ahead, public_jwk


def test_fapi2_must_prove_a_key(portal: Portal, fapi: AppKit) -> None:
    answered = portal.post("/token", fapi.signed(fapi.redemption(portal.code(fapi))))
    assert answered.json()["error"] == "invalid_dpop_proof"


def test_bound_tokens_are_not_refreshed_into_bearer_tokens(
    portal: Portal, oidc: AppKit
) -> None:
    form = oidc.signed(oidc.redemption(portal.code(oidc)))
    tokens = portal.post("/token", form, oidc.proof(f"{ISSUER}/token")).json()
    assert tokens["token_type"] == "DPoP"
    again = portal.refresh(oidc, tokens["refresh_token"])
    assert again.json()["error"] == "invalid_dpop_proof"


def test_a_code_is_bound_to_the_key_it_was_asked_for_with(portal: Portal, fapi: AppKit) -> None:
    code = portal.code(fapi)
    fapi.dpop_key = fapi.key
    assert portal.redeem(fapi, code).json()["error"] == "invalid_grant"


TOKEN_URL = f"{ISSUER}/token"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"htm": "GET"}, id="htm"),
        pytest.param({"htu": f"{ISSUER}/par"}, id="htu"),
        pytest.param({"htu": "http://[x"}, id="htu no URL"),
        pytest.param({"htu": None}, id="no htu"),
        pytest.param({"jti": None}, id="no jti"),
        pytest.param({"jti": "j" * 257}, id="jti too long"),
        pytest.param({"iat": None}, id="no iat"),
        pytest.param({"iat": "now"}, id="iat no number"),
        pytest.param({"ago": 61}, id="old iat"),
        pytest.param({"ago": -61}, id="iat ahead"),
        pytest.param({"header": {"typ": "JWT"}}, id="typ"),
        pytest.param({"header": {"jwk": {"kty": "oct", "k": "AA"}}}, id="symmetric jwk"),
        pytest.param({"header": {"jwk": "x"}}, id="jwk no object"),
    ],
)
def test_no_such_proof_proves_anything(
    portal: Portal, fapi: AppKit, spoilt: dict[str, object]
) -> None:
    claims = dict(spoilt)
    header = claims.pop("header", None)
    if "ago" in claims:
        claims["iat"] = ahead(fapi, -int(str(claims.pop("ago"))))
    assert header is None or isinstance(header, Mapping)
    headers = fapi.proof(TOKEN_URL, header=header, **claims)  # type: ignore[arg-type]  # claims only
    form = fapi.signed({"grant_type": "refresh_token", "refresh_token": "x"})
    answered = portal.post("/token", form, headers)
    assert (answered.status_code, answered.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_private_key_in_a_proof_is_refused(portal: Portal, fapi: AppKit) -> None:
    leaked = {**public_jwk(fapi.dpop_key), "d": "AA"}
    form = fapi.signed({"grant_type": "refresh_token", "refresh_token": "x"})
    answered = portal.post("/token", form, fapi.proof(TOKEN_URL, header={"jwk": leaked}))
    assert "private" in answered.json()["error_description"]


def test_a_proof_is_good_once(portal: Portal, fapi: AppKit) -> None:
    proof = fapi.proof(TOKEN_URL, htu="HTTP://LOCALHOST:8400/token?a=b#c")
    refresh_token = portal.redeem(fapi, portal.code(fapi)).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    assert portal.post("/token", fapi.signed(form), proof).status_code == 200
    replayed = portal.post("/token", fapi.signed(form), proof)
    assert replayed.json()["error"] == "invalid_dpop_proof"


RESOURCE = f"{ISSUER}/fhir/Patient"


def test_a_bearer_token_opens_and_a_stranger_does_not(portal: Portal, oidc: AppKit) -> None:
    token = portal.redeem(oidc, portal.code(oidc)).json()["access_token"]
    assert portal.fetch(f"Bearer {token}").status_code == 204
    assert portal.fetch(f"bearer {token}").status_code == 204
    wrong = portal.fetch(f"DPoP {token}")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_token")
    for authorization in ("", "Basic YTpi", "Bearer ", f"Token {token}"):
        refused = portal.fetch(authorization)
        assert refused.status_code == 401
        assert "error=" not in refused.headers["www-authenticate"]


def test_a_token_in_the_url_is_refused(portal: Portal, oidc: AppKit) -> None:
    token = portal.redeem(oidc, portal.code(oidc)).json()["access_token"]
    assert portal.send("GET", f"/fhir/Patient?access_token={token}").status_code == 400


@pytest.mark.parametrize("body", ["x", "e30.e30.e30", "a" * 20_000])
def test_rubbish_is_no_token(portal: Portal, body: str) -> None:
    refused = portal.fetch(f"Bearer {body}")
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_an_id_token_is_no_access_token(portal: Portal, oidc: AppKit) -> None:
    tokens = portal.redeem(oidc, portal.code(oidc)).json()
    assert portal.fetch(f"Bearer {tokens['id_token']}").status_code == 401


def test_an_expired_token_is_refused_and_logged(portal: Portal, oidc: AppKit) -> None:
    token = portal.redeem(oidc, portal.code(oidc)).json()["access_token"]
    portal.clock.time += timedelta(seconds=300)
    assert portal.fetch(f"Bearer {token}").json()["error"] == "invalid_token"
    kind, fields = portal.ledger()[-1]
    assert (kind, fields["app_id"], fields["request"]) == (
        "access.refused",
        oidc.client_id,
        "GET Patient",
    )


def test_a_bound_token_opens_only_with_its_key_and_once_per_proof(
    portal: Portal, fapi: AppKit
) -> None:
    token = portal.redeem(fapi, portal.code(fapi)).json()["access_token"]
    good = fapi.proof(RESOURCE, "GET", token)
    assert portal.fetch(f"DPoP {token}", **good).status_code == 204
    assert portal.fetch(f"DPoP {token}", **good).status_code == 401

    said = portal.fetch(f"Bearer {token}", **fapi.proof(RESOURCE, "GET", token)).json()
    assert said["error"] == "invalid_token"
    assert said["error_description"] == "the token is bound to a key: use the DPoP scheme"
    assert portal.fetch(f"DPoP {token}").json()["error"] == "invalid_dpop_proof"
    for wrong in (
        fapi.proof(RESOURCE, "POST", token),
        fapi.proof(f"{RESOURCE}/1", "GET", token),
        fapi.proof(RESOURCE, "GET"),
        fapi.proof(RESOURCE, "GET", "another token"),
        fapi.proof(RESOURCE, "GET", token, iat=ahead(fapi, -61)),
    ):
        refused = portal.fetch(f"DPoP {token}", **wrong)
        assert refused.json()["error"] == "invalid_dpop_proof"
        assert refused.headers["www-authenticate"].startswith("DPoP ")
    fapi.dpop_key = fapi.key
    other_key = portal.fetch(f"DPoP {token}", **fapi.proof(RESOURCE, "GET", token))
    assert other_key.json()["error"] == "invalid_token"


def test_two_proofs_in_one_request_are_none(portal: Portal, fapi: AppKit) -> None:
    form = urlencode(fapi.signed({"grant_type": "refresh_token", "refresh_token": "x"}))
    headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        *(("DPoP", fapi.proof(TOKEN_URL)["DPoP"]) for _ in range(2)),
    ]
    answered = portal.send("POST", "/token", content=form, headers=headers)
    assert answered.json()["error"] == "invalid_dpop_proof"
