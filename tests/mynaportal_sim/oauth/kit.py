"""An app with its keys, on a clock that stands still, and what it signs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_urlsafe

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.apps.model import App
from mynaportal_sim.clock import Clock
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth.checks.assertion import TYPE as ASSERTION_TYPE

NOW = datetime(2026, 11, 23, 6, 0, 0, 400_000, UTC)
ISSUER = "http://localhost:8400"
QUERY_AND_REVOKE = "grant_management_query grant_management_revoke"
CALLBACK = "https://app.example/callback"
DETAILS = [
    {
        "type": "phr_access",
        "categories": ["checkup", "medication"],
        "period": {"from": "2022-01-01", "to": "2026-12-31"},
        "purpose": "self-care",
        "recipients": ["健康ノート株式会社"],
    }
]

Claims = dict[str, object]
Form = dict[str, str]


class SetClock(Clock):
    """A clock that stands still until a test sets it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = NOW

    def now(self) -> datetime:
        return self.time


def public_jwk(key: ec.EllipticCurvePrivateKey, **more: str) -> dict[str, str]:
    point = key.public_key().public_numbers()
    x, y = (b64url(part.to_bytes(32, "big")) for part in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, **more}


@dataclass
class AppKit:
    """An app with its private keys; what it signs can be spoilt by naming claims."""

    app: App
    clock: SetClock
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    dpop_key: ec.EllipticCurvePrivateKey = field(repr=False)
    verifier: str = field(default_factory=lambda: token_urlsafe(48))
    kid: str | None = None  # which its assertions name

    @property
    def client_id(self) -> str:
        return self.app.client_id

    def assertion(self, **spoilt: object) -> str:
        return self.headed({}, **spoilt)

    def headed(self, header: Mapping[str, object], /, **spoilt: object) -> str:
        """An assertion with more in its header."""
        now = int(self.clock.now().timestamp())
        claims: Claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": token_urlsafe(16),
            **spoilt,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        named = {"kid": self.kid} if self.kid else {}
        return jwt.encode(kept, self.key, "ES256", {**named, **header})

    def signed(self, form: Mapping[str, str], assertion: str | None = None) -> Form:
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
            **form,
        }

    def proof(
        self,
        url: str,
        method: str = "POST",
        access_token: str | None = None,
        header: Mapping[str, object] | None = None,
        **spoilt: object,
    ) -> dict[str, str]:
        claims: Claims = {
            "htm": method,
            "htu": url,
            "iat": int(self.clock.now().timestamp()),
            "jti": token_urlsafe(16),
        }
        if access_token is not None:
            claims["ath"] = b64url(sha256(access_token.encode()).digest())
        kept = {
            name: value for name, value in {**claims, **spoilt}.items() if value is not None
        }
        headers = {"typ": "dpop+jwt", "jwk": public_jwk(self.dpop_key), **(header or {})}
        return {"DPoP": jwt.encode(kept, self.dpop_key, "ES256", headers)}

    def request(self, **spoilt: str | None) -> Form:
        form = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid patient/Observation.rs patient/MedicationDispense.rs",
            "state": "s" * 1500,
            "nonce": "n" * 64,
            "code_challenge": b64url(sha256(self.verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "authorization_details": json.dumps(DETAILS, ensure_ascii=False),
            **spoilt,
        }
        return {name: value for name, value in form.items() if value is not None}

    def launch(self, scope: str, /, **spoilt: str | None) -> Form:
        """What an app of the profile smart asks for as it launches by itself."""
        own = {"aud": f"{ISSUER}/fhir", "authorization_details": None}
        return self.request(**{"scope": scope, **own, **spoilt})

    def redemption(self, code: str, **spoilt: str) -> Form:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **spoilt,
        }


def ahead(kit: AppKit, seconds: int) -> int:
    return int(kit.clock.now().timestamp()) + seconds
