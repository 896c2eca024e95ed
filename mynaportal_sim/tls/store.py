"""The root and the servers' certificates of a data directory, made and renewed where they lie.

authority.pem   the root and its key, 0600      root.pem   the root, to be trusted by clients
portal.pem  sample-app.pem   a server's certificate and key, 0600, each with a key of its own
former/   roots that others took the place of, to be taken out of the stores that trust them
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mynaportal_sim.files import write_private
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import pair
from mynaportal_sim.pki.errors import AuthorityFileError
from mynaportal_sim.pki.pair import Pair
from mynaportal_sim.tls import profiles
from mynaportal_sim.tls.errors import RootFileError
from mynaportal_sim.tls.names import LOOPBACK, Names

RENEWED_BEFORE = timedelta(days=30)
PORTAL, SAMPLE_APP = "portal.pem", "sample-app.pem"
_KEPT, _ROOT, _FORMER = "authority.pem", "root.pem", "former"


@dataclass(frozen=True, slots=True)
class Root:
    """A root, and the file that clients are given to trust it."""

    certificate: x509.Certificate
    path: Path

    @property
    def pem(self) -> bytes:
        """The certificate as clients take it."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def sha256(self) -> str:
        """The certificate's fingerprint, in lower case hex."""
        return self.certificate.fingerprint(SHA256()).hex()

    @property
    def name(self) -> str:
        """What people find it under in a browser's list."""
        [name] = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(name.value)

    @property
    def names(self) -> Names:
        """What it may sign for."""
        return Names.in_root(self.certificate)


def root_file(directory: Path) -> Path | None:
    """The file with the root to trust; None where there is no root yet."""
    path = directory / _ROOT
    return path if path.exists() else None


def root(directory: Path) -> Root | None:
    """The root that lies in `directory`; None where there is none yet.

    Raises:
        RootFileError: its file is damaged.
    """
    found = _load(directory)
    return None if found is None else Root(found.certificate, directory / _ROOT)


def ensure_root(
    directory: Path, hosts: Iterable[str], now: datetime, randomness: Randomness
) -> Root:
    """The root for loopback and for `hosts`; made, or replaced, if there is none that serves.

    One serves that may sign for all of them and outlives a certificate that is made now. What
    takes its place may sign for all that it might.

    Args:
        now: the real time.

    Raises:
        RootFileError: the file of the root is damaged.
    """
    wanted = Names.of((*LOOPBACK, *hosts))
    found = _load(directory)
    if found is not None:
        may = Names.in_root(found.certificate)
        if wanted <= may and _lasts(found.certificate, now, profiles.LEAF_FOR):
            return _published(directory, found)
        wanted |= may
        former = Root(found.certificate, directory)
        write_private(directory / _FORMER / f"{former.sha256}.pem", former.pem)
    made = _new_root(wanted, now, randomness)
    if found is not None:
        write_private(directory / _KEPT, made.pem)
    elif not pair.save(directory / _KEPT, made):
        return ensure_root(directory, hosts, now, randomness)  # another was quicker
    return _published(directory, made)


def ensure_leaf(
    directory: Path, name: str, hosts: Iterable[str], now: datetime, randomness: Randomness
) -> Path:
    """The file of a server's certificate and key for exactly `hosts`; renewed when it is due.

    Args:
        name: PORTAL or SAMPLE_APP.
        now: the real time.

    Raises:
        RootFileError: the file of the root is damaged, or there is none.
    """
    path, wanted = directory / name, Names.of(hosts)
    issuer = _load(directory)
    if issuer is None:
        raise RootFileError(directory / _KEPT)
    found = _leaf(path)
    if found is None or not _serves(found.certificate, issuer.certificate, wanted, now):
        write_private(path, _new_leaf(issuer, wanted, now, randomness).pem)
    return path


def leaf(directory: Path, name: str) -> x509.Certificate | None:
    """A server's certificate; None where there is none, or none that serves."""
    found = _leaf(directory / name)
    return None if found is None else found.certificate


def with_keys(directory: Path) -> list[Path]:
    """The files that nobody but their owner may read."""
    return [path for path in sorted(directory.glob("*.pem")) if path.name != _ROOT]


def former_roots(directory: Path) -> list[Root]:
    """Roots that others took the place of, by their fingerprints."""
    paths = sorted((directory / _FORMER).glob("*.pem"))
    return [Root(x509.load_pem_x509_certificate(path.read_bytes()), path) for path in paths]


def _load(directory: Path) -> Pair | None:
    path = directory / _KEPT
    try:
        return pair.load(path)
    except AuthorityFileError:
        raise RootFileError(path) from None


def _leaf(path: Path) -> Pair | None:
    try:
        return pair.load(path)
    except AuthorityFileError:
        return None  # nothing is lost with it


def _published(directory: Path, kept: Pair) -> Root:
    """The root, its certificate beside its key so that it can be handed out alone."""
    found = Root(kept.certificate, directory / _ROOT)
    if not found.path.exists() or found.path.read_bytes() != found.pem:
        write_private(found.path, found.pem)
    return found


def _lasts(certificate: x509.Certificate, now: datetime, time: timedelta) -> bool:
    begun = certificate.not_valid_before_utc <= now
    return begun and certificate.not_valid_after_utc >= now + time


def _serves(
    certificate: x509.Certificate, issuer: x509.Certificate, wanted: Names, now: datetime
) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return Names.in_leaf(certificate) == wanted and _lasts(certificate, now, RENEWED_BEFORE)


def _new_root(names: Names, now: datetime, randomness: Randomness) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    return Pair(
        profiles.root(key.public_key(), names, now, randomness).sign(key, SHA256()), key
    )


def _new_leaf(issuer: Pair, names: Names, now: datetime, randomness: Randomness) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = profiles.leaf(key.public_key(), issuer.certificate, names, now, randomness)
    return Pair(builder.sign(issuer.key, SHA256()), key)
