"""What a certificate contains: the forms of JPKI's, under policies of our own.

The forms are those of J-LIS's certificate profile 3.2 as far as public test data show them:
four-byte serials, ends of validity at 14:59:59Z, critical policies, directory names as CRL
distribution points, a person's particulars as six otherNames of the signing certificate.
"""

from datetime import date, datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from card_reader.spec import SIMULATION_OID, SIMULATION_VALUE, Kind
from consent.japan import day_of, era_of
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import names
from mynaportal_sim.pki.model import Family, Holder, Order, PublicKey
from mynaportal_sim.pki.validity import anniversary, end_of, expiry

POLICIES: dict[Kind, x509.ObjectIdentifier] = {
    Kind.USER_AUTHENTICATION: x509.ObjectIdentifier(f"{SIMULATION_OID}.1.3.30"),
    Kind.SIGNING: x509.ObjectIdentifier(f"{SIMULATION_OID}.1.1.20"),
}
"""Policies in an arc of our own; only the last arcs are those of JPKI's."""

JPKI_POLICIES: dict[Kind, x509.ObjectIdentifier] = {
    Kind.USER_AUTHENTICATION: x509.ObjectIdentifier("1.2.392.200149.8.5.1.3.30"),
    Kind.SIGNING: x509.ObjectIdentifier("1.2.392.200149.8.5.1.1.20"),
}
"""JPKI's own, under which nothing is issued here (test data of crate `myna`)."""

PARTICULARS_ARC = "1.2.392.200149.8.5.5"
"""J-LIS's arc for what a signing certificate says of a person: 1 name, 2 its stand-ins, 3 sex,
4 birth, 5 address, 6 its stand-ins."""

PUBLIC_EXPONENT = 65537
CA_YEARS = 10
RESPONDER_LIFETIME = timedelta(days=30)
_SERIAL_MIN = 0x01000000
_SERIALS = 0x7F000000
_UTF8_STRING = 0x0C

Extension = tuple[x509.ExtensionType, bool]


def authority(
    family: Family, kind: Kind, public_key: PublicKey, now: datetime, randomness: Randomness
) -> x509.CertificateBuilder:
    """The certificate of an authority, to be signed by its own key; good for ten years."""
    name = names.issuer(family, kind)
    builder = _builder(name, name, now, _ten_years(now), randomness).public_key(public_key)
    return extended(
        builder,
        (key_usage(key_cert_sign=True, crl_sign=True), True),
        (x509.SubjectAlternativeName([names.issuer_ja(family, kind)]), False),
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (_crl_points(name), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        _simulation(),
    )


def card_issuer(
    public_key: PublicKey, now: datetime, randomness: Randomness
) -> x509.CertificateBuilder:
    """The certificate of the issuer of cards, to be signed by its own key; for ten years."""
    name = names.card_issuer("root")
    builder = _builder(name, name, now, _ten_years(now), randomness).public_key(public_key)
    return extended(
        builder,
        (key_usage(key_cert_sign=True), True),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        _simulation(),
    )


def document_signer(
    public_key: PublicKey,
    root: x509.Certificate,
    now: datetime,
    randomness: Randomness,
) -> x509.CertificateBuilder:
    """The certificate of who signs what is on cards, to be signed by the key of `root`."""
    name, end = names.card_issuer("document signer"), root.not_valid_after_utc
    builder = _builder(root.subject, name, now, end, randomness).public_key(public_key)
    return extended(
        builder,
        (key_usage(digital_signature=True), True),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_issuer_key(root), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        _simulation(),
    )


def leaf(
    order: Order, family: Family, issuer: x509.Certificate, randomness: Randomness
) -> x509.CertificateBuilder:
    """The certificate of a person, to be signed by the key of `issuer`."""
    holder, key = order.holder, order.public_key
    subject = names.subject(order.kind, holder, randomness)
    end = expiry(holder.born, order.issued, renews=order.renews, not_beyond=order.not_beyond)
    builder = _builder(issuer.subject, subject, order.issued, end, randomness).public_key(key)
    usage = {
        Kind.USER_AUTHENTICATION: _authentication_usage,
        Kind.SIGNING: _signing_usage,
    }
    return extended(
        builder,
        *usage[order.kind](holder),
        (_policies(order), True),
        (x509.IssuerAlternativeName([names.issuer_ja(family, order.kind)]), False),
        (_crl_points(names.crl_point(family, order.kind, holder)), False),
        *_ocsp(order),
        (_issuer_key(issuer), False),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        _simulation(),
    )


def responder(
    family: Family,
    kind: Kind,
    public_key: PublicKey,
    issuer: x509.Certificate,
    now: datetime,
    randomness: Randomness,
) -> x509.CertificateBuilder:
    """The certificate by which an authority lets a key answer for it (RFC 6960, 4.2.2.2).

    Nobody need ask whether it is revoked: it lasts but a month.
    """
    subject = names.responder(family, kind)
    builder = _builder(issuer.subject, subject, now, now + RESPONDER_LIFETIME, randomness)
    return extended(
        builder.public_key(public_key),
        (key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
        (_issuer_key(issuer), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        _simulation(),
    )


def _authentication_usage(_holder: Holder) -> tuple[Extension, ...]:
    return (
        (key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    )


def _signing_usage(holder: Holder) -> tuple[Extension, ...]:
    particulars = (
        (1, holder.name),
        (4, _birth(holder.born)),
        (3, holder.sex),
        (5, holder.address),
        (2, holder.name_positions),
        (6, holder.address_positions),
    )
    return (
        (key_usage(digital_signature=True, content_commitment=True), True),
        (x509.SubjectAlternativeName(_other_name(*pair) for pair in particulars), False),
    )


def _birth(born: date) -> str:
    """生年月日 as J-LIS writes it: the era's digit, then the Gregorian date."""
    return f"{era_of(born).digit}{born:%Y%m%d}"


def _other_name(last_arc: int, text: str) -> x509.OtherName:
    return x509.OtherName(
        x509.ObjectIdentifier(f"{PARTICULARS_ARC}.{last_arc}"), _utf8_string(text.encode())
    )


def _utf8_string(content: bytes) -> bytes:
    """DER of a UTF8String (X.690, 8.1.3: long form of the length from 128 bytes)."""
    length = len(content)
    if length < 0x80:
        return bytes((_UTF8_STRING, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((_UTF8_STRING, 0x80 | len(size))) + size + content


def _policies(order: Order) -> x509.CertificatePolicies:
    practice = f"{order.portal}/pki/cps.html"
    return x509.CertificatePolicies([x509.PolicyInformation(POLICIES[order.kind], [practice])])


def _ocsp(order: Order) -> tuple[Extension, ...]:
    if order.ocsp is None:
        return ()
    where = x509.UniformResourceIdentifier(order.ocsp)
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)
    return ((x509.AuthorityInformationAccess([access]), False),)


def _crl_points(name: x509.Name) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.DirectoryName(name)], None, None, None)]
    )


def _issuer_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    key_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)


def _simulation() -> Extension:
    mark = x509.UnrecognizedExtension(x509.ObjectIdentifier(SIMULATION_OID), SIMULATION_VALUE)
    return mark, False


def key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    """What a key may do: of the nine uses, those that are named."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    issuer: x509.Name,
    subject: x509.Name,
    start: datetime,
    end: datetime,
    randomness: Randomness,
) -> x509.CertificateBuilder:
    serial = _SERIAL_MIN + int.from_bytes(randomness(8), "big") % _SERIALS
    return (
        x509.CertificateBuilder()
        .serial_number(serial)
        .issuer_name(issuer)
        .subject_name(subject)
        .not_valid_before(start.replace(microsecond=0))
        .not_valid_after(end.replace(microsecond=0))
    )


def extended(
    builder: x509.CertificateBuilder, *extensions: Extension
) -> x509.CertificateBuilder:
    """The builder with these extensions, each with whether it is critical."""
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder


def _ten_years(now: datetime) -> datetime:
    day = day_of(now)
    return end_of(anniversary(day, day.year + CA_YEARS) - timedelta(days=1))
