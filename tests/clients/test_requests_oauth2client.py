"""PyPI's requests-oauth2client, with pushed requests and DPoP, gets along with the portal.

Its release 1.8 cannot verify the ID token beside a token that is bound by DPoP: it copies the
token without its key.
"""

import json

import pytest
from requests_oauth2client import (
    AccessDenied,
    ApiClient,
    AuthorizationRequest,
    AuthorizationResponseError,
    BearerToken,
    DeviceAuthorizationPollingJob,
    DPoPToken,
    IdToken,
    InvalidGrant,
    InvalidUseDPoPNonceResponse,
    OAuth2Client,
    PrivateKeyJwt,
)

from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.clients.keys import private_jwk
from tests.journeys.by_device import allow
from tests.journeys.kit import REDIRECT_URI, SCOPES, Portal, details

pytestmark = pytest.mark.clients


def of(portal: Portal, app: RelyingParty) -> OAuth2Client:
    """The client of an app, by what the portal says of itself."""
    audience = portal.url if app.dpop else None  # else it names the endpoint that it asks
    return OAuth2Client.from_discovery_endpoint(
        issuer=portal.url,
        auth=PrivateKeyJwt(app.client_id, private_jwk(app), aud=audience),
        redirect_uri=REDIRECT_URI,
        id_token_signed_response_alg="ES256",
        dpop_bound_access_tokens=app.dpop,
        # Its release 1.8 does not read this one from the metadata.
        device_authorization_endpoint=app.endpoint("device_authorization_endpoint"),
        testing=True,  # without https
    )


def asked(client: OAuth2Client) -> AuthorizationRequest:
    """What it wants of a person."""
    wanted = json.dumps(details("checkup", "medication"))
    return client.authorization_request(scope=SCOPES, authorization_details=wanted)


def status(portal: Portal, token: BearerToken) -> int:
    """What the FHIR server answers to a search with a token."""
    api = ApiClient(f"{portal.url}/fhir", auth=token, raise_for_status=False)
    try:
        return int(api.get("Observation").status_code)
    except InvalidUseDPoPNonceResponse as refused:  # for which it takes each 401 with DPoP
        return int(refused.response.status_code)


@pytest.mark.parametrize(
    ("profile", "pushed", "kind"),
    [
        pytest.param("fapi2", True, DPoPToken, id="fapi2"),
        pytest.param("oidc", True, BearerToken, id="oidc with PAR"),
        pytest.param("oidc", False, BearerToken, id="oidc without PAR"),
    ],
)
def test_it_completes_the_road(
    portal: Portal, profile: str, pushed: bool, kind: type[BearerToken]
) -> None:
    client = of(portal, portal.register(profile))
    request = asked(client)
    url = client.pushed_authorization_request(request).uri if pushed else request.uri
    _, redirect = portal.follow(url)
    answer = request.validate_callback(redirect)
    tokens = client.authorization_code(answer, validate=kind is BearerToken)
    assert type(tokens) is kind
    assert isinstance(tokens.id_token, IdToken)
    assert tokens.id_token.acr
    [detail] = tokens.authorization_details
    assert {"checkup", "medication"} <= set(detail["categories"])
    assert client.introspect_token(tokens)["active"] is True
    assert status(portal, tokens) == 200

    renewed = client.refresh_token(tokens)
    assert type(renewed) is kind
    assert status(portal, renewed) == 200

    assert client.revoke_refresh_token(tokens)
    with pytest.raises(InvalidGrant):
        client.refresh_token(tokens)
    assert client.introspect_token(renewed)["active"] is False
    assert status(portal, renewed) == 401


def test_one_access_token_is_given_back_without_the_others(portal: Portal) -> None:
    client = of(portal, portal.register("fapi2"))
    request = asked(client)
    _, redirect = portal.follow(client.pushed_authorization_request(request).uri)
    tokens = client.authorization_code(request.validate_callback(redirect), validate=False)
    renewed = client.refresh_token(tokens)
    assert client.revoke_access_token(tokens)
    assert status(portal, tokens) == 401
    assert status(portal, renewed) == 200


def test_it_learns_that_the_person_refused(portal: Portal) -> None:
    client = of(portal, portal.register("fapi2"))
    request = asked(client)
    url = client.pushed_authorization_request(request).uri
    _, redirect = portal.follow(url, "none")
    with pytest.raises(AuthorizationResponseError) as refused:
        request.validate_callback(redirect)
    assert refused.value.error == "access_denied"


def test_it_learns_that_a_code_serves_once(portal: Portal) -> None:
    client = of(portal, portal.register("fapi2"))
    request = asked(client)
    _, redirect = portal.follow(client.pushed_authorization_request(request).uri)
    answer = request.validate_callback(redirect)
    tokens = client.authorization_code(answer, validate=False)
    with pytest.raises(InvalidGrant):
        client.authorization_code(answer, validate=False)
    assert status(portal, tokens) == 401  # what the code gave is revoked with it


@pytest.mark.parametrize(
    ("consent", "dpop"),
    [
        pytest.param("checkup", False, id="allowed"),
        pytest.param("checkup", True, id="allowed, with a key"),
        pytest.param("none", False, id="refused"),
    ],
)
def test_it_waits_on_a_device_until_the_person_has_answered_elsewhere(
    portal: Portal, consent: str, dpop: bool
) -> None:
    client = of(portal, portal.register("oidc", more=("--devices",)))
    wanted = json.dumps(details("checkup", "medication"))
    codes = client.authorize_device(scope=SCOPES, authorization_details=wanted)
    job = DeviceAuthorizationPollingJob(client, codes, slow_down_interval=1, dpop=dpop)
    assert job.interval == 5
    job.interval = 0  # which it would wait each time, and so the test
    assert job() is None
    assert job.interval == 0, "the person has not answered yet"
    assert job() is None
    assert job.interval == 1, "and it was told to slow down"
    allow(portal, str(codes.verification_uri_complete), consent)
    if consent == "none":
        with pytest.raises(AccessDenied):
            job()
        return
    tokens = job()
    assert type(tokens) is (DPoPToken if dpop else BearerToken)
    assert status(portal, tokens) == 200
    [detail] = tokens.authorization_details
    assert detail["categories"] == ["checkup"]
    with pytest.raises(InvalidGrant):
        job()
    assert status(portal, tokens) == 401  # what the code gave is revoked with it
