"""What a stranger's JWS and JWK may be, read strictly (RFC 7515, 7517, 7519, 8725).

Whatever the bytes, reading either gives a value or raises JoseError, never anything else. Keys
come from where the caller keeps them: a header that brings its own (`jku`, `x5u`, `x5c`) or a
`crit` is refused, and `jwk` is looked at for the one kind of token that defines it (DPoP).
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from jwt import get_algorithm_by_name

from mynaportal_sim.errors import PortalError

JWS_LENGTH_MAX = 8192
JWK_LENGTH_MAX = 4096
RSA_BITS_MIN = 2048  # RFC 8725 3.5
RSA_BITS_MAX = 8192

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""What a JWK has of a private or symmetric key (RFC 7518 6.2.2, 6.3.2, 6.4; RFC 8037 2)."""
_FOREIGN_KEYS = frozenset({"jku", "x5u", "x5c"})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_NAMES = ("RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA")
_VERIFIERS = {name: get_algorithm_by_name(name) for name in _NAMES}

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class JoseError(PortalError):
    """A token or key is malformed, or is not what it should be; the text says in what way."""


class PrivateKeyError(JoseError):
    """A key that was to be public has its private half in it."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Somebody's public key, and the JWS algorithms it can verify.

    `thumbprint` is the RFC 7638 SHA-256 thumbprint in base64url.
    """

    key: EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey
    algorithms: frozenset[str]
    thumbprint: str
    kid: str | None = None

    def is_named(self, kid: str) -> bool:
        """Whether a header that says this `kid` means this key."""
        return kid in {self.kid, self.thumbprint}


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS whose signature nobody has looked at yet."""

    header: Mapping[str, Json]
    claims: Mapping[str, Json]
    algorithm: str
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def kid(self) -> str | None:
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else None


def b64url(data: bytes) -> str:
    """Unpadded base64url (RFC 7515 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """The bytes of unpadded base64url in its one canonical form. Raises JoseError."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise JoseError("not base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64url(data) != text:
        raise JoseError("base64url has stray bits at its end")
    return data


def strict_json(encoded: bytes) -> Json:
    """A JSON value with no member named twice, no NaN, no NUL and no half a surrogate pair.

    Raises:
        JoseError: the bytes are no such value.
    """
    try:
        value: Json = _DECODER.decode(encoded.decode())
        if b"\\u" in encoded and "\\u0000" in json.dumps(value, ensure_ascii=False):
            raise JoseError("a string holds U+0000")
        if b"\\u" in encoded:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise JoseError("not JSON") from error
    return value


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JoseError("a JSON member is given twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise JoseError(f"{name} is not JSON")


# json.loads would make one each time, which takes longer than reading a header.
_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)


def read_jws(
    token: str,
    types: Collection[str] | None = None,
    longest: int = JWS_LENGTH_MAX,
    *,
    names_key_set: bool = False,
) -> Jws:
    """The parts of a compact JWS, unverified, of which only who to ask for a key may be used.

    `types` are the accepted `typ` values in lower case; None takes any, or none. `longest` is
    for tokens that hold others. Where it `names_key_set`, the caller looks at `jku` itself.

    Raises:
        JoseError: the token is malformed, oversized, or its header asks for what is refused.
    """
    if len(token) > longest:
        raise JoseError(f"a token has at most {longest} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise JoseError("not a compact JWS: three parts joined by dots")
    foreign = _FOREIGN_KEYS - {"jku"} if names_key_set else _FOREIGN_KEYS
    header = _object(parts[0], "header")
    claims = _object(parts[1], "payload")
    return Jws(
        header,
        claims,
        _checked_algorithm(header, types, foreign),
        f"{parts[0]}.{parts[1]}".encode(),
        unb64url(parts[2]),
    )


def _object(part: str, name: str) -> dict[str, Json]:
    value = strict_json(unb64url(part))
    if not isinstance(value, dict):
        raise JoseError(f"the {name} is not a JSON object")
    return value


def _checked_algorithm(
    header: Mapping[str, Json], types: Collection[str] | None, foreign: frozenset[str]
) -> str:
    if "crit" in header or header.get("b64") is not None:
        raise JoseError("the header has an extension that is not understood")
    if not foreign.isdisjoint(header):
        raise JoseError("the header brings its own key (jku, x5u or x5c)")
    if types is not None and str(header.get("typ")).lower() not in types:
        raise JoseError(f"typ must be {' or '.join(types)}")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _VERIFIERS:
        raise JoseError("alg is none of those that are accepted")
    return algorithm


def verify(jws: Jws, key: PublicKey, algorithms: Collection[str]) -> Mapping[str, Json]:
    """The claims of `jws`, if `key` signed it by one of `algorithms` that this key is for.

    Raises:
        JoseError: it did not.
    """
    if jws.algorithm not in algorithms or jws.algorithm not in key.algorithms:
        raise JoseError(f"alg {jws.algorithm} is not accepted here")
    if not _VERIFIERS[jws.algorithm].verify(jws.signing_input, key.key, jws.signature):
        raise JoseError("the signature does not fit")
    return jws.claims


def parse_jwk(jwk: Json) -> PublicKey:
    """A public key: EC P-256 or P-384, RSA of 2048 to 8192 bits, or Ed25519.

    As JWKs are written (RFC 7517, 7518, 8037).

    `use` and `alg`, where given, must allow verifying signatures and narrow the algorithms.

    Raises:
        PrivateKeyError: the key is private or symmetric.
        JoseError: it is malformed, or of a kind that is not accepted.
    """
    if not isinstance(jwk, dict):
        raise JoseError("a JWK is a JSON object")
    if not PRIVATE_MEMBERS.isdisjoint(jwk):
        raise PrivateKeyError("the JWK holds a private key; give only the public half")
    kind = _KINDS.get(str(jwk.get("kty")))
    if kind is None:
        raise JoseError("kty is none of EC, RSA, OKP")
    required = {name: jwk.get(name) for name in kind}
    values = [value for value in required.values() if isinstance(value, str)]
    if len(values) != len(required) or sum(map(len, values)) > JWK_LENGTH_MAX:
        raise JoseError(f"a JWK of this kind has the strings {', '.join(kind)}")
    return _as_declared(_public_key(json.dumps(required, separators=(",", ":"))), jwk)


def _as_declared(public: PublicKey, jwk: dict[str, Json]) -> PublicKey:
    """`public` narrowed to what its JWK says it is for."""
    if jwk.get("use", "sig") != "sig":
        raise JoseError("the key is not for signatures (use)")
    algorithms = public.algorithms & {
        str(jwk.get("alg", algorithm)) for algorithm in public.algorithms
    }
    if not algorithms:
        raise JoseError("alg does not fit the key")
    kid = jwk.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise JoseError("kid is a string")
    if kid is None and algorithms == public.algorithms:
        return public
    return replace(public, algorithms=algorithms, kid=kid)


# RFC 7638 3.2: the members a thumbprint is over, in lexicographic order.
_KINDS: dict[str, tuple[str, ...]] = {
    "EC": ("crv", "kty", "x", "y"),
    "RSA": ("e", "kty", "n"),
    "OKP": ("crv", "kty", "x"),
}


# An app proves possession of the same key again and again; parsing costs as much as checking.
@lru_cache(maxsize=4096)
def _public_key(canonical: str) -> PublicKey:
    members: dict[str, str] = json.loads(canonical)
    thumbprint = b64url(sha256(canonical.encode()).digest())
    try:
        match members:
            case {"kty": "EC", "crv": "P-256", "x": x, "y": y}:
                point = EllipticCurvePublicNumbers(
                    _integer(x, exactly=32), _integer(y, exactly=32), SECP256R1()
                )
                return PublicKey(point.public_key(), frozenset({"ES256"}), thumbprint)
            case {"kty": "EC", "crv": "P-384", "x": x, "y": y}:
                point = EllipticCurvePublicNumbers(
                    _integer(x, exactly=48), _integer(y, exactly=48), SECP384R1()
                )
                return PublicKey(point.public_key(), frozenset({"ES384"}), thumbprint)
            case {"kty": "RSA", "n": n, "e": e}:
                modulus = _integer(n)
                if not RSA_BITS_MIN <= modulus.bit_length() <= RSA_BITS_MAX:
                    raise JoseError(f"an RSA key has {RSA_BITS_MIN} to {RSA_BITS_MAX} bits")
                key = RSAPublicNumbers(_integer(e), modulus).public_key()
                return PublicKey(key, frozenset({"RS256", "RS384", "PS256"}), thumbprint)
            case {"kty": "OKP", "crv": "Ed25519", "x": x}:
                edwards = Ed25519PublicKey.from_public_bytes(unb64url(x))
                return PublicKey(edwards, frozenset({"EdDSA"}), thumbprint)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise JoseError("the JWK is not a key") from error
    raise JoseError("crv is none of P-256, P-384, Ed25519")


def _integer(text: str, exactly: int | None = None) -> int:
    data = unb64url(text)
    if exactly is not None and len(data) != exactly:
        raise JoseError(f"a coordinate has {exactly} bytes")
    return int.from_bytes(data, "big")
