"""The key that signs tokens, and the key set that says so to the world."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.api_jws import PyJWS

from consent.token import SigningKey
from mynaportal_sim.errors import PortalError
from mynaportal_sim.files import write_private
from mynaportal_sim.jose import Json, b64url, parse_jwk
from mynaportal_sim.keys import TOKEN

ALGORITHM = "ES256"
_JWS = PyJWS(algorithms=[ALGORITHM])


class TokenKeyError(PortalError):
    """The file holds no P-256 key; the text names the file."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The active key, and every public key whose signatures still count, by `kid`.

    A `kid` is the key's RFC 7638 thumbprint. `jwks` is the key set as JSON (RFC 7517 5).
    """

    active: SigningKey
    public: Mapping[str, ec.EllipticCurvePublicKey] = field(repr=False)
    jwks: bytes = field(repr=False)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """The ring whose key lies in `directory` as token.pem, made there on first use (0600).

        Raises:
            TokenKeyError: the file is there and holds something else.
        """
        path = directory / TOKEN
        if not path.exists():
            _create(path)
        try:
            loaded = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError):
            raise TokenKeyError(f"{path}: it holds no private key") from None
        if (
            not isinstance(loaded, ec.EllipticCurvePrivateKey)
            or loaded.curve.name != "secp256r1"
        ):
            raise TokenKeyError(f"{path}: tokens are signed by a P-256 key")
        return cls.of(loaded)

    @classmethod
    def of(cls, key: ec.EllipticCurvePrivateKey) -> Self:
        """The ring of one key."""
        public = key.public_key()
        kid = parse_jwk(dict(_jwk(public))).thumbprint
        jwk = {**_jwk(public), "kid": kid, "use": "sig", "alg": ALGORITHM}
        jwks = json.dumps({"keys": [jwk]}, separators=(",", ":")).encode()
        return cls(SigningKey(kid, key), {kid: public}, jwks)

    def sign(self, claims: Mapping[str, Json], typ: str = "JWT") -> str:
        """A compact JWS over `claims` by the active key."""
        payload = json.dumps(claims, separators=(",", ":")).encode()
        headers = {"typ": typ, "kid": self.active.kid}
        return _JWS.encode(payload, self.active.private, algorithm=ALGORITHM, headers=headers)


def _create(path: Path) -> None:
    """Make a key at `path`, unless another process is first: a link never replaces."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = path.with_name(f"{path.name}.{os.getpid()}")
    write_private(own, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with suppress(FileExistsError):
        path.hardlink_to(own)
    own.unlink()


def _jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    point = key.public_numbers()
    x, y = (b64url(part.to_bytes(32, "big")) for part in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}
