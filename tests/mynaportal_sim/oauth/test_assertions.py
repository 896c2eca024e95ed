"""Attacks on client authentication, by name."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe

import jwt
import pytest

from mynaportal_sim.jose import b64url

from .conftest import Portal
from .kit import ISSUER, AppKit, ahead


def _unsigned(kit: AppKit) -> str:
    return jwt.encode(
        {"iss": kit.client_id, "sub": kit.client_id, "aud": ISSUER, "jti": "x"}, "", "none"
    )


def _hmac_by_public_key(kit: AppKit) -> str:
    claims = {"iss": kit.client_id, "sub": kit.client_id, "aud": ISSUER, "jti": "x"}
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = ".".join(b64url(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{b64url(hmac.digest(kit.app.jwks.encode(), signed.encode(), sha256))}"


def _with_header(kit: AppKit, **header: object) -> str:
    claims = {"iss": kit.client_id, "sub": kit.client_id, "aud": ISSUER, "jti": token_urlsafe()}
    claims["exp"] = int((kit.clock.now() + timedelta(seconds=60)).timestamp())  # type: ignore[assignment]
    return jwt.encode(claims, kit.key, "ES256", header)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("profile", ["oidc", "fapi2"])
@pytest.mark.parametrize(
    "assertion",
    [
        pytest.param(_unsigned, id="alg none"),
        pytest.param(_hmac_by_public_key, id="HS256 by the public key"),
        pytest.param(lambda kit: _with_header(kit, kid="unknown"), id="unknown kid"),
        pytest.param(lambda kit: _with_header(kit, jku="https://x"), id="jku"),
        pytest.param(lambda kit: _with_header(kit, x5u="https://x"), id="x5u"),
        pytest.param(lambda kit: _with_header(kit, crit=["b64"]), id="crit"),
        pytest.param(lambda kit: kit.assertion(iss="someone"), id="iss"),
        pytest.param(
            lambda kit: kit.assertion(sub="app-nobody", iss="app-nobody"), id="nobody"
        ),
        pytest.param(lambda kit: kit.assertion(aud="https://other.example"), id="aud"),
        pytest.param(lambda kit: kit.assertion(aud=f"{ISSUER}/revoke"), id="aud elsewhere"),
        pytest.param(lambda kit: kit.assertion(aud=None), id="no aud"),
        pytest.param(lambda kit: kit.assertion(jti=None), id="no jti"),
        pytest.param(lambda kit: kit.assertion(jti=7), id="jti no string"),
        pytest.param(lambda kit: kit.assertion(exp=None), id="no exp"),
        pytest.param(lambda kit: kit.assertion(exp=ahead(kit, 0)), id="expired"),
        pytest.param(lambda kit: kit.assertion(exp=ahead(kit, 3601)), id="exp in hours"),
        pytest.param(lambda kit: kit.assertion(exp=1e300), id="exp beyond time"),
        pytest.param(lambda kit: kit.assertion(exp=True), id="exp true"),
        pytest.param(lambda kit: kit.assertion(iat=ahead(kit, 61)), id="iat 61 s ahead"),
        pytest.param(lambda kit: kit.assertion(nbf=ahead(kit, 61)), id="nbf 61 s ahead"),
        pytest.param(lambda kit: kit.assertion()[:-8] + "AAAAAAAA", id="signature"),
        pytest.param(lambda _kit: "a.b", id="no JWS"),
        pytest.param(lambda _kit: f"{b64url(b'[' * 900)}.e30.e30", id="deep"),
        pytest.param(lambda _kit: "e" * 9000, id="oversized"),
    ],
)
def test_no_such_assertion_authenticates(
    portal: Portal, profile: str, assertion: object
) -> None:
    kit = portal.register(profile=profile)
    made = assertion(kit)  # type: ignore[operator]
    answered = portal.post("/par", kit.signed(kit.request(), made))
    assert (answered.status_code, answered.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("profile", "audience", "status"),
    [
        pytest.param("fapi2", ISSUER, 201, id="fapi2 issuer"),
        pytest.param("fapi2", [ISSUER], 401, id="fapi2 array"),
        pytest.param("fapi2", f"{ISSUER}/token", 401, id="fapi2 token endpoint"),
        pytest.param("fapi2", f"{ISSUER}/par", 401, id="fapi2 endpoint it is sent to"),
        pytest.param("oidc", f"{ISSUER}/par", 201, id="oidc endpoint it is sent to"),
        pytest.param("oidc", [ISSUER, "https://other.example"], 201, id="oidc array"),
        pytest.param("oidc", f"{ISSUER}/token", 201, id="oidc token endpoint"),
    ],
)
def test_the_audience_is_judged_by_profile(
    portal: Portal, profile: str, audience: object, status: int
) -> None:
    kit = portal.register(profile=profile)
    form = kit.signed(kit.request(), kit.assertion(aud=audience))
    assert portal.post("/par", form).status_code == status


def test_clocks_may_be_ten_seconds_ahead(portal: Portal, fapi: AppKit) -> None:
    soon = ahead(fapi, 9)
    form = fapi.signed(fapi.request(), fapi.assertion(iat=soon, nbf=soon))
    headers = fapi.proof(f"{ISSUER}/par", iat=soon)
    assert portal.post("/par", form, headers).status_code == 201


def test_assertion_replay(portal: Portal, oidc: AppKit) -> None:
    code, assertion = portal.code(oidc), oidc.assertion()
    pushed = portal.post("/par", oidc.signed(oidc.request(), assertion))
    assert pushed.status_code == 201
    for path in ("/par", "/token", "/introspect", "/revoke"):
        form = {**oidc.request(), **oidc.redemption(code), "token": "x"}
        answered = portal.post(path, oidc.signed(form, assertion))
        assert (answered.status_code, answered.json()["error"]) == (401, "invalid_client")
    assert portal.redeem(oidc, code).status_code == 200


def test_a_client_secret_is_no_secret_here(portal: Portal, oidc: AppKit) -> None:
    basic = {"Authorization": "Basic " + urlsafe_b64encode(b"app:secret").decode()}
    answered = portal.post("/token", {"grant_type": "authorization_code"}, basic)
    assert answered.status_code == 401
    assert answered.headers["www-authenticate"].startswith("Basic")
    form = {"client_id": oidc.client_id, "client_secret": "secret"}
    assert portal.post("/token", form).json()["error"] == "invalid_client"


def test_rs256_is_not_enough_for_fapi2(portal: Portal) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415  slow key, here only

    key = rsa.generate_private_key(65537, 2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    for profile, algorithm, status in (
        ("fapi2", "RS256", 401),
        ("fapi2", "PS256", 201),
        ("oidc", "RS256", 201),
    ):
        jwks = json.dumps({"keys": [{"kty": "RSA", "n": jwk["n"], "e": jwk["e"]}]})
        kit = portal.register(profile=profile, jwks=jwks)
        claims = jwt.decode(kit.assertion(), options={"verify_signature": False})
        form = kit.signed(kit.request(), jwt.encode(claims, key, algorithm))
        assert portal.post("/par", form).status_code == status
