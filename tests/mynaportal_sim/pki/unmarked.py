"""Certificates as a real authority's cards have them: by their form, and without our mark."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import SIMULATION_OID, Kind
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.profiles import JPKI_POLICIES

_MARK = x509.ObjectIdentifier(SIMULATION_OID)
_PRACTICE = "http://www.jpki.go.jp/cps.html"


def unmarked(marked: x509.Certificate, authority: Authority) -> bytes:
    """The same certificate, signed anew by the authority's key; its policies are JPKI's."""
    assert isinstance(authority.key, RSAPrivateKey)
    builder = (
        x509.CertificateBuilder()
        .serial_number(marked.serial_number)
        .issuer_name(marked.issuer)
        .subject_name(marked.subject)
        .not_valid_before(marked.not_valid_before_utc)
        .not_valid_after(marked.not_valid_after_utc)
        .public_key(marked.public_key())
    )
    for each in marked.extensions:
        if isinstance(each.value, x509.CertificatePolicies):
            said = x509.PolicyInformation(JPKI_POLICIES[_kind_of(marked)], [_PRACTICE])
            builder = builder.add_extension(x509.CertificatePolicies([said]), each.critical)
        elif each.oid != _MARK:
            builder = builder.add_extension(each.value, each.critical)
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)


def _kind_of(leaf: x509.Certificate) -> Kind:
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    return Kind.SIGNING if usage.content_commitment else Kind.USER_AUTHENTICATION
