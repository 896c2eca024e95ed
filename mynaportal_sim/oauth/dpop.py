"""Demonstrating proof of possession (RFC 9449).

A proof is verified before the unit of work, and used up inside it, together with what it was
presented for.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from fastapi import Request
from sqlalchemy import Connection

from mynaportal_sim import once
from mynaportal_sim.jose import JoseError, Json, PublicKey, b64url, parse_jwk, read_jws, verify
from mynaportal_sim.oauth import instants
from mynaportal_sim.oauth.errors import DPOP_ALGORITHMS, InvalidDpopProofError

TYPES = frozenset({"dpop+jwt"})
ALGORITHMS = frozenset(DPOP_ALGORITHMS.split())
# How old a proof may be (4.3-11); a used jti is remembered for as long.
AGE_MAX = timedelta(seconds=60)
JTI_MAX = 256
KIND = "dpop"
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds, still to be used up. `jkt` is the key's thumbprint (6.1)."""

    jkt: str
    jti: str = field(repr=False)
    expires_at: datetime

    @property
    def value(self) -> str:
        """What must be used only once: a jti is the key holder's own (11.1)."""
        return f"{self.jkt} {self.jti}"

    def use_up(self, connection: Connection) -> InvalidDpopProofError | None:
        """Take the proof for this one use; the refusal if it was used before."""
        if once.burn(connection, KIND, self.value, self.expires_at):
            return None
        return InvalidDpopProofError("this DPoP proof (jti) was used before")


@dataclass(frozen=True, slots=True)
class Target:
    """What a proof must be for: a method, a URL, and at a resource also a token."""

    method: str
    url: str
    access_token: str | None = None


def header(request: Request) -> str | None:
    """The DPoP header, None when there is none. Raises InvalidDpopProofError for several."""
    values = request.headers.getlist("dpop")
    if len(values) > 1:
        raise InvalidDpopProofError("more than one DPoP header")
    return values[0] if values else None


def check(text: str, target: Target, now: datetime) -> Proof:
    """The proof in a DPoP header, if it is one for `target` at `now` (4.3).

    Raises:
        InvalidDpopProofError: it is not.
    """
    try:
        return _checked(text, target, now)
    except JoseError as error:
        raise InvalidDpopProofError(f"DPoP proof: {error}") from None


def _checked(text: str, target: Target, now: datetime) -> Proof:
    jws = read_jws(text, TYPES)
    key: PublicKey = parse_jwk(jws.header.get("jwk"))
    claims = verify(jws, key, ALGORITHMS)
    if claims.get("htm") != target.method:
        raise JoseError("htm is not the method of this request")
    htu = claims.get("htu")
    if not isinstance(htu, str) or _normalised(htu) != _normalised(target.url):
        raise JoseError("htu is not the URL of this request")
    _check_token(claims, target.access_token)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        raise JoseError(f"jti must be a string of 1 to {JTI_MAX} characters")
    return Proof(key.thumbprint, jti, _good_until(claims, now))


def _good_until(claims: Mapping[str, Json], now: datetime) -> datetime:
    instants.check_not_ahead(claims, now)
    made_at = instants.instant(claims, "iat")
    if made_at is None or made_at < now - AGE_MAX:
        raise JoseError(f"iat must be at most {AGE_MAX.seconds} s ago")
    expires_at = instants.instant(claims, "exp")
    if expires_at is not None and expires_at <= now:
        raise JoseError("exp has passed")
    return made_at + AGE_MAX


def _check_token(claims: Mapping[str, Json], access_token: str | None) -> None:
    if access_token is None:
        return
    made = b64url(sha256(access_token.encode()).digest())
    if not hmac.compare_digest(made.encode(), str(claims.get("ath")).encode()):
        raise JoseError("ath is not the hash of this access token")


@lru_cache(maxsize=1024)
def _normalised(url: str) -> tuple[str, str | None, int | None, str]:
    """A URL without query and fragment, as far as RFC 3986 6.2.2 and 6.2.3 make URLs equal."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        raise JoseError("htu is not a URL") from None
    return parts.scheme, parts.hostname, port, unquote(parts.path) or "/"
