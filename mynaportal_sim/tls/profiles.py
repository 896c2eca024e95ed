"""What the certificates for https contain."""

from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki.profiles import Extension, extended, key_usage
from mynaportal_sim.tls.names import Names

ROOT_FOR = timedelta(days=5 * 365)
LEAF_FOR = timedelta(days=90)
SLACK = timedelta(hours=1)
"""How much earlier than now a certificate begins, for clients whose clock is behind."""

_ORGANIZATION = "mynaportal-sim"
_UNIT = "SIMULATION, for https on this computer only"
_COMMENT = x509.ObjectIdentifier("2.16.840.1.113730.1.13")  # Netscape's, which says anything
_IA5_STRING = 0x16
_SIMULATION = b"SIMULATION"
_ONLY_SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def root(
    key: EllipticCurvePublicKey, names: Names, now: datetime, randomness: Randomness
) -> x509.CertificateBuilder:
    """An authority's certificate, to be signed by its own key.

    It can sign no further authority, and for servers of these names only. Its own name bears
    its key's hash: browsers' stores tell two authorities apart by their names.
    """
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name = _name(f"SIMULATION root {sha256(spki).hexdigest()[:8]}")
    return extended(
        _builder(name, name, key, now, randomness).not_valid_after(now + ROOT_FOR),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (key_usage(key_cert_sign=True), True),
        (_ONLY_SERVERS, False),
        (names.constraints, True),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        _mark(),
    )


def leaf(
    key: EllipticCurvePublicKey,
    issuer: x509.Certificate,
    names: Names,
    now: datetime,
    randomness: Randomness,
) -> x509.CertificateBuilder:
    """A server's certificate, to be signed by the key of `issuer`; it does not outlive that."""
    issuer_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    end = min(now + LEAF_FOR, issuer.not_valid_after_utc)
    name = _name(f"SIMULATION server {next(iter(names))}")
    return extended(
        _builder(issuer.subject, name, key, now, randomness).not_valid_after(end),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (key_usage(digital_signature=True), True),
        (_ONLY_SERVERS, False),
        (names.alternatives, False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), False),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        _mark(),
    )


def _builder(
    issuer: x509.Name,
    subject: x509.Name,
    key: EllipticCurvePublicKey,
    now: datetime,
    randomness: Randomness,
) -> x509.CertificateBuilder:
    serial = 1 + (int.from_bytes(randomness(16), "big") >> 1)  # RFC 5280 4.1.2.2: positive
    return (
        x509.CertificateBuilder()
        .serial_number(serial)
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .not_valid_before(now - SLACK)
    )


def _name(common_name: str) -> x509.Name:
    attributes = (
        (NameOID.ORGANIZATION_NAME, _ORGANIZATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _UNIT),
        (NameOID.COMMON_NAME, common_name[:64]),  # ub-common-name (X.520)
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _mark() -> Extension:
    """What the certificates of cards say in an extension of our own.

    Go, and with it many a client, reads no certificate with an OID below 2.25, such as that is.
    """
    said = bytes((_IA5_STRING, len(_SIMULATION))) + _SIMULATION
    return x509.UnrecognizedExtension(_COMMENT, said), False
