"""A proof may have to repeat what this server gave lately (RFC 9449 8, 9)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mynaportal_sim.oauth.nonces import MINUTES, Nonces

from .conftest import Portal
from .kit import ISSUER, AppKit

PAR, TOKEN, PATIENT = f"{ISSUER}/par", f"{ISSUER}/token", f"{ISSUER}/fhir/Patient"


@pytest.fixture
def strict(portal: Portal) -> Portal:
    """A portal that demands nonces."""
    nonces = Nonces(portal.server.pseudonyms, demanded=True)
    portal.server = replace(portal.server, nonces=nonces)
    portal.web.state.server = portal.server
    return portal


def test_who_has_none_is_given_one_and_comes_again(strict: Portal, fapi: AppKit) -> None:
    refused = strict.post("/par", fapi.signed(fapi.request()), fapi.proof(PAR))
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["dpop-nonce"]
    proof = fapi.proof(PAR, nonce=nonce)
    pushed = strict.post("/par", fapi.signed(fapi.request()), proof)
    assert pushed.status_code == 201
    assert pushed.headers["dpop-nonce"]


def test_a_resource_asks_for_one_by_its_challenge(strict: Portal, oidc: AppKit) -> None:
    nonce = strict.server.nonces.newest(strict.clock.now())
    form = oidc.signed(oidc.redemption(strict.code(oidc)))
    token = strict.post("/token", form, oidc.proof(TOKEN, nonce=nonce)).json()["access_token"]
    refused = strict.fetch(f"DPoP {token}", **oidc.proof(PATIENT, "GET", token))
    assert refused.status_code == 401
    assert 'DPoP error="use_dpop_nonce"' in refused.headers["www-authenticate"]
    proof = oidc.proof(PATIENT, "GET", token, nonce=nonce)
    assert strict.fetch(f"DPoP {token}", **proof).status_code == 204


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        pytest.param(MINUTES - 1, 201, id="lately"),
        pytest.param(MINUTES, 400, id="too long ago"),
        pytest.param(-1, 400, id="of later"),
    ],
)
def test_a_nonce_is_good_for_some_minutes(
    portal: Portal, fapi: AppKit, minutes: int, status: int
) -> None:
    then = portal.clock.now() - timedelta(minutes=minutes)
    proof = fapi.proof(PAR, nonce=portal.server.nonces.newest(then))
    assert portal.post("/par", fapi.signed(fapi.request()), proof).status_code == status


def test_where_none_is_demanded_each_answer_offers_one(portal: Portal, fapi: AppKit) -> None:
    pushed = portal.post("/par", fapi.signed(fapi.request()), fapi.proof(PAR))
    assert pushed.status_code == 201
    assert pushed.headers["dpop-nonce"] == portal.server.nonces.newest(portal.clock.now())


def test_a_request_without_a_proof_is_offered_none(portal: Portal, oidc: AppKit) -> None:
    pushed = portal.post("/par", oidc.signed(oidc.request()))
    assert "dpop-nonce" not in pushed.headers
