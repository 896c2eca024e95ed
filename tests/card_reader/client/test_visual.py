from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.session import Session
from card_reader.client.visual import Birth, Face, MyNumberImage, Visual, VisualInformation
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError
from card_reader.spec.person import Sex
from card_reader.spec.visual import VisualEF, VisualTag
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made, opened
from tests.card_reader.printed import (
    BIRTH_KEY,
    NUMBER,
    NUMBER_B,
    Issuer,
    Printed,
    forged,
)

Read = Callable[[Visual], object]
FILES: dict[str, Read] = {
    "birth": Visual.birth,
    "face": Visual.face,
    "number": Visual.my_number_image,
    "certificate": Visual.certificate,
    "information": Visual.information,
}
FREE = {"certificate", "information"}


@pytest.mark.parametrize(
    ("secret", "value", "files"),
    [
        pytest.param("birth_key", BIRTH_KEY, {"birth"}, id="date of birth"),
        pytest.param("number_a", NUMBER, {"face", "number"}, id="number A"),
        pytest.param("number_b", NUMBER_B, {"face"}, id="number B"),
    ],
)
def test_each_secret_opens_its_files(
    conversation: Session, secret: str, value: str, files: set[str]
) -> None:
    visual = Visual(conversation)
    assert opened(FILES, visual) == FREE
    getattr(visual, secret).verify(value)
    assert opened(FILES, visual) == FREE | files


def test_the_face_of_a_card_is_read_as_typed_values(
    conversation: Session, issuer: Issuer
) -> None:
    visual, printed = Visual(conversation), Printed()
    visual.number_a.verify(NUMBER)
    face, number = visual.face(), visual.my_number_image()
    assert (face.born, face.sex, face.expires) == ("19800217", Sex.FEMALE, "20350217")
    assert face.portrait == printed.portrait
    assert (face.name_image, face.address_image) == (printed.name_image, printed.address_image)
    assert face.security_code_image == printed.security_code_image
    assert number.image == printed.my_number_image
    assert visual.information().municipality == "13221"
    visual.birth_key.verify(BIRTH_KEY)
    assert visual.birth().born == "19800217"
    for read in (face, number, visual.birth()):
        assert read.record.key == issuer.card.public_key()
    assert repr((face, number, visual.birth())).count("19800217") == 0


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda it: b"\xff\xff" + it, id="filler in front"),
        pytest.param(lambda it: it + b"\xff" * 512, id="filler behind"),
    ],
)
def test_filler_around_the_face_does_no_harm(
    made: Made, printed: Contents, changed: Callable[[bytes], bytes]
) -> None:
    content = changed(printed.visual.files[VisualEF.FACE])
    visual = Visual(made(forged(printed, {}, {VisualEF.FACE: content})))
    visual.number_b.verify(NUMBER_B)
    assert visual.face().portrait == Printed().portrait


@pytest.mark.parametrize(
    ("ef", "read", "content"),
    [
        pytest.param(1, Visual.birth, encode(0xFF10, encode(0xDF11, b"1980")), id="no day"),
        pytest.param(2, Visual.face, b"\xff\x20\x82\x10\x00", id="ends before its images"),
        pytest.param(2, Visual.face, encode(0xFF20, encode(0xDF22, b"")), id="lacks objects"),
        pytest.param(3, Visual.information, encode(0xFF30, b"\xdf"), id="half a tag"),
        pytest.param(
            3, Visual.information, encode(0xFF30, encode(0xDF31, b"1")), id="short version"
        ),
        pytest.param(5, Visual.my_number_image, encode(0xFF40, encode(0xDF41, b"")), id="key"),
    ],
)
def test_a_malformed_file_is_named(
    made: Made, printed: Contents, ef: int, read: Read, content: bytes
) -> None:
    visual = Visual(made(forged(printed, {}, {ef: content})))
    visual.number_a.verify(NUMBER)
    visual.birth_key.verify(BIRTH_KEY)
    with pytest.raises(MalformedDataError, match=f"EF {ef:04X} of 券面事項確認AP"):
        read(visual)


@pytest.mark.parametrize(
    "parse", [Birth.parse, Face.parse, MyNumberImage.parse, VisualInformation.parse]
)
@given(content=st.binary(max_size=40), template=st.sampled_from(list(VisualTag)))
@settings(deadline=None)
def test_any_file_is_read_or_malformed(
    parse: Callable[[bytes], object], content: bytes, template: int
) -> None:
    for tried in (content, encode(template, content)):
        with suppress(MalformedDataError):
            parse(tried)
