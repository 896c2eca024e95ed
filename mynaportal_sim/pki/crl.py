"""Certificate revocation lists (RFC 5280, 5): made here, and judged when somebody logs in."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import UNREADABLE
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.certificate import Anchor, not_understood
from mynaportal_sim.pki.model import PublicKey, Revoked
from mynaportal_sim.pki.refusal import Code, Refusal
from mynaportal_sim.pki.validation import ValidCertificate

LIFETIME = timedelta(hours=24)
_CRITICAL = b"\x01\x01\xff"  # TRUE, as X.690 (11.1) has it
_UNDERSTOOD = (x509.CRLNumber, x509.AuthorityKeyIdentifier)


def build(
    authority: Authority, revoked: Iterable[Revoked], number: int, now: datetime
) -> bytes:
    """The DER of `authority`'s complete list number `number`, good for LIFETIME from `now`."""
    builder = _builder(authority, number, now.replace(microsecond=0))
    return _signed(authority, builder, map(_line, revoked))


def part(authority: Authority, whole: bytes, serials: Collection[int], point: bytes) -> bytes:
    """The list of one distribution point (RFC 5280, 5.2.5), cut out of the whole one.

    Args:
        point: its name in DER, as the certificates name it.
    """
    found = x509.load_der_x509_crl(whole)
    number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    name = x509.DirectoryName(x509.Name.from_bytes(point))
    builder = _builder(authority, number, found.last_update_utc).add_extension(
        x509.IssuingDistributionPoint([name], None, False, False, None, False, False),
        critical=True,
    )
    return _signed(authority, builder, (one for one in found if one.serial_number in serials))


def _builder(
    authority: Authority, number: int, issued: datetime
) -> x509.CertificateRevocationListBuilder:
    key_id = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(issued)
        .next_update(issued + LIFETIME)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id.value),
            critical=False,
        )
        .add_extension(x509.CRLNumber(number), critical=False)
    )


def _signed(
    authority: Authority,
    builder: x509.CertificateRevocationListBuilder,
    lines: Iterable[x509.RevokedCertificate],
) -> bytes:
    for line in lines:
        builder = builder.add_revoked_certificate(line)
    return builder.sign(authority.key, authority.suite.digest).public_bytes(Encoding.DER)


def revocation(
    certificate: ValidCertificate, crl: bytes | None, now: datetime
) -> Refusal | None:
    """What a CRL in DER says against a valid certificate; None when it says nothing.

    A list that is missing, damaged, not its issuer's, of the future or out of date settles
    nothing, and then the certificate is refused (`revocation_unavailable`).
    """
    suite = certificate.suite
    found = None if crl is None else _trusted(crl, certificate.issuer, suite.signature)
    if found is None:
        return Refusal(Code.REVOCATION_UNAVAILABLE, "no list that its issuer signed")
    if not _covers(found, now):
        return Refusal(Code.REVOCATION_UNAVAILABLE, "the list is not of today")
    line = found.get_revoked_certificate_by_serial_number(certificate.serial)
    if line is None:
        return None
    return Refusal(Code.CERT_REVOKED, f"revoked at {line.revocation_date_utc.isoformat()}")


def is_fresh(der: bytes, now: datetime) -> bool:
    """Whether a list that an authority of ours made is of the day of `now`."""
    return _covers(x509.load_der_x509_crl(der), now)


def _covers(crl: x509.CertificateRevocationList, now: datetime) -> bool:
    end = crl.next_update_utc
    return end is not None and crl.last_update_utc <= now < end


@lru_cache(maxsize=16)
def _trusted(
    der: bytes, issuer: Anchor, algorithm: x509.ObjectIdentifier
) -> x509.CertificateRevocationList | None:
    """The list in `der` if `issuer` signed it by `algorithm` and nothing in it is beyond us."""
    key = issuer.certificate.public_key()
    try:
        crl = x509.load_der_x509_crl(der)
        beyond = not_understood(crl.extensions, _UNDERSTOOD) or _line_beyond(crl, der)
        signed = (
            isinstance(key, PublicKey)
            and crl.signature_algorithm_oid == algorithm
            and crl.is_signature_valid(key)
        )
    except (*UNREADABLE, InvalidSignature):
        return None
    if beyond or not signed or crl.issuer != issuer.certificate.subject:
        return None
    return crl


def _line_beyond(crl: x509.CertificateRevocationList, der: bytes) -> str | None:
    """What is wrong where a line has something critical (RFC 5280, 5.3): no list is used then.

    That one is critical has but one form in DER; a list without it, as most are, is not walked
    through, which takes half a second where 100,000 are revoked.
    """
    if _CRITICAL not in der:
        return None
    return not_understood((each for line in crl for each in line.extensions), ())


def _line(revoked: Revoked) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(revoked.serial)
        .revocation_date(revoked.at)
        .add_extension(x509.CRLReason(x509.ReasonFlags(revoked.reason)), critical=False)
        .build()
    )
