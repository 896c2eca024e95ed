"""What lies on a card, read from its files' bytes and the issuer's certificate alone."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from io import BytesIO

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

from card_reader.emulator.contents import Contents
from card_reader.spec import BIRTH_KEY, NUMBER_A, NUMBER_B
from card_reader.tlv import Element, elements
from mynaportal_sim.issuing.contents import contents_of
from mynaportal_sim.issuing.particulars import CardNumbers, Particulars
from mynaportal_sim.pki import card_issuer
from mynaportal_sim.pki.card_issuer import CardIssuer
from mynaportal_sim.residents import numbers, personas
from mynaportal_sim.residents.model import Resident

NOW = datetime(2026, 11, 28, 3, 4, 5, tzinfo=UTC)
EXPIRES = date(2035, 4, 12)
NUMBERS = CardNumbers("012345678901234", "2285")


@pytest.fixture(scope="module")
def issuer() -> CardIssuer:
    return card_issuer.create(NOW, os.urandom)


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def residents() -> dict[str, Resident]:
    known = personas.load(None, NOW.date())
    return {persona.id: personas._resident(persona, os.urandom) for persona in known}


@pytest.fixture(scope="module")
def cards(
    issuer: CardIssuer, key: RSAPrivateKey, residents: dict[str, Resident]
) -> dict[str, Contents]:
    return {
        persona: contents_of(Particulars(resident, NUMBERS, EXPIRES), issuer, key, "1234")
        for persona, resident in residents.items()
    }


@pytest.fixture(scope="module")
def hanako(cards: dict[str, Contents]) -> Contents:
    return cards["sato-hanako"]


def _key(objects: bytes) -> RSAPublicKey:
    exponent, modulus = elements(objects)
    assert (exponent.tag, modulus.tag, len(modulus.value)) == (0x90, 0x91, 256)
    return RSAPublicNumbers(
        *(int.from_bytes(one.value) for one in (exponent, modulus))
    ).public_key()


def _inner(file: bytes, tag: int) -> Element:
    return next(one for one in Element.parse(file) if one.tag == tag)


def _signer(certificate: bytes, root: RSAPublicKey) -> RSAPublicKey:
    body, signature = Element.parse(certificate)
    root.verify(signature.value, body.value, PKCS1v15(), SHA256())
    return _key(body.value[32:])


def _vouched(record: bytes, signer: RSAPublicKey) -> list[int]:
    """The tags of a record whose last object is `signer`'s signature of the others."""
    *objects, signature = Element.parse(record)
    signed = b"".join(bytes(one) for one in objects)
    signer.verify(signature.value, signed, PKCS1v15(), SHA256())
    return [one.tag for one in (*objects, signature)]


def _image(png: bytes) -> Image.Image:
    image = Image.open(BytesIO(png))
    image.load()
    return image


def test_the_number_is_twelve_digits_and_two_bytes_of_filler(
    hanako: Contents, residents: dict[str, Resident]
) -> None:
    number = residents["sato-hanako"].my_number
    assert hanako.text.files[1] == bytes.fromhex("FF100C") + number.encode() + b"\xff\xff"
    assert not numbers.could_be_real(number)


@pytest.mark.parametrize(
    ("persona", "told"),
    [
        pytest.param(
            "sato-hanako",
            ["佐藤\u3000花子", "東京都清瀬市緑風台２丁目１４番７号", "19850412", "2"],
            id="usual",
        ),
        pytest.param("yoshida-sho", ["吉田\u3000翔", None, None, None], id="stand-in"),
    ],
)
def test_the_four_attributes_are_told_and_their_table_says_where(
    persona: str, told: list[str | None], cards: dict[str, Contents]
) -> None:
    file = cards[persona].text.files[2]
    table, *attributes = Element.parse(file)
    assert [one.tag for one in attributes] == [0xDF22, 0xDF23, 0xDF24, 0xDF25]
    for one, expected in zip(attributes, told, strict=True):
        assert expected is None or one.value.decode() == expected
    offsets = [int.from_bytes(table.value[at : at + 2]) for at in range(0, 8, 2)]
    assert [Element.parse(file[at:]) for at in offsets] == attributes


def test_an_address_is_in_full_width(
    issuer: CardIssuer, key: RSAPrivateKey, residents: dict[str, Resident]
) -> None:
    narrow = replace(residents["sato-hanako"], address="東京都清瀬市緑風台2-14 A棟")
    card = contents_of(Particulars(narrow, NUMBERS, EXPIRES), issuer, key, "1234")
    address = _inner(card.text.files[2], 0xDF23).value.decode()
    assert address == "東京都清瀬市緑風台２－１４\u3000Ａ棟"  # noqa: RUF001  what is meant


def test_the_text_application_s_files_are_vouched_for(
    cards: dict[str, Contents], issuer: CardIssuer, key: RSAPrivateKey
) -> None:
    for card in cards.values():
        files = card.text.files
        signer = _signer(files[4], issuer.root_key.public_key())
        assert _vouched(files[3], signer) == [0xDF31, 0xDF32, 0xDF33]
        assert _vouched(files[7], signer) == [0xDF51, 0xDF52]
        assert _inner(files[3], 0xDF31).value == sha256(files[1]).digest()
        _, *attributes = Element.parse(files[2])
        digest = sha256(b"".join(map(bytes, attributes))).digest()
        assert _inner(files[3], 0xDF32).value == digest
        assert _key(_inner(files[7], 0xDF51).value) == key.public_key()


def test_the_visual_application_s_files_are_vouched_for(
    cards: dict[str, Contents], issuer: CardIssuer, key: RSAPrivateKey
) -> None:
    for card in cards.values():
        files = card.visual.files
        signer = _signer(files[4], issuer.root_key.public_key())
        assert _vouched(files[1], signer) == [0xDF11, 0xDF12, 0xDF13]
        assert _vouched(files[5], signer) == [0xDF41, 0xDF42, 0xDF43]
        _table, *face = Element.parse(files[2])
        assert [one.tag for one in face] == list(range(0xDF22, 0xDF2B))
        raw = [bytes(one) for one in face]
        digests = [sha256(b"".join(raw[a:b])).digest() for a, b in ((0, 3), (3, 5), (5, 6))]
        prefix = bytes.fromhex("3071300D060960864801650304020105000460")
        signature = face[6].value
        signed = signer.recover_data_from_signature(signature, PKCS1v15(), None)
        assert signed == prefix + b"".join(digests)
        assert _key(face[2].value) == key.public_key()


@pytest.mark.parametrize("file", [3, 7])
def test_what_was_changed_is_not_vouched_for(
    file: int, hanako: Contents, issuer: CardIssuer
) -> None:
    signer = _signer(hanako.text.files[4], issuer.root_key.public_key())
    changed = bytearray(hanako.text.files[file])
    changed[20] ^= 1
    with pytest.raises(InvalidSignature):
        _vouched(bytes(changed), signer)


def test_the_face_s_table_says_where_its_objects_begin(cards: dict[str, Contents]) -> None:
    for card in cards.values():
        file = card.visual.files[2]
        table, *face = Element.parse(file)
        offsets = [int.from_bytes(table.value[at : at + 2]) for at in range(0, 18, 2)]
        assert [Element.parse(file[at:]) for at in offsets] == face


def test_images_are_of_the_kinds_and_sizes_on_a_card(cards: dict[str, Contents]) -> None:
    for card in cards.values():
        face = card.visual.files[2]
        texts = [_image(_inner(face, tag).value) for tag in (0xDF25, 0xDF26)]
        code = _image(_inner(face, 0xDF2A).value)
        number = _image(_inner(card.visual.files[5], 0xDF41).value)
        assert {(one.format, one.mode) for one in (*texts, code, number)} == {("PNG", "1")}
        assert (code.size, number.size) == ((24, 12), (72, 12))
        portrait = _image(_inner(face, 0xDF27).value)
        assert (portrait.format, portrait.mode) == ("JPEG2000", "L")
        assert _inner(face, 0xDF27).value[4:8] == b"jP  "  # JP2, not a bare codestream
        assert len(face) < 10_000


def test_no_two_people_have_one_portrait_and_each_keeps_theirs(
    cards: dict[str, Contents],
    issuer: CardIssuer,
    key: RSAPrivateKey,
    residents: dict[str, Resident],
) -> None:
    portraits = [_inner(card.visual.files[2], 0xDF27).value for card in cards.values()]
    assert len(set(portraits)) == len(portraits)
    again = Particulars(residents["sato-hanako"], CardNumbers.draw(os.urandom), EXPIRES)
    face = contents_of(again, issuer, key, "1234").visual.files[2]
    assert _inner(face, 0xDF27) == _inner(cards["sato-hanako"].visual.files[2], 0xDF27)


def test_the_numbers_that_open_a_card_are_made_of_what_stands_on_it(
    hanako: Contents, residents: dict[str, Resident]
) -> None:
    opened = (hanako.text, hanako.visual)
    assert {one.number_a for one in opened} == {residents["sato-hanako"].my_number}
    assert {one.number_b for one in opened} == {"60041220352285"}
    assert hanako.visual.birth == "600412"
    assert NUMBER_A.accepts(str(hanako.text.number_a))
    assert NUMBER_B.accepts(hanako.text.number_b)
    assert BIRTH_KEY.accepts(hanako.visual.birth)


@pytest.mark.parametrize(
    ("born", "birth"),
    [
        pytest.param("1926-12-24", "151224", id="last day of Taisho"),
        pytest.param("1926-12-25", "011225", id="first day of Showa"),
        pytest.param("1989-01-07", "640107", id="last day of Showa"),
        pytest.param("2019-05-01", "010501", id="first day of Reiwa"),
        pytest.param("1873-01-01", "060101", id="Meiji"),
    ],
)
def test_birth_is_written_in_the_year_of_its_era(
    born: str, birth: str, residents: dict[str, Resident]
) -> None:
    person = replace(residents["sato-hanako"], born=date.fromisoformat(born))
    assert Particulars(person, NUMBERS, EXPIRES).birth_key == birth


def test_the_records_have_serial_municipality_and_expiry_and_a_key_s_id(
    hanako: Contents,
) -> None:
    record = Element.parse(hanako.register.common_record)
    assert (record.tag, record.value) == (0x01, b"0123456789012341322120350412")
    reference = Element.parse(hanako.register.juki_record)
    assert (reference.tag, len(reference.value)) == (0x01, 16)


def test_the_master_file_tells_of_card_and_issuer(hanako: Contents, issuer: CardIssuer) -> None:
    objects = hanako.data_objects
    assert set(objects) == {0x42, 0x45, 0x66, 0xF0, 0xF2, 0xF8, 0x7F21, 0x5F51}
    assert all(Element.parse(one).tag == tag for tag, one in objects.items())
    assert Element.parse(objects[0xF2]).value == b"20350412"
    root = issuer.root_key.public_key()
    [of_root] = Element.parse(objects[0xF8])
    assert _signer(bytes(of_root), root) == root
    assert _signer(objects[0x7F21], root) == issuer.signer_key.public_key()


def test_what_nobody_knows_of_real_cards_says_simulation(hanako: Contents) -> None:
    rest = {
        _inner(hanako.text.files[5], 0xDF43).value,
        _inner(hanako.visual.files[3], 0xDF35).value,
    }
    assert sorted(map(len, rest)) == [128, 272]
    assert all(b"SIMULATION" in one for one in rest)
    assert b"SIMULATION" in hanako.register.juki_record


def test_drawn_numbers_have_their_digits() -> None:
    for drawn in (CardNumbers.draw(lambda n: b"\xff" * n), CardNumbers.draw(bytes)):
        assert (len(drawn.serial), len(drawn.security_code)) == (15, 4)
        assert (drawn.serial + drawn.security_code).isdecimal()
