from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.common import CardRecord, Common
from card_reader.client.session import Session
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError, StatusError
from tests.card_reader.client.conftest import Made
from tests.card_reader.client.test_session import Recording
from tests.card_reader.printed import RECORD, SERIAL

READ = RECORD.hex() + "9000"


def test_the_record_of_a_card_is_read_as_typed_values(conversation: Session) -> None:
    record = Common(conversation).record()
    assert record.serial == SERIAL.decode()
    assert (record.municipality, record.expires) == ("13221", "20350217")
    assert record.manufacture_number == SERIAL.decode()[2:]
    assert record.serial not in repr(record)


@pytest.mark.parametrize("refusal", ["6A86", "6A81"])
def test_a_card_that_knows_no_short_name_is_asked_for_the_selected_file(refusal: str) -> None:
    card = Recording("9000", refusal, "9000", READ)
    assert Common(Session(card)).record().expires == "20350217"
    assert card.heard[1:] == ["00B2010C00", "00A4020C020001", "00B2010400"]


def test_a_record_that_is_not_there_is_an_error() -> None:
    with pytest.raises(StatusError, match="6A83"):
        Common(Session(Recording("9000", "6A83"))).record()


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"\x01\x1b" + RECORD[3:], id="27 digits"),
        pytest.param(b"\x02" + RECORD[1:], id="another tag"),
        pytest.param(RECORD[:-1] + b"A", id="a letter"),
        pytest.param(RECORD[:-1], id="cut"),
    ],
)
def test_a_malformed_record_is_named(made: Made, printed: Contents, record: bytes) -> None:
    register = replace(printed.register, common_record=record)
    common = Common(made(replace(printed, register=register)))
    with pytest.raises(MalformedDataError, match="EF 0001 of 共通カードAP"):
        common.record()


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_record_is_read_or_malformed(record: bytes) -> None:
    with suppress(MalformedDataError):
        CardRecord.parse(record)
