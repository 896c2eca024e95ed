from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.juki import Juki, JukiRecord
from card_reader.client.session import Session
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made
from tests.card_reader.printed import JUKI_RECORD


def test_the_record_is_read_as_typed_values(conversation: Session) -> None:
    assert Juki(conversation).record().key_id == JUKI_RECORD


@pytest.mark.parametrize(
    ("record", "key_id"),
    [
        pytest.param(bytes(range(16)), bytes(range(16)), id="bare"),
        pytest.param(encode(1, bytes(range(16))), bytes(range(16)), id="as an object"),
        pytest.param(bytes(15), None, id="15 bytes"),
        pytest.param(encode(1, bytes(17)), None, id="an object of 17"),
        pytest.param(encode(2, bytes(16)), None, id="another tag"),
        pytest.param(b"\x01\x10" + bytes(15), None, id="cut"),
    ],
)
def test_the_record_is_16_bytes_or_malformed(
    made: Made, printed: Contents, record: bytes, key_id: bytes | None
) -> None:
    juki = Juki(made(replace(printed, register=replace(printed.register, juki_record=record))))
    if key_id:
        assert juki.record().key_id == key_id
        return
    with pytest.raises(MalformedDataError, match="EF 0002 of 住基AP"):
        juki.record()


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_record_is_read_or_malformed(record: bytes) -> None:
    with suppress(MalformedDataError):
        JukiRecord.parse(record)
