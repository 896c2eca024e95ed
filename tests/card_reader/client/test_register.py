from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.register import CardObjects, CardRecord, Common, Juki, JukiRecord
from card_reader.client.session import Session
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError, StatusError
from card_reader.spec.register import RootTag
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made
from tests.card_reader.client.test_session import Recording
from tests.card_reader.printed import JUKI_RECORD, RECORD, SERIAL

READ = RECORD.hex() + "9000"


def test_the_record_of_a_card_is_read_as_typed_values(conversation: Session) -> None:
    record = Common(conversation).record()
    assert record.serial == SERIAL.decode()
    assert (record.municipality, record.expires) == ("13221", "20350217")
    assert record.manufacture_number == SERIAL.decode()[2:]
    assert record.serial not in repr(record)
    assert Juki(conversation).record().key_id == JUKI_RECORD


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
def test_the_record_of_the_resident_register_is_16_bytes_or_malformed(
    made: Made, printed: Contents, record: bytes, key_id: bytes | None
) -> None:
    juki = Juki(made(replace(printed, register=replace(printed.register, juki_record=record))))
    if key_id:
        assert juki.record().key_id == key_id
        return
    with pytest.raises(MalformedDataError, match="EF 0002 of 住基AP"):
        juki.record()


def test_what_the_card_tells_without_an_application_is_read(conversation: Session) -> None:
    Common(conversation)
    told = CardObjects.read(conversation)
    assert (told.card, told.municipality, told.expires) == (
        SERIAL.decode(),
        "13221",
        "20350217",
    )
    assert told.issuer == JUKI_RECORD
    assert told.contact_atr == bytes.fromhex("E000FF8131FE4514")
    assert [it.issuer_key_id.rstrip(b"\0") for it in told.certificates] == [b"6000023/001"]


def test_a_card_may_tell_nothing(made: Made, printed: Contents) -> None:
    told = CardObjects.read(made(replace(printed, data_objects={})))
    assert told == CardObjects(None, None, None, None, None, (), None)


def test_an_object_may_come_with_its_tag(made: Made, printed: Contents) -> None:
    objects = {tag: encode(tag, value) for tag, value in printed.data_objects.items()}
    assert CardObjects.read(made(replace(printed, data_objects=objects))).expires == "20350217"


def test_an_object_longer_than_a_short_answer_is_asked_for_again() -> None:
    card = Recording("6700", "AA" * 300 + "9000")
    assert len(Session(card).get_data(RootTag.CERTIFICATES)) == 300
    assert card.heard == ["00CA00F800", "00CA00F8000000"]


@pytest.mark.parametrize("tag", [RootTag.EXPIRES, RootTag.MUNICIPALITY, RootTag.CERTIFICATES])
def test_a_malformed_object_is_named(made: Made, printed: Contents, tag: RootTag) -> None:
    objects = printed.data_objects | {tag: b"\xff"}
    with pytest.raises(MalformedDataError, match=f"Data object {tag:04X}"):
        CardObjects.read(made(replace(printed, data_objects=objects)))


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_record_is_read_or_malformed(record: bytes) -> None:
    for parse in (CardRecord.parse, JukiRecord.parse):
        with suppress(MalformedDataError):
            parse(record)
