"""The kinds of card: what a terminal notices of each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, read_card, write_card
from card_reader.errors import CardDataError
from card_reader.spec import SIMULATION_OID, SIMULATION_VALUE, CardKind
from tests.card_reader.emulator.kit import COMMON, JPKI, TEXT, count, read, say, verify

DIGEST = bytes(range(48))
SIGN_DIGEST = f"802A009730{DIGEST.hex()}00"


@pytest.fixture(scope="module")
def curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def on_curve(key: ec.EllipticCurvePrivateKey, signer: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SIMULATION NEXT")])
    mark = x509.UnrecognizedExtension(x509.ObjectIdentifier(SIMULATION_OID), SIMULATION_VALUE)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(mark, critical=False)
        .sign(signer, SHA256())
        .public_bytes(Encoding.DER)
    )


@pytest.fixture(scope="module")
def next_data(
    whole: CardData, keys: list[rsa.RSAPrivateKey], curve_key: ec.EllipticCurvePrivateKey
) -> CardData:
    certificate = on_curve(curve_key, keys[2])
    return replace(
        whole,
        kind=CardKind.NEXT,
        auth_key=curve_key,
        auth_certificate=certificate,
        signing_key=curve_key,
        signing_certificate=certificate,
    )


@pytest.fixture(scope="module")
def no_pin_data(whole: CardData) -> CardData:
    assert whole.contents
    contents = replace(
        whole.contents,
        text=replace(whole.contents.text, pin="", pin_tries=0),
        register=replace(whole.contents.register, pin="", juki_tries=0, common_tries=0),
    )
    return replace(
        whole,
        kind=CardKind.NO_PIN,
        contents=contents,
        pin="",
        pin_tries=0,
        signing_key=None,
        signing_certificate=None,
        password=None,
    )


@pytest.fixture
def made(tmp_path: Path) -> Callable[[CardData], Card]:
    """A card, by way of its file."""

    def made(data: CardData) -> Card:
        write_card(tmp_path / "card.json", data)
        assert read_card(tmp_path / "card.json").kind is data.kind
        return Card.load(tmp_path / "card.json")

    return made


def test_a_phone_shows_its_certificate_after_the_pin_and_has_jpki_alone(
    adult: CardData, made: Callable[[CardData], Card]
) -> None:
    phone = made(replace(adult, kind=CardKind.PHONE))
    assert say(phone, JPKI, read(6))[0][:32] == b"JPKIAPGPSETOKEN".ljust(32)
    assert say(phone, read(0x0A)) == (b"", "6982")
    assert say(phone, verify(0x1B, "ABC123"), read(0x0A))[1] == "6982"
    assert say(phone, read(0x0B))[1] == "9000"
    assert say(phone, verify(0x18, "1234"), read(0x0A))[0] == adult.auth_certificate[:256]
    assert say(phone, TEXT)[1] == "6A82"


def test_a_card_without_a_pin_answers_as_if_each_were_blocked(
    no_pin_data: CardData, made: Callable[[CardData], Card]
) -> None:
    card = made(no_pin_data)
    for application, ef in ((JPKI, 0x18), (JPKI, 0x1B), (TEXT, 0x11), (COMMON, 0x1C)):
        assert say(card, application, count(ef))[1] == "63C0"
        assert say(card, verify(ef, "1234"))[1] == "6984"
    assert say(card, JPKI, read(8))[0] == b"\x00\x8f\x00"
    assert say(card, read(0x0A))[1] == "9000"
    assert say(card, "802A009701AA00")[1] == "6982"
    assert say(card, TEXT, count(0x15))[1] == "63CA"


def test_a_next_card_signs_a_sha384_digest_on_p384(
    next_data: CardData,
    curve_key: ec.EllipticCurvePrivateKey,
    made: Callable[[CardData], Card],
) -> None:
    card = made(next_data)
    assert say(card, JPKI, read(6))[0][:32] == b"JPKISIMNEXTTOKEN".ljust(32)
    assert say(card, SIGN_DIGEST)[1] == "6982"
    signature, sw = say(card, verify(0x18, "1234"), SIGN_DIGEST)
    assert (len(signature), sw) == (96, "9000")
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    verifies = ec.ECDSA(Prehashed(SHA384()))
    curve_key.public_key().verify(encode_dss_signature(r, s), DIGEST, verifies)


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        pytest.param(f"802A00972F{'AA' * 47}00", "6700", id="47 bytes"),
        pytest.param(f"802A009731{'AA' * 49}00", "6700", id="49 bytes"),
        pytest.param(f"802A039730{'AA' * 48}00", "6A86", id="hashed by the card"),
        pytest.param(f"802A009730{'AA' * 48}5F", "6C60", id="Le too short"),
        pytest.param(f"802A009730{'AA' * 48}60", "9000", id="Le that fits"),
    ],
)
def test_a_next_card_takes_a_digest_and_nothing_else(
    next_data: CardData, made: Callable[[CardData], Card], command: str, sw: str
) -> None:
    assert say(made(next_data), JPKI, verify(0x18, "1234"), command)[1] == sw


def test_a_kind_has_its_own_keys_and_parts(
    tmp_path: Path, whole: CardData, no_pin_data: CardData, next_data: CardData
) -> None:
    small_key = ec.generate_private_key(ec.SECP256R1())
    wrong = {
        "a phone with a text application": replace(whole, kind=CardKind.PHONE),
        "a next card with RSA": replace(whole, kind=CardKind.NEXT),
        "a card with P-384": replace(next_data, kind=CardKind.CARD),
        "a next card with P-256": replace(next_data, auth_key=small_key),
        "a card without a PIN that has one": replace(no_pin_data, pin="1234", pin_tries=3),
        "one whose PIN was never set, with tries": replace(no_pin_data, pin_tries=3),
        "a card with an empty PIN": replace(whole, pin=""),
    }
    for what, data in wrong.items():
        with pytest.raises(CardDataError):
            write_card(tmp_path / "card.json", data)
        assert not list(tmp_path.iterdir()), what
