"""The consent token: a JWT access token (RFC 9068) derived from one consent version.

It lives 300 seconds at most, never longer than its consent, and is only a pointer: whoever
accepts it still reads the consent, since a consent may end before its token does.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique
from functools import lru_cache
from typing import Any, NamedTuple, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from jwt import get_algorithm_by_name
from jwt.api_jws import PyJWS

from consent.errors import NotInForceError
from consent.instants import instant, seconds
from consent.model import ConsentVersion, Status
from consent.model.granted import Detail, granted_details

LIFETIME = timedelta(seconds=300)
# Workers may read their clocks a moment apart.
CLOCK_SKEW = timedelta(seconds=5)
LENGTH_MAX = 16_384

_ALGORITHM = "ES256"
_TYPE = "at+jwt"
_ACCEPTED_TYPES = frozenset({_TYPE, f"application/{_TYPE}"})
_JWS = PyJWS(algorithms=[_ALGORITHM])
_ES256 = get_algorithm_by_name(_ALGORITHM)


@unique
class Rejection(StrEnum):
    """Why a token is not accepted, in the order in which it is looked at."""

    MALFORMED = "malformed"
    TYPE = "type"
    ALGORITHM = "algorithm"
    KEY = "key"
    SIGNATURE = "signature"
    CLAIM = "claim"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    NOT_YET = "not_yet"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A token that is not accepted; `claim` names the claim at fault, if one is."""

    reason: Rejection
    claim: str = ""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A P-256 key and the `kid` under which its public half is published."""

    kid: str
    private: ec.EllipticCurvePrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issuance:
    """What the authorization server knows of one issuance beside the consent.

    `jkt` is the SHA-256 thumbprint of the app's DPoP key (RFC 9449 6.1); None issues a bearer
    token.
    """

    issuer: str
    subject: str
    audience: str
    jti: str
    scope: str
    auth_time: datetime
    acr: str
    jkt: str | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a consent token (RFC 9068 2.2), instants in whole seconds."""

    issuer: str
    subject: str
    audience: str
    client_id: str
    issued_at: datetime
    expires_at: datetime
    jti: str
    scope: str
    authorization_details: tuple[Detail, ...]
    auth_time: datetime
    acr: str
    arrangement_id: UUID
    version_id: UUID
    jkt: str | None

    @property
    def purpose(self) -> str | None:
        """The code of the purpose it was issued for, which all its details share."""
        return next(
            (str(one["purpose"]) for one in self.authorization_details if "purpose" in one),
            None,
        )

    @classmethod
    def derive(cls, version: ConsentVersion, issuance: Issuance, now: datetime) -> Self:
        """The token that `version` gives at `now`.

        Raises NotInForceError unless the version is granted and has a second left to run.
        """
        issued_at = now.replace(microsecond=0)
        expires_at = min(issued_at + LIFETIME, version.gives_until.replace(microsecond=0))
        status = version.status(now)
        if status is not Status.GRANTED or expires_at <= issued_at:
            raise NotInForceError(version.id, status)
        return cls(
            issuer=issuance.issuer,
            subject=issuance.subject,
            audience=issuance.audience,
            client_id=version.app_id,
            issued_at=issued_at,
            expires_at=expires_at,
            jti=issuance.jti,
            scope=issuance.scope,
            authorization_details=granted_details(version.terms),
            auth_time=issuance.auth_time.replace(microsecond=0),
            acr=issuance.acr,
            arrangement_id=version.arrangement_id,
            version_id=version.id,
            jkt=issuance.jkt,
        )


# Any, here and below: claims are what a stranger wrote, until _read has typed each of them.
def _details(written: list[Any]) -> tuple[Detail, ...]:
    if not all(isinstance(detail, dict) and "type" in detail for detail in written):
        raise ValueError("an authorization detail is an object with a type (RFC 9396 2)")
    return tuple(written)


class _Claim(NamedTuple):
    """A required claim: its name and JSON type, and its field of AccessToken."""

    name: str
    field: str
    kind: type = str
    read: Callable[[Any], object] = str
    write: Callable[[Any], object] = str


_CLAIMS = (
    _Claim("iss", "issuer"),
    _Claim("sub", "subject"),
    _Claim("aud", "audience"),
    _Claim("client_id", "client_id"),
    _Claim("iat", "issued_at", int, instant, seconds),
    _Claim("exp", "expires_at", int, instant, seconds),
    _Claim("jti", "jti"),
    _Claim("scope", "scope"),
    _Claim("authorization_details", "authorization_details", list, _details, list),
    _Claim("auth_time", "auth_time", int, instant, seconds),
    _Claim("acr", "acr"),
    _Claim("arrangement", "arrangement_id", str, UUID),
    _Claim("consent_version", "version_id", str, UUID),
)


def mint(token: AccessToken, key: SigningKey) -> str:
    """`token` as a compact JWS, signed with ES256."""
    claims = {claim.name: claim.write(getattr(token, claim.field)) for claim in _CLAIMS}
    if token.jkt is not None:
        claims["cnf"] = {"jkt": token.jkt}
    payload = json.dumps(claims, separators=(",", ":")).encode()
    headers = {"typ": _TYPE, "kid": key.kid}
    return _JWS.encode(payload, key.private, algorithm=_ALGORITHM, headers=headers)


def verify(
    token: str,
    keys: Mapping[str, ec.EllipticCurvePublicKey],
    issuer: str,
    audience: str,
    now: datetime,
) -> AccessToken | Rejected:
    """The claims of `token`, if `issuer` signed it for `audience` and it holds at `now`.

    `keys` are the issuer's, by `kid`. No string makes this raise (RFC 9068 4).
    """
    claims = signed_claims(token, keys)
    if isinstance(claims, Rejected):
        return claims
    read = _read(claims)
    if isinstance(read, Rejected):
        return read
    return _misplaced(read, issuer, audience, now) or read


def signed_claims(
    token: str, keys: Mapping[str, ec.EllipticCurvePublicKey]
) -> dict[str, Any] | Rejected:
    """What a token of this type says that one of `keys` has signed, whatever that is.

    No string makes this raise.
    """
    if len(token) > LENGTH_MAX or not token.isascii():
        return Rejected(Rejection.MALFORMED)
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    kid = _key_id(header)
    if isinstance(kid, Rejection):
        return Rejected(kid)
    key = keys.get(kid)
    if key is None:
        return Rejected(Rejection.KEY)
    if not _is_signed(signed, signature, key):
        return Rejected(Rejection.SIGNATURE)
    return _json_object(payload)


# A server's own tokens share a header, so in the usual case this is one look-up.
@lru_cache(maxsize=64)
def _key_id(header: str) -> str | Rejection:
    """The `kid` of an encoded JOSE header that is one of ours."""
    fields = _json_object(header)
    if not fields:
        return Rejection.MALFORMED
    if str(fields.get("typ")).lower() not in _ACCEPTED_TYPES:
        return Rejection.TYPE
    if fields.get("alg") != _ALGORITHM:
        return Rejection.ALGORITHM
    if "crit" in fields or "b64" in fields:
        return Rejection.SIGNATURE  # made by other rules than ours (RFC 7515 4.1.11, RFC 7797)
    kid = fields.get("kid")
    return kid if isinstance(kid, str) else Rejection.KEY


# Not PyJWS.decode: it looks at each character in Python, longer than all else takes here. That
# header and payload are base64url follows from the signature; its own text must be canonical,
# or one token could be written in several ways.
def _is_signed(signed: str, signature: str, key: ec.EllipticCurvePublicKey) -> bool:
    try:
        by = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except ValueError:
        return False
    canonical = urlsafe_b64encode(by).rstrip(b"=") == signature.encode()
    return canonical and _ES256.verify(signed.encode(), key, by)


def _json_object(encoded: str) -> dict[str, Any]:
    """The JSON object that a part of a token holds, an empty one if it holds none."""
    try:
        decoded = json.loads(urlsafe_b64decode(encoded + "=="))
    except (ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _read(claims: dict[str, Any]) -> AccessToken | Rejected:
    fields: dict[str, Any] = {"jkt": None}
    for claim in _CLAIMS:
        written = claims.get(claim.name)
        if type(written) is not claim.kind:
            return Rejected(Rejection.CLAIM, claim.name)
        try:
            fields[claim.field] = claim.read(written)
        except (ValueError, OverflowError, OSError):
            return Rejected(Rejection.CLAIM, claim.name)
    if "cnf" in claims:
        confirmation = claims["cnf"]
        if not (isinstance(confirmation, dict) and type(confirmation.get("jkt")) is str):
            return Rejected(Rejection.CLAIM, "cnf")
        fields["jkt"] = confirmation["jkt"]
    return AccessToken(**fields)


def _misplaced(
    token: AccessToken, issuer: str, audience: str, now: datetime
) -> Rejected | None:
    """Why a well-formed token does not hold here and now."""
    if token.issuer != issuer:
        return Rejected(Rejection.ISSUER, "iss")
    if token.audience != audience:
        return Rejected(Rejection.AUDIENCE, "aud")
    if token.issued_at > now + CLOCK_SKEW:
        return Rejected(Rejection.NOT_YET, "iat")
    if token.expires_at <= now:
        return Rejected(Rejection.EXPIRED, "exp")
    return None
