"""An erasure, and certificates of it that an app signs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from consent.model import OnWithdrawal
from mynaportal_sim.erasure.certificate import Expected
from mynaportal_sim.erasure.faults import TYPE
from mynaportal_sim.erasure.model import ErasureCase, State
from mynaportal_sim.jose import PublicKey, parse_jwk
from mynaportal_sim.sample_app.relying_party import public_jwk

ISSUER = "https://portal.example"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENDED = NOON - timedelta(hours=1)
MONTH = timedelta(days=30)
RECIPIENT = "分析株式会社"
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
        "passed_on": (RECIPIENT,),
        "state": State.REQUESTED,
        "state_since": ENDED,
        **changed,
    }
    return ErasureCase(**fields)  # type: ignore[arg-type]  # tests name what they change


@dataclass(frozen=True)
class Signer:
    """An app, or a recipient, with its key."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        return (parse_jwk(dict(public_jwk(self.key))),)

    def expected(self, case: ErasureCase, **recipients: "Signer") -> Expected:
        """What is held against its certificate, where these recipients have keys."""
        known = {name: one.keys for name, one in recipients.items()}
        return Expected(case, ISSUER, self.keys, known)

    def sign(self, claims: Signed, **header: object) -> str:
        headers = {"typ": TYPE, "kid": public_jwk(self.key)["kid"], **header}
        return jwt.encode(claims, self.key, "ES256", headers)


def sworn(case: ErasureCase, name: str = RECIPIENT, at: datetime = NOON) -> Signed:
    """What a recipient certifies of all that it held."""
    own = {claim: value for claim, value in claims(case, at).items() if claim != "passed_on"}
    return {**own, "iss": name}


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
