"""Proof Key for Code Exchange (RFC 7636), method S256 only."""

import hmac
import re
from hashlib import sha256

from mynaportal_sim.jose import b64url

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Whether `text` can be the S256 challenge of any verifier (4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def matches(verifier: str, challenge: str) -> bool:
    """Whether `challenge` was made from `verifier`; malformed verifiers match nothing (4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = b64url(sha256(verifier.encode()).digest())
    return hmac.compare_digest(made.encode(), challenge.encode())
