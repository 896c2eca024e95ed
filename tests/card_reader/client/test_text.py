from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.session import Session
from card_reader.client.text import (
    Attributes,
    Integrity,
    MyNumber,
    Text,
    TextInformation,
    signed_key,
)
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError
from card_reader.spec.person import Sex
from card_reader.spec.text import TextEF, TextTag
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made, opened
from tests.card_reader.printed import (
    NUMBER,
    NUMBER_B,
    TEXT_PIN,
    Issuer,
    Printed,
    forged,
)

Read = Callable[[Text], object]
FILES: dict[str, Read] = {
    "number": Text.my_number,
    "attributes": Text.attributes,
    "integrity": Text.integrity,
    "session key": Text.session_key,
    "signed key": Text.signed_key,
    "certificate": Text.certificate,
    "information": Text.information,
}
FREE = {"certificate", "information"}


@pytest.mark.parametrize(
    ("secret", "value", "closed"),
    [
        pytest.param("pin", TEXT_PIN, set(), id="PIN"),
        pytest.param("number_a", NUMBER, {"attributes"}, id="number A"),
        pytest.param("number_b", NUMBER_B, {"number"}, id="number B"),
    ],
)
def test_each_secret_opens_its_files(
    conversation: Session, secret: str, value: str, closed: set[str]
) -> None:
    text = Text(conversation)
    assert opened(FILES, text) == FREE
    getattr(text, secret).verify(value)
    assert opened(FILES, text) == FILES.keys() - closed


def test_the_text_of_a_card_is_read_as_typed_values(
    conversation: Session, issuer: Issuer
) -> None:
    text, printed = Text(conversation), Printed()
    text.pin.verify(TEXT_PIN)
    read, number = text.attributes(), text.my_number()
    assert (read.name, read.address) == (printed.name, printed.address)
    assert (read.born, read.sex) == ("19800217", Sex.FEMALE)
    assert number.digits == NUMBER
    assert number.digest == text.integrity().number_digest
    assert read.digest == text.integrity().attributes_digest
    assert text.signed_key().key == text.session_key() == issuer.card.public_key()
    assert text.information().version == bytes.fromhex("01030E01")
    assert text.certificate().subject_key_id.rstrip(b"\0") == b"1322121/000"


@pytest.mark.parametrize("personal", [NUMBER, "佐藤", "清瀬", "1980"])
def test_what_is_personal_is_in_no_representation(conversation: Session, personal: str) -> None:
    text = Text(conversation)
    text.pin.verify(TEXT_PIN)
    values = (text.my_number(), text.attributes(), text.integrity(), text.signed_key())
    assert personal not in repr(values)


def with_inside(content: bytes, tag: int, more: bytes) -> bytes:
    """The same template with more objects behind those that it has."""
    at = 4 if content[2] == 0x81 else 3
    return encode(tag, content[at:] + more)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda it: b"\x00\x00" + it, id="two bytes in front, as cards of 2023"),
        pytest.param(lambda it: it + b"\xff" * 40, id="filler behind"),
        pytest.param(lambda it: it + bytes(40), id="zeros behind"),
        pytest.param(
            lambda it: with_inside(it, TextTag.ATTRIBUTES, encode(0xDF7F, b"?")),
            id="an object that nobody knows",
        ),
    ],
)
def test_where_and_between_what_the_objects_lie_is_of_no_account(
    made: Made, printed: Contents, changed: Callable[[bytes], bytes]
) -> None:
    content = changed(printed.text.files[TextEF.ATTRIBUTES])
    text = Text(made(forged(printed, {TextEF.ATTRIBUTES: content}, {})))
    text.pin.verify(TEXT_PIN)
    read = text.attributes()
    assert (read.name, read.address, read.born) == (
        "佐藤\u3000花子",
        Printed().address,
        "19800217",
    )


@pytest.mark.parametrize(
    ("ef", "read", "content"),
    [
        pytest.param(1, Text.my_number, encode(0xFF10, b"12345678901"), id="eleven digits"),
        pytest.param(1, Text.my_number, encode(0xFF10, b"1234567890AB"), id="letters"),
        pytest.param(1, Text.my_number, b"\xff" * 17, id="filler only"),
        pytest.param(2, Text.attributes, b"\xff\x20\x7f\xdf", id="ends inside"),
        pytest.param(2, Text.attributes, encode(0xFF20, encode(0xDF22, b"A")), id="no address"),
        pytest.param(
            3, Text.integrity, encode(0xFF30, encode(0xDF31, b"A")), id="no signature"
        ),
        pytest.param(4, Text.certificate, encode(0x7F21, encode(0x5F4E, b"id")), id="no key"),
        pytest.param(
            5, Text.information, encode(0xFF40, encode(0xDF41, bytes(5))), id="long version"
        ),
        pytest.param(6, Text.session_key, encode(0xA1, encode(0x91, b"\x05")), id="tiny key"),
        pytest.param(7, Text.signed_key, encode(0xFF50, b""), id="empty"),
    ],
)
def test_a_malformed_file_is_named(
    made: Made, printed: Contents, ef: int, read: Read, content: bytes
) -> None:
    text = Text(made(forged(printed, {ef: content}, {})))
    text.pin.verify(TEXT_PIN)
    with pytest.raises(MalformedDataError, match=f"EF {ef:04X} of 券面事項入力補助AP"):
        read(text)


def test_the_digest_of_the_number_is_that_of_its_whole_file() -> None:
    content = encode(TextTag.MY_NUMBER, NUMBER.encode()) + b"\xff\xff"
    assert MyNumber.parse(content + b"\xff" * 9).digest == sha256(content).digest()


@pytest.mark.parametrize(
    "parse",
    [MyNumber.parse, Attributes.parse, Integrity.parse, signed_key, TextInformation.parse],
)
@given(content=st.binary(max_size=40), template=st.sampled_from(list(TextTag)))
@settings(deadline=None)
def test_any_file_is_read_or_malformed(
    parse: Callable[[bytes], object], content: bytes, template: int
) -> None:
    for tried in (content, encode(template, content)):
        with suppress(MalformedDataError):
            parse(tried)
