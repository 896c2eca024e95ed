import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.errors import MalformedDataError
from card_reader.tlv import HEAD_MAX, Head


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param("0500", 2, id="empty value"),
        pytest.param("307F", 129, id="longest short form"),
        pytest.param("3081FF", 258, id="one length byte"),
        pytest.param("308204D9", 1245, id="a certificate"),
        pytest.param("3084000100FF", 0x100FF + 6, id="four length bytes"),
    ],
)
def test_a_head_tells_how_long_the_object_is(data: str, whole: int) -> None:
    assert Head.parse(bytes.fromhex(data)).whole_length == whole


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("30", id="no length"),
        pytest.param("3080", id="indefinite length"),
        pytest.param("308204", id="ends inside the length"),
        pytest.param("30850000000001", id="five length bytes"),
        pytest.param("7F218202", id="tag of several bytes"),
    ],
)
def test_what_is_no_head_is_refused(data: str) -> None:
    with pytest.raises(MalformedDataError):
        Head.parse(bytes.fromhex(data))


@given(st.binary(max_size=12))
@settings(deadline=None)
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    try:
        head = Head.parse(data)
    except MalformedDataError:
        return
    assert head.tag == data[0]
    assert 2 <= head.header_length <= min(HEAD_MAX, len(data))
    assert head == Head.parse(data[: head.header_length])
