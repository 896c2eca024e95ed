"""An ID token that anything is wrong with is not believed (OpenID Connect Core 3.1.3.7)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.utils import base64url_encode

from mynaportal_sim.sample_app.errors import IdTokenError
from mynaportal_sim.sample_app.id_token import Expected, subject
from mynaportal_sim.sample_app.relying_party import public_jwk

NOW = datetime(2030, 1, 1, tzinfo=UTC)  # not this machine's time: the portal's may be moved
SECONDS = int(NOW.timestamp())
KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
JWK = {**public_jwk(KEY), "alg": "ES256", "use": "sig"}
EXPECTED = Expected("https://portal.test", "app-1", "n-1", "access", NOW)
AT_HASH = base64url_encode(sha256(b"access").digest()[:16]).decode()
GOOD: Mapping[str, object] = {
    "iss": "https://portal.test",
    "sub": "someone",
    "aud": "app-1",
    "iat": SECONDS,
    "exp": SECONDS + 300,
    "nonce": "n-1",
    "at_hash": AT_HASH,
}


def _token(**changed: object) -> str:
    return _signed(KEY, **changed)


def _signed(key: ec.EllipticCurvePrivateKey, **changed: object) -> str:
    claims = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return jwt.encode(claims, key, "ES256", {"kid": JWK["kid"]})


def _read(token: str, expected: Expected = EXPECTED) -> str:
    return subject(token, {"keys": [JWK]}, expected)


def test_a_good_one_names_its_subject() -> None:
    assert _read(_token()) == "someone"
    assert _read(_token(aud=["app-1", "app-2"], azp="app-1")) == "someone"


def test_a_refreshed_one_needs_no_nonce() -> None:
    refreshed = Expected("https://portal.test", "app-1", None, "access", NOW)
    assert _read(_token(nonce=None), refreshed) == "someone"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"iss": "https://evil.test"}, id="issuer"),
        pytest.param({"aud": "app-2"}, id="audience"),
        pytest.param({"aud": ["app-1", "app-2"]}, id="several audiences without azp"),
        pytest.param({"nonce": "n-2"}, id="nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"exp": SECONDS - 61}, id="expired"),
        pytest.param({"exp": "soon"}, id="exp is no number"),
        pytest.param({"exp": None}, id="no exp"),
        pytest.param({"iat": SECONDS + 61}, id="from the future"),
        pytest.param({"sub": None}, id="no subject"),
        pytest.param({"at_hash": "x"}, id="another access token's"),
    ],
)
def test_a_wrong_claim(changed: dict[str, object]) -> None:
    with pytest.raises(IdTokenError):
        _read(_token(**changed))


def test_a_wrong_signature_key_or_algorithm() -> None:
    unsigned = jwt.encode(dict(GOOD), "", "none", {"kid": JWK["kid"]})
    by_secret = jwt.encode(dict(GOOD), "k" * 32, "HS256", {"kid": JWK["kid"]})
    nameless = jwt.encode(dict(GOOD), KEY, "ES256", {"kid": "unknown"})
    for token in (_signed(OTHER_KEY), unsigned, by_secret, nameless, "no token", ""):
        with pytest.raises(IdTokenError):
            _read(token)
