"""The two authorities: one signs certificates for user authentication, one for signatures.

An authority's certificate and key lie in one file, `<directory>/<kind>.pem`, mode 0600, so that
they are always a pair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import RSA_BITS, Kind
from mynaportal_sim.pki import pair, profiles
from mynaportal_sim.pki.errors import AuthorityFileError
from mynaportal_sim.pki.model import Order, Randomness, key_hash
from mynaportal_sim.pki.pair import Pair


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority: its self-signed certificate and its key."""

    kind: Kind
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        """The authority's certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_hash(self) -> bytes:
        """Which names the authority in the register of certificates."""
        return key_hash(self.certificate)

    def issue(self, order: Order, randomness: Randomness) -> x509.Certificate:
        """The certificate that `order` asks for."""
        return profiles.leaf(order, self.certificate, randomness).sign(self.key, SHA256())


Authorities = Mapping[Kind, Authority]


def create(kind: Kind, now: datetime, randomness: Randomness) -> Authority:
    """A new authority, good for ten years. Its key comes from the system's generator."""
    key = rsa.generate_private_key(profiles.PUBLIC_EXPONENT, RSA_BITS)
    builder = profiles.authority(kind, key.public_key(), now, randomness)
    return Authority(kind, builder.sign(key, SHA256()), key)


def save(directory: Path, authority: Authority) -> bool:
    """Write an authority's file whole or not at all; False when there is one already."""
    made = Pair(authority.certificate, authority.key)
    return pair.save(_path(directory, authority.kind), made)


def load(directory: Path, kind: Kind) -> Authority | None:
    """The authority for `kind` that lies in `directory`; None when it has none."""
    path = _path(directory, kind)
    found = pair.load(path)
    if found is None:
        return None
    if not isinstance(found.key, rsa.RSAPrivateKey):
        raise AuthorityFileError(path, "its key is no RSA key")
    return Authority(kind, found.certificate, found.key)


def ensure(directory: Path, now: datetime, randomness: Randomness) -> Authorities:
    """Both authorities in `directory`; those that are missing are made. Safe to call twice."""
    return {kind: _ensure(directory, kind, now, randomness) for kind in Kind}


def _ensure(directory: Path, kind: Kind, now: datetime, randomness: Randomness) -> Authority:
    if (found := load(directory, kind)) is not None:
        return found
    made = create(kind, now, randomness)
    if save(directory, made):
        return made
    return _ensure(directory, kind, now, randomness)


def _path(directory: Path, kind: Kind) -> Path:
    return directory / f"{kind}.pem"
