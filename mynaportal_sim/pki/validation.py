"""Whether a certificate that somebody presents is good for what they want to do with it.

First it is read, its key must be of the supported kind, and an anchor must have signed it; then
CHECKS run in their order. Each is a small function that answers with what is wrong, or None,
beside the code that a refusal carries. Nothing here looks at revocation: a caller verifies the
holder's signature first, then asks `crl.revocation`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from card_reader.spec import Kind
from mynaportal_sim.pki.certificate import Anchor, Leaf, extension, not_understood
from mynaportal_sim.pki.errors import MalformedCertificateError
from mynaportal_sim.pki.model import PublicKey
from mynaportal_sim.pki.refusal import Code, Refusal
from mynaportal_sim.pki.suites import Suite, has_signed, suite_of

_UNDERSTOOD = (
    x509.BasicConstraints,
    x509.CertificatePolicies,
    x509.ExtendedKeyUsage,
    x509.KeyUsage,
    x509.SubjectAlternativeName,
)


@dataclass(frozen=True, slots=True)
class ValidCertificate:
    """A certificate that passed every check, and the anchor that issued it."""

    certificate: x509.Certificate
    public_key: PublicKey
    suite: Suite
    issuer: Anchor
    sha256: str
    """Hex SHA-256 of the certificate, as a statement names it."""

    @property
    def serial(self) -> int:
        """Its serial number, which names it together with `issuer.key_hash`."""
        return self.certificate.serial_number

    def has_signed(self, signature: bytes, data: bytes) -> bool:
        """Whether its holder's card gave the signature under `data`."""
        return has_signed(self.public_key, signature, data)


@dataclass(frozen=True, slots=True)
class CertificationPath:
    """A certificate that an anchor's key signed (RFC 5280, 6), and what is asked of it."""

    leaf: Leaf
    issuer: Anchor
    now: datetime
    purpose: Kind

    @property
    def certificates(self) -> tuple[x509.Certificate, x509.Certificate]:
        """The certificate, and its issuer's."""
        return self.leaf.certificate, self.issuer.certificate


Check = Callable[[CertificationPath], str | None]


def validate(
    der: bytes, anchors: Sequence[Anchor], now: datetime, purpose: Kind
) -> ValidCertificate | Refusal:
    """Judge the certificate `der`. Pure and total: any bytes are answered with a value."""
    try:
        leaf = Leaf.parse(der)
    except MalformedCertificateError as error:
        return Refusal(Code.CERT_MALFORMED, str(error))
    key, suite = leaf.key, suite_of(leaf.key)
    signed_by = leaf.certificate.signature_algorithm_oid
    if suite is None or signed_by != suite.signature or not isinstance(key, PublicKey):
        return Refusal(Code.CERT_KEY_UNSUPPORTED, "neither its key nor its issuer's may be so")
    issuer = next((anchor for anchor in anchors if anchor.issued(leaf)), None)
    if issuer is None:
        return Refusal(Code.CERT_UNTRUSTED, "no anchor's key signed it")
    path = CertificationPath(leaf, issuer, now, purpose)
    for code, check in CHECKS:
        fault = check(path)
        if fault is not None:
            return Refusal(code, fault)
    return ValidCertificate(leaf.certificate, key, suite, issuer, sha256(der).hexdigest())


def _anchor_may_not_issue(path: CertificationPath) -> str | None:
    return None if path.issuer.may_issue else "its issuer is no certification authority"


def _not_understood(path: CertificationPath) -> str | None:
    return not_understood(path.leaf.extensions, _UNDERSTOOD)


def _past(path: CertificationPath) -> str | None:
    for certificate in path.certificates:
        if path.now > certificate.not_valid_after_utc:
            return f"ended at {certificate.not_valid_after_utc.isoformat()}"
    return None


def _future(path: CertificationPath) -> str | None:
    for certificate in path.certificates:
        if path.now < certificate.not_valid_before_utc:
            return f"begins at {certificate.not_valid_before_utc.isoformat()}"
    return None


def _other_key_usage(path: CertificationPath) -> str | None:
    try:
        found = path.leaf.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return "it has no key usage"
    if not found.critical or not found.value.digital_signature:
        return "its critical key usage is not digitalSignature"
    if path.purpose is Kind.SIGNING and not found.value.content_commitment:
        return "its key usage is not nonRepudiation"
    return None


def _other_extended_usage(path: CertificationPath) -> str | None:
    usages = extension(path.leaf.extensions, x509.ExtendedKeyUsage)
    if (
        path.purpose is Kind.USER_AUTHENTICATION
        and usages is not None
        and ExtendedKeyUsageOID.CLIENT_AUTH not in usages
    ):
        return "its extended key usage is not clientAuth"
    return None


def _other_policy(path: CertificationPath) -> str | None:
    policies = extension(path.leaf.extensions, x509.CertificatePolicies) or ()
    wanted = path.issuer.policies[path.purpose]
    if wanted not in {policy.policy_identifier for policy in policies}:
        return f"it has no policy for {path.purpose}"
    return None


def _an_authority(path: CertificationPath) -> str | None:
    constraints = extension(path.leaf.extensions, x509.BasicConstraints)
    return "it is an authority's" if constraints is not None and constraints.ca else None


CHECKS: tuple[tuple[Code, Check], ...] = (
    (Code.CERT_UNTRUSTED, _anchor_may_not_issue),
    (Code.CERT_UNTRUSTED, _not_understood),
    (Code.CERT_EXPIRED, _past),
    (Code.CERT_NOT_YET_VALID, _future),
    (Code.CERT_WRONG_PURPOSE, _an_authority),
    (Code.CERT_WRONG_PURPOSE, _other_key_usage),
    (Code.CERT_WRONG_PURPOSE, _other_extended_usage),
    (Code.CERT_WRONG_PURPOSE, _other_policy),
)
