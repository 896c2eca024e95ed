from dataclasses import replace

import pytest

from card_reader.client.common import Common
from card_reader.client.data_objects import CardObjects
from card_reader.client.session import Session
from card_reader.emulator.contents import Contents
from card_reader.errors import MalformedDataError
from card_reader.spec.register import RootTag
from card_reader.tlv import encode
from tests.card_reader.client.conftest import Made
from tests.card_reader.client.test_session import Recording
from tests.card_reader.printed import JUKI_RECORD, SERIAL


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
