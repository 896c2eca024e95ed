"""The private halves of signing keys: files of mode 0600, named for the key's `kid`.

The key that a portal begins with is `token.pem`, which a strict portal is given.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mynaportal_sim.files import write_private
from mynaportal_sim.jose import b64url, parse_jwk
from mynaportal_sim.keys import KeyFileError
from mynaportal_sim.oauth.keys.errors import KeyFileUnfitError

ALGORITHM = "ES256"
FIRST = "token.pem"


class Pair(NamedTuple):
    """A private key, its `kid` and its public half as a JWK in JSON."""

    kid: str
    jwk: str
    private: ec.EllipticCurvePrivateKey


def pair(private: ec.EllipticCurvePrivateKey) -> Pair:
    """A P-256 key with what is published of it."""
    point = private.public_key().public_numbers()
    x, y = (b64url(part.to_bytes(32, "big")) for part in (point.x, point.y))
    bare = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    kid = parse_jwk(dict(bare)).thumbprint
    jwk = {**bare, "kid": kid, "use": "sig", "alg": ALGORITHM}
    return Pair(kid, json.dumps(jwk, separators=(",", ":")), private)


class KeyFiles:
    """The files in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def first(self, make: bool) -> Pair:
        """The key that a portal begins with, made where `make` allows it and there is none.

        Raises:
            KeyFileError: there is none, and it may not be made.
            KeyFileUnfitError: its file holds something else.
        """
        path = self._directory / FIRST
        if make and not path.exists():
            private = ec.generate_private_key(ec.SECP256R1())
            own = path.with_name(f"{path.name}.{os.getpid()}")
            write_private(own, _pem(private))
            with suppress(FileExistsError):  # another process was first: a link never replaces
                path.hardlink_to(own)
            own.unlink()
        return _read(path)

    def make(self) -> Pair:
        """A new key, on disk when this returns."""
        made = pair(ec.generate_private_key(ec.SECP256R1()))
        path = self._path(made.kid)
        write_private(path, _pem(made.private))
        owner = self._directory.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            # The portal runs as whoever owns the directory, and must be able to read this.
            os.chown(path, owner.st_uid, owner.st_gid)
        return made

    def load(self, kid: str) -> ec.EllipticCurvePrivateKey:
        """The private half of the key of this `kid`.

        Raises:
            KeyFileError: there is none.
            KeyFileUnfitError: its file holds something else.
        """
        path = self._path(kid)
        if path.exists():
            found = _read(path)
            if found.kid != kid:
                raise KeyFileUnfitError(f"{path}: it holds another key, {found.kid}")
            return found.private
        with suppress(KeyFileError):
            first = self.first(make=False)
            if first.kid == kid:
                return first.private
        raise KeyFileError(path, "there is no such key")

    def drop(self, kid: str) -> Path | None:
        """Delete the private half of a key, if it is here; the file, if that cannot be."""
        path = self._path(kid)
        with suppress(KeyFileError, KeyFileUnfitError):
            if self.first(make=False).kid == kid:
                path = self._directory / FIRST
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return path
        return None

    def _path(self, kid: str) -> Path:
        return self._directory / f"token-{kid}.pem"


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read(path: Path) -> Pair:
    try:
        loaded = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        hint = "`mynasim up` makes it in dev mode; a strict portal is given it"
        raise KeyFileError(path, f"there is no such key ({hint})") from None
    except OSError as error:
        raise KeyFileUnfitError(f"{path}: it cannot be read ({error.strerror})") from None
    except (ValueError, TypeError):
        raise KeyFileUnfitError(f"{path}: it holds no private key") from None
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.curve.name != "secp256r1":
        raise KeyFileUnfitError(f"{path}: tokens are signed by a P-256 key")
    return pair(loaded)
