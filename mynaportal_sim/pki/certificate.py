"""Certificates as bytes that anybody may have sent, and the anchors they are held against."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from card_reader.spec import UNREADABLE, Kind
from mynaportal_sim.pki.errors import MalformedCertificateError
from mynaportal_sim.pki.model import key_hash
from mynaportal_sim.pki.profiles import POLICIES

CERTIFICATE_MAX = 4096

E = TypeVar("E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate that is one by its form. `key` is None when its algorithm is unknown."""

    der: bytes
    certificate: x509.Certificate
    extensions: x509.Extensions
    key: CertificatePublicKeyTypes | None

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Read one X.509 v3 certificate in strict DER, at most 4 KiB; nothing may follow it."""
        if len(der) > CERTIFICATE_MAX:
            raise MalformedCertificateError(f"longer than {CERTIFICATE_MAX} bytes")
        try:
            certificate = x509.load_der_x509_certificate(der)
            extensions = certificate.extensions
        except UNREADABLE as fault:
            raise MalformedCertificateError(str(fault)) from None
        if has_spare_bits(der, certificate):
            raise MalformedCertificateError("the signature is not whole bytes")
        if certificate.version is not x509.Version.v3 or certificate.serial_number <= 0:
            raise MalformedCertificateError("not version 3 with a positive serial")
        return cls(der, certificate, extensions, _key(certificate))


@dataclass(frozen=True, slots=True)
class Anchor:
    """An authority that is trusted; `key_hash` and a serial name a certificate of it.

    `policies` are those under which it issues.
    """

    certificate: x509.Certificate
    key_id: bytes | None
    key_hash: bytes
    may_issue: bool
    policies: Mapping[Kind, x509.ObjectIdentifier] = field(hash=False)

    @classmethod
    def of(
        cls,
        certificate: x509.Certificate,
        policies: Mapping[Kind, x509.ObjectIdentifier] = POLICIES,
    ) -> Self:
        """Trust `certificate`, and read once what every validation needs of it."""
        extensions = certificate.extensions
        key_id = extension(extensions, x509.SubjectKeyIdentifier)
        constraints = extension(extensions, x509.BasicConstraints)
        usage = extension(extensions, x509.KeyUsage)
        return cls(
            certificate,
            None if key_id is None else key_id.digest,
            key_hash(certificate),
            constraints is not None
            and constraints.ca
            and usage is not None
            and usage.key_cert_sign,
            policies,
        )

    def issued(self, leaf: Leaf) -> bool:
        """Whether this authority's key signed `leaf`. Names alone prove nothing."""
        claimed = extension(leaf.extensions, x509.AuthorityKeyIdentifier)
        key_id = None if claimed is None else claimed.key_identifier
        if None not in (key_id, self.key_id) and key_id != self.key_id:
            return False
        try:
            leaf.certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def extension(extensions: x509.Extensions, wanted: type[E]) -> E | None:
    """The value of the extension of that class, None when there is none."""
    try:
        return extensions.get_extension_for_class(wanted).value
    except x509.ExtensionNotFound:
        return None


def has_spare_bits(der: bytes, certificate: x509.Certificate) -> bool:
    """Whether the signature that `der` ends with has bits that do not change what it is.

    A BIT STRING says how many bits at its end are spare; with them one certificate would have
    several forms, of which the signature holds for each.
    """
    return not der.endswith(b"\0" + certificate.signature)


def not_understood(
    extensions: Iterable[x509.Extension[x509.ExtensionType]],
    understood: tuple[type[x509.ExtensionType], ...],
) -> str | None:
    """What is wrong where a critical extension is of no such class (RFC 5280, 4.2)."""
    for each in extensions:
        if each.critical and not isinstance(each.value, understood):
            return f"critical extension {each.oid.dotted_string} is not understood"
    return None


def _key(certificate: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
