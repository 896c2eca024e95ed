"""The issuer of cards, as its files and a terminal that was given its certificate know it."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader import tlv
from card_reader.spec import is_marked
from card_reader.spec.verifiable import Tag
from mynaportal_sim.pki import card_issuer
from mynaportal_sim.pki.card_issuer import CardIssuer
from mynaportal_sim.pki.errors import AuthorityFileError


@pytest.fixture(scope="module")
def issuer(now: datetime) -> CardIssuer:
    return card_issuer.create(now, os.urandom)


@pytest.fixture(scope="module")
def other(now: datetime) -> CardIssuer:
    return card_issuer.create(now, os.urandom)


def _key(objects: bytes) -> RSAPublicKey:
    found = tlv.by_tag(tlv.elements(objects))
    exponent, modulus = (int.from_bytes(found[tag].value, "big") for tag in (0x90, 0x91))
    return RSAPublicNumbers(exponent, modulus).public_key()


def _signer_key(certificate: bytes, trusted: bytes) -> RSAPublicKey:
    """The key in an object 7F21 that the key of the PEM certificate `trusted` signed."""
    body, signature = tlv.Element.parse(certificate)
    key = x509.load_pem_x509_certificate(trusted).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signature.value, body.value, PKCS1v15(), SHA256())
    return _key(body.value[32:])


def test_a_terminal_with_the_certificate_alone_can_tell_what_the_issuer_vouched_for(
    tmp_path: Path, now: datetime
) -> None:
    issuer = card_issuer.ensure(tmp_path / "ca", now, os.urandom)
    trusted = (tmp_path / "ca" / "card-issuer.pem").read_bytes()
    assert b"PRIVATE" not in trusted
    signer = _signer_key(issuer.verifiable_certificate, trusted)
    signer.verify(issuer.sign(b"record"), b"record", PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        signer.verify(issuer.sign(b"record"), b"recorc", PKCS1v15(), SHA256())


def test_another_issuer_s_certificate_is_noticed(issuer: CardIssuer, other: CardIssuer) -> None:
    with pytest.raises(InvalidSignature):
        _signer_key(issuer.verifiable_certificate, other.pem)


def test_the_card_verifiable_certificate_has_the_form_of_real_ones(issuer: CardIssuer) -> None:
    certificate = issuer.verifiable_certificate
    assert certificate[:10].hex().upper() == "7F218202335F4E820129"
    body, signature = tlv.Element.parse(certificate)
    assert (body.tag, signature.tag) == (Tag.BODY, Tag.SIGNATURE)
    assert body.value[:16] != body.value[16:32] == issuer.signer_id
    assert body.value[32:41].hex().upper() == "900301000191820100"
    assert len(signature.value) == 256


def test_nothing_of_the_issuer_can_be_taken_for_the_real_one(issuer: CardIssuer) -> None:
    for certificate in (issuer.root, issuer.signer):
        assert is_marked(certificate.public_bytes(Encoding.DER))
        assert "SIMULATION" in certificate.subject.rfc4514_string()
        certificate.verify_directly_issued_by(issuer.root)


def test_an_issuer_is_made_once_also_by_two_starts(tmp_path: Path, now: datetime) -> None:
    with ThreadPoolExecutor(3) as threads:
        made = list(
            threads.map(
                lambda _: card_issuer.ensure(tmp_path / "ca", now, os.urandom), range(3)
            )
        )
    again = card_issuer.ensure(tmp_path / "ca", now, os.urandom)
    assert {each.verifiable_certificate for each in made} == {again.verifiable_certificate}
    files = list((tmp_path / "ca").iterdir())
    assert {path.name for path in files} == {
        "card-issuer.pem", "card-issuer-root.pem", "card-document-signer.pem"
    }  # fmt: skip
    assert {S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_signer_of_another_root_is_named(tmp_path: Path, now: datetime) -> None:
    for place in ("one", "two"):
        card_issuer.ensure(tmp_path / place, now, os.urandom)
    signer = tmp_path / "one" / "card-document-signer.pem"
    signer.write_bytes((tmp_path / "two" / signer.name).read_bytes())
    with pytest.raises(AuthorityFileError, match=r"not what card-issuer-root\.pem signed"):
        card_issuer.ensure(tmp_path / "one", now, os.urandom)


def test_keys_are_not_shown(issuer: CardIssuer) -> None:
    assert "RSAPrivateKey" not in repr(issuer)
