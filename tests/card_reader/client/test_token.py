"""CK_TOKEN_INFO of cards that were seen, of others that could be, and of none."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.client.token import TokenInfo
from card_reader.errors import MalformedDataError
from card_reader.spec.token import CARD_FLAGS, TokenFlag

SEEN = (
    b"JPKIAPICCTOKEN2".ljust(32)
    + b"J-LIS".ljust(32)
    + b"model".ljust(16, b"\0")
    + b" 12 ".ljust(16)
    + bytes.fromhex("0000040D000000010000000000000001000000000000001000000006")
    + b"\xff" * 16
    + b"0301"
    + b"9" * 16
)


def test_a_token_is_told_as_typed_values(session: Session) -> None:
    token = Jpki(session).token_info()
    assert (token.label, token.manufacturer) == ("JPKIAPICCTOKEN2", "SIMULATION")
    assert (token.model, token.serial) == ("mynaportal-sim", "")
    assert token.flags == CARD_FLAGS == 0x40D
    counts = (token.max_sessions, token.sessions, token.max_writing_sessions)
    assert (*counts, token.writing_sessions) == (1, 0, 1, 0)
    assert (token.max_pin_length, token.min_pin_length) == (16, 6)
    assert (token.hardware_version, token.firmware_version) == ("03", "01")
    assert token.utc_time == "9" * 16


def test_padding_is_no_part_of_a_text_and_the_serial_number_is_in_no_representation() -> None:
    token = TokenInfo.parse(SEEN + b"\xff\xff")
    assert (token.manufacturer, token.model, token.serial) == ("J-LIS", "model", " 12")
    assert "12" not in repr(token)


def changed(at: int, new: bytes) -> bytes:
    return SEEN[:at] + new + SEEN[at + len(new) :]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(changed(100, b"\xff" * 4), {"max_sessions": None}, id="not told"),
        pytest.param(changed(140, b"\x02\x28"), {"hardware_version": "2.40"}, id="two numbers"),
        pytest.param(
            changed(96, bytes.fromhex("80040000")),
            {"flags": TokenFlag.USER_PIN_LOCKED | 0x80000000},
            id="a flag without a name",
        ),
        pytest.param(changed(32, "機構".encode()), {"manufacturer": "機構"}, id="UTF-8"),
    ],
)
def test_what_other_tokens_tell_is_read(content: bytes, expected: dict[str, object]) -> None:
    token = TokenInfo.parse(content)
    assert {name: getattr(token, name) for name in expected} == expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(SEEN[:-1], id="a byte short"),
        pytest.param(changed(0, b"\xff"), id="no text"),
    ],
)
def test_what_is_no_token_info_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedDataError):
        TokenInfo.parse(content)


@given(st.binary(min_size=150, max_size=170))
@settings(deadline=None)
def test_any_file_is_read_or_malformed(content: bytes) -> None:
    with suppress(MalformedDataError):
        TokenInfo.parse(content)
