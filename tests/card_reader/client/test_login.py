"""A challenge answered by each kind of card, with the algorithm of its key."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from card_reader.algorithm import Algorithm
from card_reader.client.consent import sign_consent
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.client.signing import signed
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, write_card
from card_reader.errors import MalformedDataError, NotVerifiedError
from card_reader.spec import CardKind, Kind
from card_reader.statement import Challenge, ConsentStatement
from tests.card_reader.conftest import PASSWORD, PIN, Certify

CHALLENGE = Challenge(
    "https://portal.test", "n", "l", "s", "agent", "2026-11-28T06:00:00Z", "x"
)
STATEMENT = ConsentStatement('{"shown":[]}')
KINDS = pytest.mark.parametrize("kind", [CardKind.CARD, CardKind.PHONE, CardKind.NEXT])


@pytest.fixture(scope="module")
def next_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


@pytest.fixture
def cards(
    tmp_path: Path, adult: CardData, certify: Certify, next_key: ec.EllipticCurvePrivateKey
) -> dict[CardKind, Card]:
    certificate = certify("next", next_key, True)
    parts = {
        "auth_key": next_key,
        "auth_certificate": certificate,
        "signing_key": next_key,
        "signing_certificate": certificate,
    }
    made = {
        CardKind.CARD: adult,
        CardKind.PHONE: replace(adult, kind=CardKind.PHONE),
        CardKind.NEXT: replace(adult, kind=CardKind.NEXT, **parts),  # type: ignore[arg-type]
    }
    for kind, data in made.items():
        write_card(tmp_path / kind, data)
    return {kind: Card.load(tmp_path / kind) for kind in made}


def verify(key: object, signature: bytes, message: bytes) -> None:
    if isinstance(key, rsa.RSAPrivateKey):
        key.public_key().verify(signature, message, PKCS1v15(), SHA256())
        return
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert len(signature) == 96
    pair = (int.from_bytes(half, "big") for half in (signature[:48], signature[48:]))
    key.public_key().verify(encode_dss_signature(*pair), message, ec.ECDSA(SHA384()))


@KINDS
def test_each_kind_of_card_answers_a_challenge(
    cards: dict[CardKind, Card],
    kind: CardKind,
    keys: list[rsa.RSAPrivateKey],
    next_key: ec.EllipticCurvePrivateKey,
) -> None:
    answer = sign_challenge(Jpki(Session(cards[kind])), CHALLENGE, PIN)
    statement = CHALLENGE.by(answer.certificate)
    assert statement.cert_sha256 == sha256(answer.certificate).hexdigest()
    key = next_key if kind is CardKind.NEXT else keys[0]
    verify(key, answer.signature, statement.tbs())
    expected = Algorithm.ES384 if kind is CardKind.NEXT else Algorithm.RS256
    assert answer.algorithm is expected


@KINDS
def test_each_kind_of_card_signs_a_consent(
    cards: dict[CardKind, Card],
    kind: CardKind,
    keys: list[rsa.RSAPrivateKey],
    next_key: ec.EllipticCurvePrivateKey,
) -> None:
    answer = sign_consent(Jpki(Session(cards[kind])), STATEMENT, PASSWORD)
    key = next_key if kind is CardKind.NEXT else keys[1]
    verify(key, answer.signature, STATEMENT.tbs())


def test_a_phone_keeps_its_certificate_until_its_pin_is_verified(
    cards: dict[CardKind, Card],
) -> None:
    jpki = Jpki(Session(cards[CardKind.PHONE]))
    with pytest.raises(NotVerifiedError):
        jpki.certificate(Kind.USER_AUTHENTICATION)


@pytest.mark.parametrize("certificate", [b"", b"\x30\x82\x01\x00"], ids=["empty", "cut"])
def test_what_is_no_certificate_of_a_card_signs_nothing(
    cards: dict[CardKind, Card], certificate: bytes
) -> None:
    jpki = Jpki(Session(cards[CardKind.CARD]))
    jpki.verify(Kind.USER_AUTHENTICATION, PIN)
    with pytest.raises(MalformedDataError):
        signed(jpki, Kind.USER_AUTHENTICATION, certificate, b"message")


def test_a_key_that_no_card_has_signs_nothing(
    cards: dict[CardKind, Card], certify: Certify
) -> None:
    certificate = certify("P-256", ec.generate_private_key(ec.SECP256R1()), True)
    with pytest.raises(MalformedDataError):
        signed(Jpki(Session(cards[CardKind.NEXT])), Kind.SIGNING, certificate, b"message")
