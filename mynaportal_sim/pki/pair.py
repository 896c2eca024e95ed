"""A certificate and its private key in one file, mode 0600, so that they are always a pair."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from card_reader.spec import UNREADABLE
from mynaportal_sim.files import write_private
from mynaportal_sim.pki.errors import AuthorityFileError

Key = RSAPrivateKey | EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with the key that it certifies."""

    certificate: x509.Certificate
    key: Key = field(repr=False)

    @property
    def pem(self) -> bytes:
        """What its file holds: the certificate, then the key."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.certificate.public_bytes(Encoding.PEM) + key


def save(path: Path, pair: Pair) -> bool:
    """Write a pair's file whole or not at all; False when there is one already."""
    return write_once(path, pair.pem)


def write_once(path: Path, content: bytes) -> bool:
    """Write a file, mode 0600, whole or not at all; False when there is one already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as private:
        whole = Path(private) / path.name
        write_private(whole, content)
        try:
            path.hardlink_to(whole)
        except FileExistsError:
            return False
    return True


def ensure(path: Path, make: Callable[[], Pair]) -> Pair:
    """The pair in a file, which is made where there is none; two who do so at once agree.

    Raises:
        AuthorityFileError: the file holds anything else.
    """
    if (found := load(path)) is not None:
        return found
    made = make()
    return made if save(path, made) else ensure(path, make)


def load(path: Path) -> Pair | None:
    """The pair in a file; None when there is no such file.

    Raises:
        AuthorityFileError: it holds anything else.
    """
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        # Our own file: that the key fits its certificate is checked below, its primes are not.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        certified = certificate.public_key()
    except UNREADABLE:
        raise AuthorityFileError(path, "not the certificate and key of an authority") from None
    if not isinstance(key, Key) or key.public_key() != certified:
        raise AuthorityFileError(path, "its key is not that of its certificate")
    return Pair(certificate, key)
