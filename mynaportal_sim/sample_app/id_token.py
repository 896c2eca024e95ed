"""Whom the portal says has logged in (OpenID Connect Core 3.1.3.7)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import jwt
from jwt.utils import base64url_encode

from mynaportal_sim.sample_app.errors import IdTokenError

ALGORITHM = "ES256"
LEEWAY = 60  # seconds by which the two clocks may differ

# PyJWT would compare with this machine's time; whoever calls knows the portal's.
_OPTIONS: jwt.types.Options = {
    "require": ["iss", "sub", "aud", "exp", "iat"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say to be for this login; after a refresh, `nonce` is None."""

    issuer: str
    client_id: str
    nonce: str | None = field(repr=False)
    access_token: str = field(repr=False)
    now: datetime


def subject(token: str, jwks: Mapping[str, object], expected: Expected) -> str:
    """The `sub` of an ID token that everything is right with.

    Args:
        jwks: the portal's JWK Set (RFC 7517 5).

    Raises:
        IdTokenError: something is not.
    """
    try:
        key = _key(jwt.get_unverified_header(token), jwks)
        claims = jwt.decode(
            token,
            key,
            [ALGORITHM],
            _OPTIONS,
            audience=expected.client_id,
            issuer=expected.issuer,
        )
    except jwt.PyJWTError as error:
        raise IdTokenError(str(error)) from None
    _check(claims, expected)
    return str(claims["sub"])


def _key(header: Mapping[str, object], jwks: Mapping[str, object]) -> jwt.PyJWK:
    for key in jwt.PyJWKSet.from_dict(dict(jwks)).keys:
        if key.key_id == header.get("kid") and key.algorithm_name == ALGORITHM:
            return key
    raise IdTokenError("no key of the portal's signed it")


def _check(claims: Mapping[str, object], expected: Expected) -> None:
    now = int(expected.now.timestamp())
    made_at, ends_at = claims["iat"], claims["exp"]
    if not isinstance(made_at, int) or not isinstance(ends_at, int):
        raise IdTokenError("iat and exp are whole seconds")
    if ends_at <= now - LEEWAY:
        raise IdTokenError("it has expired")
    if made_at > now + LEEWAY:
        raise IdTokenError("it is from the future")
    if isinstance(claims["aud"], list) and claims.get("azp") != expected.client_id:
        raise IdTokenError("it is for several clients and not issued to this one (azp)")
    if expected.nonce is not None and not _same(str(claims.get("nonce")), expected.nonce):
        raise IdTokenError("it answers another request (nonce)")
    half = base64url_encode(sha256(expected.access_token.encode()).digest()[:16]).decode()
    if not _same(str(claims.get("at_hash", half)), half):
        raise IdTokenError("it belongs to another access token (at_hash)")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
