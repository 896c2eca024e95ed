import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.errors import MalformedDataError
from card_reader.tlv import HEAD_MAX, Element, Head, by_tag, elements, encode, first, only


@pytest.mark.parametrize(
    ("data", "tag", "whole"),
    [
        pytest.param("0500", 0x05, 2, id="empty value"),
        pytest.param("307F", 0x30, 129, id="longest short form"),
        pytest.param("3081FF", 0x30, 258, id="one length byte"),
        pytest.param("308204D9", 0x30, 1245, id="a certificate"),
        pytest.param("3084000100FF", 0x30, 0x100FF + 6, id="four length bytes"),
        pytest.param("7F21820233", 0x7F21, 0x233 + 5, id="tag of two bytes"),
        pytest.param("5F810105", 0x5F8101, 9, id="tag of three bytes"),
    ],
)
def test_a_head_tells_how_long_the_object_is(data: str, tag: int, whole: int) -> None:
    head = Head.parse(bytes.fromhex(data))
    assert (head.tag, head.whole_length) == (tag, whole)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("30", id="no length"),
        pytest.param("3080", id="indefinite length"),
        pytest.param("308204", id="ends inside the length"),
        pytest.param("30850000000001", id="five length bytes"),
        pytest.param("7F", id="ends inside the tag"),
        pytest.param("7F81818100", id="tag of four bytes"),
    ],
)
def test_what_is_no_head_is_refused(data: str) -> None:
    with pytest.raises(MalformedDataError):
        Head.parse(bytes.fromhex(data))


def test_objects_are_found_behind_strange_bytes_and_before_filler() -> None:
    inner = encode(0xDF22, "佐藤　花子".encode()) + encode(0xDF25, b"2")
    file = b"\xff\x20" + encode(0xFF20, inner) + b"\xff" * 3
    name, sex = only(file, 0xFF20)
    assert name.value.decode() == "佐藤　花子"
    assert sex == Element(0xDF25, b"2")


def test_filler_between_objects_is_skipped() -> None:
    one, two = encode(0xFF10, b"1"), encode(0x90, b"2")
    data = b"\x00\xff\xff" + one + b"\xff\xff\xff" + two + b"\xff"
    assert [one.tag for one in elements(data)] == [0xFF10, 0x90]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("FF10", id="tag alone"),
        pytest.param("FF100C3132", id="ends inside the value"),
        pytest.param("FF20013100", id="another tag"),
    ],
)
def test_an_object_that_is_not_there_is_not_found(data: str) -> None:
    with pytest.raises(MalformedDataError):
        only(bytes.fromhex(data), 0xFF10)


def test_an_object_that_is_there_twice_is_refused() -> None:
    one, other = encode(0xFF10, b"1"), encode(0xFF10, b"2")
    for file in (one + other, one + one, b"\0" + one + b"\xff\xff" + other + b"\xff"):
        with pytest.raises(MalformedDataError, match="FF10 is there twice"):
            only(file, 0xFF10)
        with pytest.raises(MalformedDataError, match="FF10 is there twice"):
            by_tag(elements(file))
    assert only(one + other[:-1], 0xFF10).value == b"1", "half of one is none"


@given(st.binary(max_size=12))
@settings(deadline=None)
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    try:
        head = Head.parse(data)
    except MalformedDataError:
        return
    assert data.startswith(head.tag.to_bytes((head.tag.bit_length() + 7) // 8 or 1, "big"))
    assert 2 <= head.header_length <= min(HEAD_MAX, len(data))
    assert head == Head.parse(data[: head.header_length])


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_are_objects_or_refused(data: bytes) -> None:
    try:
        found = list(elements(data))
    except MalformedDataError:
        return
    again = b"".join(bytes(one) for one in found)
    assert list(elements(again)) == found


@given(
    st.sampled_from([0x30, 0x90, 0xFF10, 0x7F21, 0x5F4E, 0xDF2A]),
    st.binary(max_size=300),
    st.binary(max_size=3),
)
@settings(deadline=None)
def test_what_was_encoded_is_found_again(tag: int, value: bytes, after: bytes) -> None:
    assert first(encode(tag, value) + after, tag) == (Element(tag, value), after)
