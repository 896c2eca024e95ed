"""An erasure, and certificates of it that an app signs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from consent.model import OnWithdrawal
from mynaportal_sim.erasure.certificate import TYPE, Expected
from mynaportal_sim.erasure.model import ErasureCase, State
from mynaportal_sim.jose import parse_jwk
from mynaportal_sim.sample_app.relying_party import public_jwk

ISSUER = "https://portal.example"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENDED = NOON - timedelta(hours=1)
MONTH = timedelta(days=30)
Signed = dict[str, object]


def a_case(**changed: object) -> ErasureCase:
    """An app must erase check-ups that it could pass on to one other."""
    fields: dict[str, object] = {
        "version_id": UUID(int=2),
        "arrangement_id": UUID(int=1),
        "app_id": "app-1",
        "app_name": "歩く手帳",
        "holder": b"h" * 32,
        "ended": "withdrawn",
        "ended_at": ENDED,
        "on_end": OnWithdrawal.DELETE,
        "due_at": ENDED + MONTH,
        "categories": ("checkup", "medication"),
        "passed_on": ("分析株式会社",),
        "state": State.REQUESTED,
        "state_since": ENDED,
        **changed,
    }
    return ErasureCase(**fields)  # type: ignore[arg-type]  # tests name what they change


@dataclass(frozen=True)
class Signer:
    """An app with its key."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def expected(self, case: ErasureCase) -> Expected:
        jwk = public_jwk(self.key)
        return Expected(case, ISSUER, (parse_jwk({name: jwk[name] for name in jwk}),))

    def sign(self, claims: Signed, **header: object) -> str:
        headers = {"typ": TYPE, "kid": public_jwk(self.key)["kid"], **header}
        return jwt.encode(claims, self.key, "ES256", headers)


def claims(case: ErasureCase, at: datetime = NOON, issuer: str = ISSUER) -> Signed:
    """What answers for the whole of `case`."""
    seconds = int(at.timestamp())
    return {
        "iss": case.app_id,
        "aud": issuer,
        "iat": seconds,
        "arrangement": str(case.arrangement_id),
        "consent_version": str(case.version_id),
        "erased_at": seconds,
        "method": "deleted",
        "counts": dict.fromkeys(case.categories, 3),
        "derived": "erased",
        "passed_on": [{"name": name, "erased_at": seconds} for name in case.passed_on],
    }
