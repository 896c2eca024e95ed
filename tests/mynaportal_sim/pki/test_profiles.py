import os
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from card_reader.spec import SIMULATION_OID, Kind, is_marked
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.model import Holder, Order

OCSP = "http://localhost:8600/ocsp"
PORTAL = "http://localhost:8400"
PRINTABLE_STRING, UTF8_STRING = 0x13, 0x0C


@pytest.fixture(scope="module")
def leaves(
    authorities: Authorities, holder: Holder, holder_key: RSAPrivateKey, now: datetime
) -> dict[Kind, x509.Certificate]:
    return {
        kind: authorities[kind].issue(
            Order(kind, holder, holder_key.public_key(), now, PORTAL, ocsp=OCSP), os.urandom
        )
        for kind in Kind
    }


def _form(certificate: x509.Certificate) -> list[tuple[str, bool]]:
    return [(each.oid.dotted_string, each.critical) for each in certificate.extensions]


SHARED_TAIL = [
    (ExtensionOID.CERTIFICATE_POLICIES.dotted_string, True),
    (ExtensionOID.ISSUER_ALTERNATIVE_NAME.dotted_string, False),
    (ExtensionOID.CRL_DISTRIBUTION_POINTS.dotted_string, False),
    (ExtensionOID.AUTHORITY_INFORMATION_ACCESS.dotted_string, False),
    (ExtensionOID.AUTHORITY_KEY_IDENTIFIER.dotted_string, False),
    (ExtensionOID.SUBJECT_KEY_IDENTIFIER.dotted_string, False),
    (SIMULATION_OID, False),
]


def test_authentication_certificate_has_the_extensions_of_jpki_in_order(
    leaves: dict[Kind, x509.Certificate],
) -> None:
    assert _form(leaves[Kind.USER_AUTHENTICATION]) == [
        (ExtensionOID.KEY_USAGE.dotted_string, True),
        (ExtensionOID.EXTENDED_KEY_USAGE.dotted_string, False),
        *SHARED_TAIL,
    ]


def test_signing_certificate_has_the_extensions_of_jpki_in_order(
    leaves: dict[Kind, x509.Certificate],
) -> None:
    assert _form(leaves[Kind.SIGNING]) == [
        (ExtensionOID.KEY_USAGE.dotted_string, True),
        (ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string, False),
        *SHARED_TAIL,
    ]


def test_signing_certificate_tells_the_particulars_in_the_order_1_4_3_5_2_6(
    leaves: dict[Kind, x509.Certificate],
) -> None:
    names = leaves[Kind.SIGNING].extensions.get_extension_for_class(x509.SubjectAlternativeName)
    told = [name for name in names.value if isinstance(name, x509.OtherName)]
    assert [
        (name.type_id.dotted_string.removeprefix("1.2.392.200149.8.5.5."), name.value[2:])
        for name in told
    ] == [
        ("1", "吉田\u3000花子".encode()),
        ("4", b"319850412"),
        ("3", b"2"),
        ("5", "東京都清瀬市緑風台２丁目１４番７号".encode()),
        ("2", b"10000"),
        ("6", b"0" * 17),
    ]
    assert {(name.value[0], name.value[1]) for name in told} == {
        (UTF8_STRING, len(name.value) - 2) for name in told
    }


def test_authentication_certificate_names_no_person(
    leaves: dict[Kind, x509.Certificate], holder: Holder
) -> None:
    der = leaves[Kind.USER_AUTHENTICATION].public_bytes(Encoding.DER)
    for particular in ("花子", "緑風台", holder.born.strftime("%Y%m%d")):
        assert particular.encode() not in der


@pytest.mark.parametrize("kind", Kind)
def test_nothing_made_here_can_be_taken_for_jpki(
    kind: Kind, authorities: Authorities, leaves: dict[Kind, x509.Certificate]
) -> None:
    for certificate in (authorities[kind].certificate, leaves[kind]):
        units = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        assert all("SIMULATION" in str(unit.value) for unit in units)
        assert is_marked(certificate.public_bytes(Encoding.DER))
    policies = leaves[kind].extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [p.policy_identifier.dotted_string.split(".")[:2] for p in policies] == [["2", "25"]]


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        (Kind.USER_AUTHENTICATION, ["C", "CN"]),
        (Kind.SIGNING, ["C", "L", "L", "CN"]),
    ],
)
def test_each_attribute_is_an_rdn_of_its_own_and_of_its_string_type(
    kind: Kind, attributes: list[str], leaves: dict[Kind, x509.Certificate]
) -> None:
    subject = leaves[kind].subject
    assert [rdn.rfc4514_string().split("=")[0] for rdn in subject.rdns] == attributes
    der = subject.public_bytes()
    assert der.count(bytes((PRINTABLE_STRING, 2)) + b"JP") == 1
    common_name = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    assert bytes((UTF8_STRING, 23)) + common_name.encode() in der
    assert common_name[14:19] == "13221"
    assert common_name.endswith("A")


def test_crl_point_is_a_directory_entry_and_the_responder_is_named(
    leaves: dict[Kind, x509.Certificate],
) -> None:
    extensions = leaves[Kind.USER_AUTHENTICATION].extensions
    [point] = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert point.full_name is not None
    [name] = point.full_name
    assert isinstance(name, x509.DirectoryName)
    assert name.value.rfc4514_string().startswith(
        "CN=Kiyose-shi CRLDP,OU=Tokyo-to,OU=CRL Distribution Points,"
    )
    [access] = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access.access_location.value == OCSP


def test_serials_have_four_bytes(
    authorities: Authorities, leaves: dict[Kind, x509.Certificate]
) -> None:
    for certificate in (*leaves.values(), *(each.certificate for each in authorities.values())):
        assert 0x01000000 <= certificate.serial_number <= 0x7FFFFFFF


@pytest.mark.parametrize(
    ("extreme", "serial"), [(b"\x00", 0x01000000), (b"\xff", None)], ids=["lowest", "highest"]
)
def test_serials_have_four_bytes_whatever_is_drawn(
    extreme: bytes,
    serial: int | None,
    authorities: Authorities,
    holder: Holder,
    holder_key: RSAPrivateKey,
    now: datetime,
) -> None:
    order = Order(Kind.SIGNING, holder, holder_key.public_key(), now, PORTAL)
    made = authorities[Kind.SIGNING].issue(order, lambda count: extreme * count)
    assert 0x01000000 <= made.serial_number <= 0x7FFFFFFF
    assert serial in (None, made.serial_number)


@pytest.mark.parametrize("kind", Kind)
def test_authority_is_its_own_issuer_for_ten_years(
    kind: Kind, authorities: Authorities
) -> None:
    certificate = authorities[kind].certificate
    certificate.verify_directly_issued_by(certificate)
    assert isinstance(certificate.signature_hash_algorithm, SHA256)
    assert certificate.not_valid_after_utc == datetime(2036, 11, 22, 14, 59, 59, tzinfo=UTC)
