"""What a proof of possession is held to (RFC 9449 4.3)."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from mynaportal_sim.jose import (
    JoseError,
    Json,
    Jws,
    PublicKey,
    b64url,
    parse_jwk,
    read_jws,
    verify,
)
from mynaportal_sim.oauth import instants
from mynaportal_sim.oauth.errors import (
    DPOP_ALGORITHMS,
    InvalidDpopProofError,
    UseDpopNonceError,
)
from mynaportal_sim.oauth.nonces import Nonces
from mynaportal_sim.oauth.trail import asked_by

TYPES = frozenset({"dpop+jwt"})
ALGORITHMS = frozenset(DPOP_ALGORITHMS.split())
# How old a proof may be (4.3-11); a used jti is remembered for as long.
AGE_MAX = timedelta(seconds=60)
JTI_MAX = 256
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """What a proof must be for: a method, a URL, and at a resource also a token."""

    method: str
    url: str
    access_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A proof that its key has signed, and what it must be for."""

    claims: Mapping[str, Json] = field(repr=False)
    target: Target
    nonces: Nonces
    now: datetime


@asked_by("RFC 9449 4.3-1", "There is not more than one DPoP header.")
def one_header(values: Sequence[str]) -> None:
    if len(values) > 1:
        raise InvalidDpopProofError("more than one DPoP header")


@asked_by("RFC 9449 4.3-2", "The header holds one JWT of typ dpop+jwt.")
def proof_is_jwt(text: str) -> Jws:
    return read_jws(text, TYPES)


@asked_by("RFC 9449 4.3-7", "Its header holds a public key, and no private one.")
def proof_brings_its_key(jws: Jws) -> PublicKey:
    return parse_jwk(jws.header.get("jwk"))


@asked_by("RFC 9449 4.3-5, 4.3-6", f"That key signed it, by one of {DPOP_ALGORITHMS}.")
def proof_is_signed(shown: tuple[Jws, PublicKey]) -> Mapping[str, Json]:
    jws, key = shown
    return verify(jws, key, ALGORITHMS)


@asked_by("RFC 9449 4.3-8", "htm is the method of the request.")
def method_is_this(seen: Seen) -> None:
    if seen.claims.get("htm") != seen.target.method:
        raise JoseError("htm is not the method of this request")


@asked_by("RFC 9449 4.3-9", "htu is the URL of the request, without query and fragment.")
def url_is_this(seen: Seen) -> None:
    htu = seen.claims.get("htu")
    if not isinstance(htu, str) or _normalised(htu) != _normalised(seen.target.url):
        raise JoseError("htu is not the URL of this request")


@asked_by("RFC 9449 4.3-12", "At a resource, ath is the hash of the access token.")
def token_is_this(seen: Seen) -> None:
    token = seen.target.access_token
    if token is None:
        return
    made = b64url(sha256(token.encode()).digest())
    if not hmac.compare_digest(made.encode(), str(seen.claims.get("ath")).encode()):
        raise JoseError("ath is not the hash of this access token")


@asked_by("RFC 9449 4.2", f"jti is there, with at most {JTI_MAX} characters.")
def proof_has_an_id(seen: Seen) -> None:
    jti = seen.claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        raise JoseError(f"jti must be a string of 1 to {JTI_MAX} characters")


@asked_by("FAPI 2.0 SP 5.3.2.1-13", "iat and nbf lie at most 10 seconds ahead.")
def proof_is_not_of_later(seen: Seen) -> None:
    instants.check_not_ahead(seen.claims, seen.now)


@asked_by("RFC 9449 4.3-11", f"iat is at most {AGE_MAX.seconds} seconds ago.")
def proof_is_fresh(seen: Seen) -> None:
    made_at = instants.instant(seen.claims, "iat")
    if made_at is None or made_at < seen.now - AGE_MAX:
        raise JoseError(f"iat must be at most {AGE_MAX.seconds} s ago")


@asked_by("RFC 7519 4.1.4", "exp, where it is there, has not passed.")
def proof_has_not_ended(seen: Seen) -> None:
    expires_at = instants.instant(seen.claims, "exp")
    if expires_at is not None and expires_at <= seen.now:
        raise JoseError("exp has passed")


@asked_by("RFC 9449 8, 9", "nonce, where it is sent or demanded, was given lately.")
def nonce_was_given(seen: Seen) -> None:
    nonce = seen.claims.get("nonce")
    if nonce is None and not seen.nonces.demanded:
        return
    if not isinstance(nonce, str) or not seen.nonces.knows(nonce, seen.now):
        raise UseDpopNonceError("use the nonce of the DPoP-Nonce header in a new proof")


CHECKS = (
    method_is_this,
    url_is_this,
    token_is_this,
    proof_has_an_id,
    proof_is_not_of_later,
    proof_is_fresh,
    proof_has_not_ended,
    nonce_was_given,
)


@lru_cache(maxsize=1024)
def _normalised(url: str) -> tuple[str, str | None, int | None, str]:
    """A URL without query and fragment, as far as RFC 3986 6.2.2 and 6.2.3 make URLs equal."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        raise JoseError("htu is not a URL") from None
    return parts.scheme, parts.hostname, port, unquote(parts.path) or "/"
