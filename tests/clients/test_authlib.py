"""PyPI's authlib, which many Python apps are built on, gets along with the portal.

It knows neither pushed requests nor DPoP, so its apps are of client profile `oidc`.
"""

import json
from collections.abc import Iterator

import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.clients.keys import private_jwk
from tests.journeys.kit import REDIRECT_URI, SCOPES, Portal, details

pytestmark = pytest.mark.clients


class App:
    """A private app as its developer would write it with authlib."""

    def __init__(self, portal: Portal, app: RelyingParty) -> None:
        self.portal = portal
        self.client_id = app.client_id
        self.verifier = generate_token(48)
        self.nonce = generate_token(16)
        self.session = OAuth2Session(
            app.client_id,
            ECKey.import_key({**private_jwk(app)}),
            token_endpoint_auth_method="private_key_jwt",
            revocation_endpoint_auth_method="private_key_jwt",
            scope=SCOPES,
            redirect_uri=REDIRECT_URI,
            code_challenge_method="S256",
        )
        known = f"{portal.url}/.well-known/openid-configuration"
        self.metadata = self.session.get(known, withhold_token=True).json()
        self.session.metadata["token_endpoint"] = self.metadata["token_endpoint"]
        self.session.register_client_auth_method(
            PrivateKeyJWT(self.metadata["token_endpoint"], alg="ES256")
        )

    def connect(self) -> str:
        """Send a person to the portal; the URL that their browser came back to."""
        url, _ = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"],
            code_verifier=self.verifier,
            nonce=self.nonce,
            authorization_details=json.dumps(details("checkup", "medication")),
        )
        return self.portal.follow(url)[1]

    def redeem(self, redirect: str) -> dict[str, object]:
        """The tokens for the code in that URL."""
        tokens: dict[str, object] = self.session.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=redirect,
            code_verifier=self.verifier,
        )
        return tokens

    def who(self, id_token: str) -> CodeIDToken:
        """The claims of an ID token, verified with the keys at jwks_uri."""
        keys = self.session.get(self.metadata["jwks_uri"], withhold_token=True).json()
        decoded = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["ES256"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"value": self.portal.url}, "aud": {"value": self.client_id}},
            {"nonce": self.nonce, "client_id": self.client_id},
        )
        claims.validate()
        return claims

    def read(self) -> int:
        """What the FHIR server answers to a search."""
        return int(self.session.get(f"{self.portal.url}/fhir/Observation").status_code)


@pytest.fixture
def app(portal: Portal) -> Iterator[App]:
    made = App(portal, portal.register("oidc"))
    yield made
    made.session.close()


def test_it_completes_the_road(app: App) -> None:
    tokens = app.redeem(app.connect())
    assert app.who(str(tokens["id_token"]))["acr"]
    assert app.read() == 200

    told = app.session.introspect_token(
        app.metadata["introspection_endpoint"], token=tokens["access_token"]
    )
    assert told.json()["active"] is True

    renewed = app.session.refresh_token(
        app.metadata["token_endpoint"], refresh_token=tokens["refresh_token"]
    )
    assert renewed["access_token"] != tokens["access_token"]
    assert app.read() == 200

    app.session.revoke_token(
        app.metadata["revocation_endpoint"], token=tokens["refresh_token"]
    ).raise_for_status()
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.session.refresh_token(
            app.metadata["token_endpoint"], refresh_token=tokens["refresh_token"]
        )
    assert app.read() == 401


def test_it_learns_that_a_code_serves_once(app: App) -> None:
    redirect = app.connect()
    app.redeem(redirect)
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.redeem(redirect)
    assert app.read() == 401  # what the code gave is revoked with it
