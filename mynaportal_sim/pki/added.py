"""Anchors that a person has added: authorities of real cards, or of another simulator.

Each lies in a file of its own, mode 0600, that is named for the SHA-256 of its certificate, so
that one is added or removed whole or not at all. They are trusted for logins alone.
"""

from collections.abc import Container
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import UNREADABLE, is_marked
from mynaportal_sim.files import sync_folder, write_private
from mynaportal_sim.pki.certificate import Anchor, Leaf
from mynaportal_sim.pki.errors import AnchorFileError, MalformedCertificateError
from mynaportal_sim.pki.profiles import JPKI_POLICIES, POLICIES
from mynaportal_sim.pki.suites import suite_of

FOLDER = "anchors"
"""Where they lie in a data directory."""
_PEM = b"-----BEGIN"


def anchor_of(der: bytes) -> Anchor:
    """The anchor that a DER certificate is, for logins under the policies of its kind.

    Whose mark says that it is a simulation issues under the simulation's, any other under
    JPKI's.

    Raises:
        MalformedCertificateError: it is not one X.509 v3 certificate in strict DER, or its key
            is of no suite that is known here.
    """
    leaf = Leaf.parse(der)
    suite = suite_of(leaf.key)
    if suite is None or leaf.certificate.signature_algorithm_oid != suite.signature:
        raise MalformedCertificateError("its key is none that an authority of cards has")
    return Anchor.of(leaf.certificate, POLICIES if is_marked(der) else JPKI_POLICIES)


def der_of(content: bytes) -> bytes:
    """The one certificate that a file holds, in DER or in PEM, as DER.

    Raises:
        MalformedCertificateError: a PEM file holds none, or more than one.
    """
    if not content.lstrip().startswith(_PEM):
        return content
    try:
        [certificate] = x509.load_pem_x509_certificates(content)
    except UNREADABLE as error:
        raise MalformedCertificateError(f"not one certificate in PEM: {error}") from None
    return der(certificate)


def why_not(anchor: Anchor, own: Container[bytes], now: datetime) -> str | None:
    """What speaks against adding an anchor; `own` are the keys of this portal's authorities."""
    certificate = anchor.certificate
    if anchor.key_hash in own:
        return "it is an authority of this portal, which trusts it anyhow"
    if not anchor.may_issue:
        return "it is no certification authority's"
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature):
        return "its own key did not sign it, so that it is no root"
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return "it is not valid now"
    return None


def fingerprint(certificate: x509.Certificate) -> str:
    """Hex SHA-256 of a certificate, by which people compare it and its file is named."""
    return sha256(der(certificate)).hexdigest()


def der(certificate: x509.Certificate) -> bytes:
    """A certificate as its authority signed it."""
    return certificate.public_bytes(Encoding.DER)


def add(directory: Path, certificate: x509.Certificate) -> None:
    """Trust an authority from now on; again is the same as once."""
    write_private(_path(directory, fingerprint(certificate)), der(certificate))


def remove(directory: Path, wanted: str) -> bool:
    """Trust the authority with this fingerprint no longer; False when it was not there."""
    try:
        _path(directory, wanted).unlink()
    except FileNotFoundError:
        return False
    sync_folder(directory)
    return True


def load_all(directory: Path) -> tuple[Anchor, ...]:
    """The anchors in `directory`, in the order of their fingerprints.

    Raises:
        AnchorFileError: one of the files is not what it is named for.
    """
    found = []
    for path in sorted(directory.glob("*.der")):
        with suppress(FileNotFoundError):  # removed in this moment
            found.append(_anchor(path, path.read_bytes()))
    return tuple(found)


@lru_cache(maxsize=16)
def _anchor(path: Path, der: bytes) -> Anchor:
    if sha256(der).hexdigest() != path.stem:
        raise AnchorFileError(path, "it is not the certificate that it is named for")
    try:
        return anchor_of(der)
    except MalformedCertificateError as error:
        raise AnchorFileError(path, str(error)) from None


def _path(directory: Path, name: str) -> Path:
    return directory / f"{name}.der"
