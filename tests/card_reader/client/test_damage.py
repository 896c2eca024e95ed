"""Files of a genuine card with a few bytes changed, cut or pushed in."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.common import CardRecord
from card_reader.client.text import (
    Attributes,
    Integrity,
    MyNumber,
    TextInformation,
    signed_key,
)
from card_reader.client.verifiable import VerifiableCertificate
from card_reader.client.visual import Birth, Face, MyNumberImage, VisualInformation
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError
from card_reader.spec.text import TextEF
from card_reader.spec.visual import VisualEF
from card_reader.tlv import Element, encode

Parse = Callable[[bytes], object]
FILES: dict[str, tuple[Parse, Callable[[Contents], bytes]]] = {
    "number": (MyNumber.parse, lambda held: held.text.files[TextEF.MY_NUMBER]),
    "attributes": (Attributes.parse, lambda held: held.text.files[TextEF.ATTRIBUTES]),
    "integrity": (Integrity.parse, lambda held: held.text.files[TextEF.INTEGRITY]),
    "certificate": (
        VerifiableCertificate.parse,
        lambda held: held.text.files[TextEF.CERTIFICATE],
    ),
    "text information": (
        TextInformation.parse,
        lambda held: held.text.files[TextEF.BASIC_INFORMATION],
    ),
    "signed key": (signed_key, lambda held: held.text.files[TextEF.SIGNED_KEY]),
    "birth": (Birth.parse, lambda held: held.visual.files[VisualEF.BIRTH]),
    "face": (Face.parse, lambda held: held.visual.files[VisualEF.FACE]),
    "number's image": (
        MyNumberImage.parse,
        lambda held: held.visual.files[VisualEF.MY_NUMBER_IMAGE],
    ),
    "visual information": (
        VisualInformation.parse,
        lambda held: held.visual.files[VisualEF.BASIC_INFORMATION],
    ),
    "record": (CardRecord.parse, lambda held: held.register.common_record),
}

changes = st.lists(
    st.tuples(st.integers(0, 600), st.binary(max_size=3), st.booleans()), min_size=1, max_size=4
)


@pytest.mark.parametrize("name", FILES)
@given(made=changes, cut=st.integers(0, 2000))
@settings(deadline=None, max_examples=60)
def test_a_damaged_file_is_read_or_malformed(
    printed: Contents, name: str, made: list[tuple[int, bytes, bool]], cut: int
) -> None:
    parse, of = FILES[name]
    content = of(printed)
    for place, new, pushed in made:
        at = place % len(content)
        content = content[:at] + new + content[at + (0 if pushed else len(new)) :] or b"\0"
    for damaged in (content, content[:cut]):
        with suppress(MalformedDataError):
            parse(damaged)


def with_each_object_twice(content: bytes) -> Iterator[bytes]:
    """Once for each object of the file's template: with another of its tag behind all."""
    template = Element.parse(content)
    for each in template:
        yield encode(template.tag, template.value + encode(each.tag, b"another"))


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"number", "record", "certificate"}))
def test_a_file_with_an_object_twice_is_malformed(printed: Contents, name: str) -> None:
    parse, of = FILES[name]
    for content in with_each_object_twice(of(printed)):
        with pytest.raises(MalformedDataError, match="is there twice"):
            parse(content)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_there_twice_is_malformed(printed: Contents, name: str) -> None:
    parse, of = FILES[name]
    for between in (b"", b"\xff" * 3):
        with pytest.raises(MalformedDataError, match="is there twice"):
            parse(of(printed) + between + of(printed))


@pytest.mark.parametrize("name", FILES)
def test_an_undamaged_file_is_read(printed: Contents, name: str) -> None:
    parse, of = FILES[name]
    assert parse(of(printed))
