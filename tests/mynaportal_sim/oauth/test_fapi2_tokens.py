"""What the OpenID Foundation tries a FAPI 2.0 server with, from the code on.

Each stands under the name that it has there; `docs/oidf.md` tells of those that do not.
"""

from collections.abc import Callable
from datetime import timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from .conftest import Portal
from .fapi2 import RESOURCE, TOKEN, code_for, opened, push, thumbprint
from .kit import ISSUER, AppKit, ahead

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("proven", "named"),
    [
        pytest.param(
            True,
            False,
            id="fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success",
        ),
        pytest.param(
            False,
            True,
            id="fapi2-security-profile-final-ensure-dpop-auth-code-binding-success",
        ),
    ],
)
def test_a_code_is_redeemed_with_the_key_that_it_is_bound_to(
    portal: Portal, fapi: AppKit, proven: bool, named: bool
) -> None:
    jkt = thumbprint(fapi.dpop_key) if named else None
    code = code_for(portal, push(portal, fapi, {"dpop_jkt": jkt}, proven))
    claims = jwt.decode(
        portal.redeem(fapi, code).json()["access_token"], options={"verify_signature": False}
    )
    assert claims["cnf"] == {"jkt": thumbprint(fapi.dpop_key)}


def _with_another_verifier(portal: Portal, kit: AppKit) -> httpx.Response:
    return portal.redeem(kit, portal.code(kit), code_verifier="v" * 43)


def _without_a_verifier(portal: Portal, kit: AppKit) -> httpx.Response:
    form = kit.redemption(portal.code(kit))
    del form["code_verifier"]
    return portal.post("/token", kit.signed(form), kit.proof(TOKEN))


def _without_a_proof(portal: Portal, kit: AppKit) -> httpx.Response:
    return portal.post("/token", kit.signed(kit.redemption(portal.code(kit))))


def _with_another_key_than_named(portal: Portal, kit: AppKit) -> httpx.Response:
    code = code_for(portal, push(portal, kit, {"dpop_jkt": "j" * 43}, proven=False))
    return portal.redeem(kit, code)


def _with_another_key_than_proven(portal: Portal, kit: AppKit) -> httpx.Response:
    code = code_for(portal, push(portal, kit))
    kit.dpop_key = ec.generate_private_key(ec.SECP256R1())
    return portal.redeem(kit, code)


def _again(portal: Portal, kit: AppKit) -> httpx.Response:
    code = portal.code(kit)
    assert portal.redeem(kit, code).status_code == 200
    portal.clock.time += timedelta(seconds=1)
    return portal.redeem(kit, code)


def _late(portal: Portal, kit: AppKit) -> httpx.Response:
    code = portal.code(kit)
    portal.clock.time += timedelta(seconds=60)
    return portal.redeem(kit, code)


@pytest.mark.parametrize(
    ("redeemed", "error"),
    [
        pytest.param(
            _without_a_verifier,
            "invalid_request",
            id="fapi2-security-profile-final-ensure-pkce-code-verifier-required",
        ),
        pytest.param(
            _with_another_verifier,
            "invalid_grant",
            id="fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected",
        ),
        pytest.param(
            _without_a_proof,
            "invalid_dpop_proof",
            id="fapi2-security-profile-final-ensure-holder-of-key-required",
        ),
        pytest.param(
            _with_another_key_than_named,
            "invalid_grant",
            id="fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
        ),
        pytest.param(
            _with_another_key_than_proven,
            "invalid_grant",
            id="fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
        ),
        pytest.param(
            _again,
            "invalid_grant",
            id="fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second",
        ),
        pytest.param(
            _late,
            "invalid_grant",
            id="fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code",
        ),
    ],
)
def test_a_code_gives_nothing(
    portal: Portal,
    fapi: AppKit,
    redeemed: Callable[[Portal, AppKit], httpx.Response],
    error: str,
) -> None:
    refused = redeemed(portal, fapi)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("scheme", "claims"),
    [
        pytest.param(
            "dPOp",
            {},
            id="fapi2-security-profile-final-access-token-type-header-case-sensitivity",
        ),
        pytest.param(
            "DPoP",
            {"nbf": 0, "exp": 300},
            id="fapi2-security-profile-final-check-dpop-proof-nbf-exp",
        ),
        pytest.param(
            "DPoP",
            {"iat": -10},
            id="fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds",
        ),
        pytest.param(
            "DPoP",
            {"iat": 10},
            id="fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds",
        ),
    ],
)
def test_a_proof_is_taken_with(
    portal: Portal, fapi: AppKit, scheme: str, claims: dict[str, int]
) -> None:
    """At the token endpoint as at the resource; `claims` are seconds from now."""
    when = {name: ahead(fapi, seconds) for name, seconds in claims.items()}
    form = fapi.signed(fapi.redemption(portal.code(fapi)))
    proof = fapi.proof(TOKEN, **when)  # type: ignore[arg-type]  # claims only
    token = portal.post("/token", form, proof).json()["access_token"]
    assert opened(portal, fapi, token, scheme, when).status_code == 204


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(spoilt, id=f"fapi2-security-profile-final-dpop-negative-tests {name}")
        for name, spoilt in {
            "no typ": {"header": {"typ": "JWT"}},
            "a jwk that is none": {"header": {"jwk": None}},
            "no jti": {"jti": None},
            "no htm": {"htm": None},
            "no htu": {"htu": None},
            "no iat": {"iat": None},
            "no ath": {"ath": None},
            "another ath": {"ath": "a" * 43},
            "another htm": {"htm": "PUT"},
            "another htu": {"htu": f"{ISSUER}/fhir/Observation"},
            "an hour ahead": {"iat": 3600},
            "an hour ago": {"iat": -3600},
        }.items()
    ],
)
def test_a_token_opens_nothing_with_a_proof_that_has(
    portal: Portal, fapi: AppKit, spoilt: dict[str, object]
) -> None:
    token = portal.redeem(fapi, portal.code(fapi)).json()["access_token"]
    at = spoilt.get("iat")
    if isinstance(at, int):
        spoilt = {**spoilt, "iat": ahead(fapi, at)}
    assert opened(portal, fapi, token, spoilt=spoilt).status_code == 401
    assert (
        opened(portal, fapi, token, spoilt={"htu": f"{RESOURCE}?a=b#c", "more": 1}).status_code
        == 204
    )


@pytest.mark.parametrize(
    "times", [pytest.param(2, id="fapi2-security-profile-final-refresh-token")]
)
def test_a_refresh_token_serves_its_app_and_key_and_does_not_rotate(
    portal: Portal, fapi: AppKit, times: int
) -> None:
    refresh_token = portal.redeem(fapi, portal.code(fapi)).json()["refresh_token"]
    for _ in range(times):
        again = portal.refresh(fapi, refresh_token).json()
        assert opened(portal, fapi, again["access_token"]).status_code == 204
        assert "refresh_token" not in again
    other = portal.register(profile="fapi2")
    assert portal.refresh(other, refresh_token).json()["error"] == "invalid_grant"
