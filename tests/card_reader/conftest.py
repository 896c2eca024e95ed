"""Cards to test with, whose certificates are small but marked as a simulation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.contents import (
    Contents,
    RegisterContents,
    TextContents,
    VisualContents,
)
from card_reader.emulator.personalise import CardData, write_card
from card_reader.spec import SIMULATION_OID, SIMULATION_VALUE

PIN = "1234"
PASSWORD = "ABC123"
NUMBER_A = "123456789010"
NUMBER_B = "55021720352285"
BIRTH = "550217"

Certify = Callable[[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, bool], bytes]


@pytest.fixture(scope="session")
def keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(65537, 2048) for _ in range(3)]


@pytest.fixture(scope="session")
def certify(keys: list[rsa.RSAPrivateKey]) -> Certify:
    """Makes the DER certificate of a key, with the simulation mark or without."""

    def certificate(
        name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, marked: bool
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SIMULATION CA")]))
            .public_key(key.public_key())
            .serial_number(0x0133C349)
            .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2031, 1, 1, tzinfo=UTC))
        )
        if marked:
            oid = x509.ObjectIdentifier(SIMULATION_OID)
            mark = x509.UnrecognizedExtension(oid, SIMULATION_VALUE)
            builder = builder.add_extension(mark, critical=False)
        return builder.sign(keys[2], SHA256()).public_bytes(Encoding.DER)

    return certificate


@pytest.fixture(scope="session")
def adult(keys: list[rsa.RSAPrivateKey], certify: Certify) -> CardData:
    authentication, signing, ca = keys
    return CardData(
        label="佐藤 花子",
        auth_key=authentication,
        auth_certificate=certify("authentication", authentication, True),
        auth_ca=certify("authentication CA", ca, True),
        signing_ca=certify("signing CA", ca, True),
        pin=PIN,
        signing_key=signing,
        signing_certificate=certify("signing", signing, True),
        password=PASSWORD,
    )


@pytest.fixture(scope="session")
def child(adult: CardData) -> CardData:
    return CardData(
        "佐藤 はる",
        adult.auth_key,
        adult.auth_certificate,
        adult.auth_ca,
        adult.signing_ca,
        PIN,
    )


@pytest.fixture(scope="session")
def whole(adult: CardData, keys: list[rsa.RSAPrivateKey]) -> CardData:
    """A card with all applications; its files say of each where they lie."""
    key = keys[2]
    return replace(
        adult,
        contents=Contents(
            text=TextContents(
                files={ef: b"text %d" % ef for ef in range(1, 9)},
                key=key,
                pin="2345",
                number_a=NUMBER_A,
                number_b=NUMBER_B,
            ),
            visual=VisualContents(
                files={ef: b"visual %d" % ef for ef in range(1, 7)},
                key=key,
                birth=BIRTH,
                number_a=NUMBER_A,
                number_b=NUMBER_B,
            ),
            register=RegisterContents(
                juki_record=b"\x01\x10" + b"k" * 16,
                common_record=b"\x01\x1c" + b"0" * 28,
                key=key,
                pin="3456",
            ),
            data_objects={0x0042: b"issuer", 0x7F21: b"c" * 300, 0x5F51: b"atr"},
        ),
    )


@pytest.fixture
def card_path(tmp_path: Path, adult: CardData) -> Path:
    path = tmp_path / "card.json"
    write_card(path, adult)
    return path


@pytest.fixture
def child_path(tmp_path: Path, child: CardData) -> Path:
    path = tmp_path / "child.json"
    write_card(path, child)
    return path


@pytest.fixture
def card(card_path: Path) -> Card:
    return Card.load(card_path)


@pytest.fixture
def session(card: Card) -> Session:
    return Session(card)


@pytest.fixture
def whole_path(tmp_path: Path, whole: CardData) -> Path:
    path = tmp_path / "whole.json"
    write_card(path, whole)
    return path


@pytest.fixture
def whole_card(whole_path: Path) -> Card:
    return Card.load(whole_path)
