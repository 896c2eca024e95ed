import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from card_reader.spec import Kind
from mynaportal_sim.pki import authority, crl
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.model import Holder, Order, RevocationReason, Revoked
from mynaportal_sim.pki.refusal import Code
from mynaportal_sim.pki.validation import ValidCertificate, validate

AUTH = Kind.USER_AUTHENTICATION
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def valid(
    authorities: Authorities,
    anchors: tuple[Anchor, ...],
    holder: Holder,
    holder_key: rsa.RSAPrivateKey,
    now: datetime,
) -> ValidCertificate:
    order = Order(AUTH, holder, holder_key.public_key(), now, "http://localhost:8400")
    der = authorities[AUTH].issue(order, os.urandom).public_bytes(Encoding.DER)
    verdict = validate(der, anchors, now, AUTH)
    assert isinstance(verdict, ValidCertificate)
    return verdict


@pytest.fixture(scope="module")
def ca(authorities: Authorities) -> Authority:
    return authorities[AUTH]


@pytest.mark.parametrize("reason", RevocationReason)
def test_a_listed_certificate_is_revoked(
    reason: RevocationReason, valid: ValidCertificate, ca: Authority, now: datetime
) -> None:
    """R1."""
    der = crl.build(ca, [Revoked(valid.serial, now, reason)], 7, now)
    verdict = crl.revocation(valid, der, now)
    assert verdict is not None
    assert verdict.code is Code.CERT_REVOKED
    parsed = x509.load_der_x509_crl(der)
    line = parsed.get_revoked_certificate_by_serial_number(valid.serial)
    assert line is not None
    told = line.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert told.value == reason.value
    assert parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7


def test_another_serial_revokes_nothing(
    valid: ValidCertificate, ca: Authority, now: datetime
) -> None:
    other = Revoked(valid.serial + 1, now, RevocationReason.SUPERSEDED)
    assert crl.revocation(valid, crl.build(ca, [other], 1, now), now) is None


@pytest.mark.parametrize(
    ("offset", "settled"),
    [
        pytest.param(-SECOND, False, id="R4 before thisUpdate"),
        pytest.param(timedelta(0), True, id="R4 at thisUpdate"),
        pytest.param(crl.LIFETIME - SECOND, True, id="R4 just before nextUpdate"),
        pytest.param(crl.LIFETIME, False, id="R4 at nextUpdate"),
    ],
)
def test_a_list_settles_something_only_in_its_time(
    offset: timedelta, settled: bool, valid: ValidCertificate, ca: Authority, now: datetime
) -> None:
    der = crl.build(ca, [], 1, now)
    verdict = crl.revocation(valid, der, now + offset)
    assert crl.is_fresh(der, now + offset) is settled
    assert (verdict is None) is settled
    assert verdict is None or verdict.code is Code.REVOCATION_UNAVAILABLE


def _rogue(ca: Authority, now: datetime) -> bytes:
    return crl.build(replace(ca, key=rsa.generate_private_key(65537, 2048)), [], 1, now)


def _other_name(_ca: Authority, now: datetime) -> bytes:
    return crl.build(authority.create(Kind.SIGNING, now, os.urandom), [], 1, now)


def _partial(ca: Authority, now: datetime) -> bytes:
    """A list with a critical delta indicator does not name all that is revoked."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(now)
        .next_update(now + crl.LIFETIME)
        .add_extension(x509.DeltaCRLIndicator(1), critical=True)
    )
    return builder.sign(ca.key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda _ca, _now: None, id="R3 none"),
        pytest.param(_rogue, id="R6 same name, other key"),
        pytest.param(_other_name, id="R6 other authority"),
        pytest.param(_partial, id="delta list"),
        pytest.param(lambda ca, now: crl.build(ca, [], 1, now) + b"\0", id="trailing byte"),
        pytest.param(lambda ca, _now: ca.der, id="a certificate"),
    ],
)
def test_a_list_that_cannot_be_relied_on_settles_nothing(
    make: Callable[[Authority, datetime], bytes | None],
    valid: ValidCertificate,
    ca: Authority,
    now: datetime,
) -> None:
    verdict = crl.revocation(valid, make(ca, now), now)
    assert verdict is not None
    assert verdict.code is Code.REVOCATION_UNAVAILABLE


@given(der=st.binary(max_size=512))
def test_any_bytes_as_a_list_settle_nothing(
    der: bytes, valid: ValidCertificate, now: datetime
) -> None:
    verdict = crl.revocation(valid, der, now)
    assert verdict is not None
    assert verdict.code is Code.REVOCATION_UNAVAILABLE
