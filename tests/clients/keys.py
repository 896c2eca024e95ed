"""An app's key as clients of others take it."""

import json

import jwt

from mynaportal_sim.sample_app.relying_party import RelyingParty, public_jwk


def private_jwk(app: RelyingParty) -> dict[str, str]:
    """The private JWK of an app, under the `kid` that it is registered with."""
    private: dict[str, str] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(app.key))
    return {**private, "kid": public_jwk(app.key)["kid"], "alg": "ES256"}
