"""Cases V1 to V16 of the login's acceptance list: each wrong certificate has its own code."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509.oid import CertificatePoliciesOID, ExtendedKeyUsageOID, ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from card_reader.spec import Kind
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.certificate import CERTIFICATE_MAX, Anchor
from mynaportal_sim.pki.model import Family, Holder, Order
from mynaportal_sim.pki.refusal import Code, Refusal
from mynaportal_sim.pki.validation import ValidCertificate, validate

AUTH = Kind.USER_AUTHENTICATION
SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)

pytestmark = pytest.mark.filterwarnings(
    # cryptography warns of odd serials and parameters, which these tests send on purpose
    "ignore::cryptography.utils.CryptographyDeprecationWarning"
)


@dataclass(frozen=True)
class Office:
    """What the cases are made with."""

    authorities: Authorities
    anchors: tuple[Anchor, ...]
    holder: Holder
    key: rsa.RSAPrivateKey
    now: datetime

    def issue(self, by: Authority | None = None, kind: Kind = AUTH) -> x509.Certificate:
        order = Order(
            kind, self.holder, self.key.public_key(), self.now, "http://localhost:8400"
        )
        return (by or self.authorities[kind]).issue(order, os.urandom)

    def der(self, by: Authority | None = None, kind: Kind = AUTH) -> bytes:
        return self.issue(by, kind).public_bytes(Encoding.DER)

    def forge(
        self,
        *,
        without: Sequence[type[x509.ExtensionType]] = (),
        put: Sequence[tuple[x509.ExtensionType, bool]] = (),
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | None = None,
        digest: SHA256 | SHA384 | None = None,
    ) -> bytes:
        """A good certificate with a few things changed, signed by the right authority."""
        good = self.issue()
        builder = (
            x509.CertificateBuilder()
            .serial_number(good.serial_number)
            .issuer_name(good.issuer)
            .subject_name(good.subject)
            .not_valid_before(good.not_valid_before_utc)
            .not_valid_after(good.not_valid_after_utc)
            .public_key(key or self.key.public_key())
        )
        for each in good.extensions:
            if not isinstance(each.value, tuple(without)):
                builder = builder.add_extension(each.value, each.critical)
        for value, critical in put:
            builder = builder.add_extension(value, critical)
        signed = builder.sign(self.authorities[AUTH].key, digest or SHA256())
        return signed.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def office(
    authorities: Authorities,
    anchors: tuple[Anchor, ...],
    holder: Holder,
    holder_key: rsa.RSAPrivateKey,
    now: datetime,
) -> Office:
    return Office(authorities, anchors, holder, holder_key, now)


def _usage(*, signature: bool, commitment: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _policy(oid: x509.ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None)])


def _other_ca(office: Office) -> bytes:
    return office.der(authority.create(AUTH, office.now, os.urandom))


def _same_name_other_key(office: Office) -> bytes:
    rogue = rsa.generate_private_key(65537, 2048)
    return office.der(replace(office.authorities[AUTH], key=rogue))


def _self_signed(office: Office) -> bytes:
    good = office.issue()
    return office.der(Authority(AUTH, good, office.key))


def _leaf_as_ca(office: Office) -> bytes:
    upper = rsa.generate_private_key(65537, 2048)
    leaf = replace(office, key=upper).issue()
    return office.der(Authority(AUTH, leaf, upper))


def _key_usage(
    *, signature: bool, commitment: bool, critical: bool = True
) -> Callable[[Office], bytes]:
    usage = (_usage(signature=signature, commitment=commitment), critical)
    return lambda office: office.forge(without=[x509.KeyUsage], put=[usage])


def _server_only(office: Office) -> bytes:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return office.forge(without=[x509.ExtendedKeyUsage], put=[(usage, False)])


def _any_policy(office: Office) -> bytes:
    policy = _policy(CertificatePoliciesOID.ANY_POLICY)
    return office.forge(without=[x509.CertificatePolicies], put=[(policy, True)])


def _unknown_critical(office: Office) -> bytes:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b"\x05\x00")
    return office.forge(put=[(unknown, True)])


def _rsa_key(bits: int, exponent: int) -> Callable[[Office], bytes]:
    key = rsa.generate_private_key(exponent, bits).public_key()
    return lambda office: office.forge(key=key)


def _elliptic(curve: ec.EllipticCurve) -> Callable[[Office], bytes]:
    key = ec.generate_private_key(curve).public_key()
    return lambda office: office.forge(key=key)


def _rsa_of_the_next_card(office: Office) -> bytes:
    return office.der(office.authorities.of(Family.NEXT, AUTH))


def _longer_length(office: Office) -> bytes:
    der = office.der()
    return b"\x30\x83\x00" + der[2:]


def _country_of_bits(office: Office) -> bytes:
    """With a country that is a BIT STRING, in the name of its distribution point."""
    before, country, after = office.der().rpartition(b"\x13\x02JP")
    assert country
    return before + b"\x03\x02JP" + after


def _spare_bits(office: Office) -> bytes:
    """One bit of the signature is said to be unused, where that bit is zero."""
    der = bytearray(next(der for der in iter(office.der, b"") if der[-1] % 2 == 0))
    der[-257] = 1
    return bytes(der)


def _serial(number: int) -> Callable[[Office], bytes]:
    """A certificate with a serial that cryptography would not write."""

    def made(office: Office) -> bytes:
        certificate = asn1.Certificate.load(office.der())
        certificate["tbs_certificate"]["serial_number"] = number
        to_sign = certificate["tbs_certificate"].dump(force=True)
        key = office.authorities[AUTH].key
        assert isinstance(key, rsa.RSAPrivateKey)
        certificate["signature_value"] = key.sign(to_sign, PKCS1v15(), SHA256())
        return bytes(certificate.dump(force=True))

    return made


def _two_in_a_sequence(office: Office) -> bytes:
    two = office.der() * 2
    return b"\x30\x82" + len(two).to_bytes(2, "big") + two


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(_other_ca, Code.CERT_UNTRUSTED, id="V1 other CA"),
        pytest.param(_same_name_other_key, Code.CERT_UNTRUSTED, id="V2 same DN and SKI"),
        pytest.param(_self_signed, Code.CERT_UNTRUSTED, id="V3 self-signed"),
        pytest.param(_leaf_as_ca, Code.CERT_UNTRUSTED, id="V4 leaf as CA"),
        pytest.param(
            lambda office: office.der(kind=Kind.SIGNING),
            Code.CERT_WRONG_PURPOSE,
            id="V8 signing certificate",
        ),
        pytest.param(
            lambda office: office.authorities[AUTH].der,
            Code.CERT_WRONG_PURPOSE,
            id="V8 the authority's own certificate",
        ),
        pytest.param(
            lambda office: office.forge(without=[x509.KeyUsage]),
            Code.CERT_WRONG_PURPOSE,
            id="V9 no keyUsage",
        ),
        pytest.param(
            _key_usage(signature=False, commitment=True),
            Code.CERT_WRONG_PURPOSE,
            id="V9 nonRepudiation only",
        ),
        pytest.param(
            _key_usage(signature=True, commitment=False, critical=False),
            Code.CERT_WRONG_PURPOSE,
            id="V9 keyUsage not critical",
        ),
        pytest.param(_server_only, Code.CERT_WRONG_PURPOSE, id="V10 serverAuth only"),
        pytest.param(
            lambda office: office.forge(without=[x509.CertificatePolicies]),
            Code.CERT_WRONG_PURPOSE,
            id="V11 no policy",
        ),
        pytest.param(_any_policy, Code.CERT_WRONG_PURPOSE, id="V11 anyPolicy only"),
        pytest.param(_rsa_key(1024, 65537), Code.CERT_KEY_UNSUPPORTED, id="V12 RSA-1024"),
        pytest.param(_rsa_key(3072, 65537), Code.CERT_KEY_UNSUPPORTED, id="V12 RSA-3072"),
        pytest.param(_rsa_key(2048, 3), Code.CERT_KEY_UNSUPPORTED, id="V12 e=3"),
        pytest.param(_elliptic(ec.SECP256R1()), Code.CERT_KEY_UNSUPPORTED, id="V12 EC"),
        pytest.param(
            _elliptic(ec.SECP384R1()),
            Code.CERT_KEY_UNSUPPORTED,
            id="V12 P-384 of a card's authority",
        ),
        pytest.param(
            _rsa_of_the_next_card,
            Code.CERT_KEY_UNSUPPORTED,
            id="V12 RSA-2048 of the next card's authority",
        ),
        pytest.param(
            lambda office: office.forge(digest=SHA384()),
            Code.CERT_KEY_UNSUPPORTED,
            id="V12 sha384WithRSAEncryption",
        ),
        pytest.param(_longer_length, Code.CERT_MALFORMED, id="V13 BER length"),
        pytest.param(
            lambda office: b"\x30\x80" + office.der()[4:] + b"\0\0",
            Code.CERT_MALFORMED,
            id="V13 indefinite length",
        ),
        pytest.param(
            lambda office: office.der() + b"\0", Code.CERT_MALFORMED, id="V13 trailing"
        ),
        pytest.param(
            lambda office: office.issue().public_bytes(Encoding.PEM),
            Code.CERT_MALFORMED,
            id="V13 PEM",
        ),
        pytest.param(_spare_bits, Code.CERT_MALFORMED, id="V13 spare bits"),
        pytest.param(_serial(0), Code.CERT_MALFORMED, id="V13 serial 0"),
        pytest.param(_serial(-1), Code.CERT_MALFORMED, id="V13 negative serial"),
        pytest.param(_two_in_a_sequence, Code.CERT_MALFORMED, id="V13 array"),
        pytest.param(
            lambda office: serialize_certificates([office.issue()], Encoding.DER),
            Code.CERT_MALFORMED,
            id="V13 PKCS #7",
        ),
        pytest.param(
            lambda office: office.forge(
                put=[
                    (
                        x509.UnrecognizedExtension(
                            x509.ObjectIdentifier("2.25.2"), b"x" * 4096
                        ),
                        False,
                    )
                ]
            ),
            Code.CERT_MALFORMED,
            id="V13 longer than 4 KiB",
        ),
        pytest.param(_country_of_bits, Code.CERT_MALFORMED, id="V13 a name of bits"),
        pytest.param(lambda _: b"", Code.CERT_MALFORMED, id="V13 nothing"),
        pytest.param(
            _unknown_critical, Code.CERT_UNTRUSTED, id="V16 unknown critical extension"
        ),
    ],
)
def test_wrong_certificate_is_refused(
    make: Callable[[Office], bytes], code: Code, office: Office
) -> None:
    verdict = validate(make(office), office.anchors, office.now, AUTH)
    assert isinstance(verdict, Refusal)
    assert verdict.code is code


@pytest.mark.parametrize("kind", Kind)
def test_good_certificate_is_accepted_for_its_purpose(kind: Kind, office: Office) -> None:
    verdict = validate(office.der(kind=kind), office.anchors, office.now, kind)
    assert isinstance(verdict, ValidCertificate)
    assert verdict.public_key == office.key.public_key()
    assert verdict.issuer.key_hash == office.authorities[kind].key_hash


def test_p_384_is_accepted_of_the_next_cards_authority(office: Office) -> None:
    """V12: what such a card signs is r‖s, and nothing else is taken for it."""
    key = ec.generate_private_key(ec.SECP384R1())
    order = Order(AUTH, office.holder, key.public_key(), office.now, "http://localhost:8400")
    issuer = office.authorities.of(Family.NEXT, AUTH)
    der = issuer.issue(order, os.urandom).public_bytes(Encoding.DER)
    verdict = validate(der, office.anchors, office.now, AUTH)
    assert isinstance(verdict, ValidCertificate)
    assert (verdict.suite.jws, verdict.issuer.key_hash) == ("ES384", issuer.key_hash)
    in_der = key.sign(b"statement", ec.ECDSA(SHA384()))
    r, s = decode_dss_signature(in_der)
    signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    assert verdict.has_signed(signature, b"statement")
    for wrong in (in_der, signature[:-1], signature[::-1], bytes(96), signature + b"\0"):
        assert not verdict.has_signed(wrong, b"statement")
    assert not verdict.has_signed(signature, b"another statement")


def test_authentication_certificate_signs_no_document(office: Office) -> None:
    verdict = validate(office.der(), office.anchors, office.now, Kind.SIGNING)
    assert isinstance(verdict, Refusal)
    assert verdict.code is Code.CERT_WRONG_PURPOSE


def test_without_extended_key_usage_it_is_accepted(office: Office) -> None:
    der = office.forge(without=[x509.ExtendedKeyUsage])
    assert isinstance(validate(der, office.anchors, office.now, AUTH), ValidCertificate)


def test_the_issuer_is_found_by_its_key_where_names_are_equal(office: Office) -> None:
    other = authority.create(AUTH, office.now, os.urandom)
    anchors = (Anchor.of(other.certificate), *office.anchors)
    without_key_id = office.forge(without=[x509.AuthorityKeyIdentifier])
    for der in (office.der(), without_key_id):
        verdict = validate(der, anchors, office.now, AUTH)
        assert isinstance(verdict, ValidCertificate)
        assert verdict.issuer.key_hash == office.authorities[AUTH].key_hash


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        pytest.param(-SECOND, None, id="V5 in its last but one second"),
        pytest.param(timedelta(0), None, id="V5 in its last second"),
        pytest.param(SECOND, Code.CERT_EXPIRED, id="V5 expired 1 s"),
    ],
)
def test_it_is_good_until_its_last_second(
    offset: timedelta, code: Code | None, office: Office
) -> None:
    leaf = office.issue()
    at = leaf.not_valid_after_utc + offset
    verdict = validate(leaf.public_bytes(Encoding.DER), office.anchors, at, AUTH)
    assert getattr(verdict, "code", None) == code


def test_v6_it_is_not_good_before_its_first_second(office: Office) -> None:
    verdict = validate(office.der(), office.anchors, office.now - SECOND, AUTH)
    assert isinstance(verdict, Refusal)
    assert verdict.code is Code.CERT_NOT_YET_VALID


def test_v7_the_issuer_must_be_in_its_time_too_and_no_other_anchor(office: Office) -> None:
    old = authority.create(AUTH, office.now - 11 * YEAR, os.urandom)
    anchors = (Anchor.of(old.certificate), *office.anchors)
    verdict = validate(office.der(old), anchors, office.now, AUTH)
    assert isinstance(verdict, Refusal)
    assert verdict.code is Code.CERT_EXPIRED
    assert isinstance(validate(office.der(), anchors, office.now, AUTH), ValidCertificate)


def test_an_anchor_that_is_no_authority_vouches_for_nobody(office: Office) -> None:
    """V4, where somebody made a leaf an anchor."""
    upper = rsa.generate_private_key(65537, 2048)
    leaf = replace(office, key=upper).issue()
    der = office.der(Authority(AUTH, leaf, upper))
    verdict = validate(der, [Anchor.of(leaf)], office.now, AUTH)
    assert isinstance(verdict, Refusal)
    assert verdict.code is Code.CERT_UNTRUSTED


def test_a_swapped_certificate_has_another_key(office: Office) -> None:
    """V14: the signature that a login sends does not fit a certificate of somebody else."""
    other = replace(office, key=rsa.generate_private_key(65537, 2048))
    verdict = validate(other.der(), office.anchors, office.now, AUTH)
    assert isinstance(verdict, ValidCertificate)
    signature = office.key.sign(b"statement", PKCS1v15(), SHA256())
    assert not verdict.has_signed(signature, b"statement")


def test_a_recertified_key_has_another_certificate_hash(office: Office) -> None:
    """V15: a statement names the certificate by its hash, so the old signature does not fit."""
    first, second = (validate(office.der(), office.anchors, office.now, AUTH) for _ in range(2))
    assert isinstance(first, ValidCertificate)
    assert isinstance(second, ValidCertificate)
    assert first.public_key == second.public_key
    assert (first.sha256, first.serial) != (second.sha256, second.serial)


@given(der=st.binary(max_size=CERTIFICATE_MAX + 8))
def test_any_bytes_are_answered_with_a_refusal(der: bytes, office: Office) -> None:
    verdict = validate(der, office.anchors, office.now, AUTH)
    assert isinstance(verdict, Refusal)
    assert verdict.code is Code.CERT_MALFORMED


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF], ids=hex)
def test_a_change_of_any_one_byte_is_refused(mask: int, office: Office) -> None:
    der = office.der()
    for at in range(len(der)):
        changed = bytearray(der)
        changed[at] ^= mask
        verdict = validate(bytes(changed), office.anchors, office.now, AUTH)
        assert isinstance(verdict, Refusal), f"byte {at}"


@given(data=st.data())
def test_certificates_with_odd_extensions_are_answered_with_a_value(
    data: st.DataObject, office: Office
) -> None:
    """Extensions that the right authority signed, whose content is anything."""
    known = st.sampled_from(
        [each.oid for each in office.issue().extensions]
        + [ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.NAME_CONSTRAINTS]
    )
    oid = data.draw(known)
    content = data.draw(st.binary(max_size=64))
    same = [type(each.value) for each in office.issue().extensions if each.oid == oid]
    odd = (x509.UnrecognizedExtension(oid, content), data.draw(st.booleans()))
    der = office.forge(without=same, put=[odd])
    assert isinstance(
        validate(der, office.anchors, office.now, AUTH), Refusal | ValidCertificate
    )
