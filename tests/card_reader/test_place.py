"""What may be sent again after somebody else has reset the card, and what never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader.apdu import CARRIES_PIN, Command
from card_reader.place import Place
from card_reader.spec import EF, JPKI_AID, TEXT_AID

JPKI = bytes(Command.select(JPKI_AID))
TEXT = bytes(Command.select(TEXT_AID))
PIN_FILE = bytes(Command.select_ef(EF.AUTHENTICATION_PIN))
CERTIFICATE = bytes(Command.select_ef(EF.AUTHENTICATION_CERTIFICATE))
READ = bytes(Command.read_binary(0, 256))
READ_BY_SHORT_EF = bytes.fromhex("00B08A0000")
TRIES = bytes(Command.verify())
VERIFY = bytes(Command.verify(b"1234"))
SIGN = bytes(Command.sign(b"x" * 51))
OK = b"\x90\x00"


def place(*sent: bytes, answer: bytes = OK) -> Place:
    """Where a conversation stands whose commands were all answered by `answer`."""
    there = Place()
    for command in sent:
        there.note(command, answer)
    return there


@pytest.mark.parametrize(
    ("sent", "way"),
    [
        pytest.param([], (), id="nothing yet"),
        pytest.param([JPKI], (JPKI,), id="an application"),
        pytest.param([JPKI, CERTIFICATE, READ, READ], (JPKI, CERTIFICATE), id="a file"),
        pytest.param([JPKI, CERTIFICATE, PIN_FILE, TRIES], (JPKI, PIN_FILE), id="the last"),
        pytest.param(
            [JPKI, PIN_FILE, READ_BY_SHORT_EF], (JPKI, READ_BY_SHORT_EF), id="short EF id"
        ),
        pytest.param([JPKI, CERTIFICATE, TEXT], (TEXT,), id="another application"),
        pytest.param([JPKI, PIN_FILE, VERIFY], None, id="not after a PIN"),
        pytest.param([JPKI, PIN_FILE, VERIFY, JPKI], None, id="never again after a PIN"),
        pytest.param([JPKI, SIGN], None, id="not after a signature"),
        pytest.param([b"\x00"], None, id="not after what is no command"),
    ],
)
def test_the_way_back_leads_to_what_was_chosen(
    sent: list[bytes], way: tuple[bytes, ...] | None
) -> None:
    assert place(*sent).way_for(READ) == way


def test_a_choice_that_failed_is_not_made_again() -> None:
    there = place(JPKI)
    there.note(TEXT, b"\x6a\x82")
    assert there.way_for(READ) == (JPKI,)


def test_a_pin_that_got_no_answer_may_have_been_verified() -> None:
    assert place(JPKI, VERIFY, answer=b"").way_for(READ) is None


@given(st.binary(max_size=30))
def test_no_pin_is_ever_sent_again(command: bytes) -> None:
    carries_pin = len(command) > 4 and command[1] in CARRIES_PIN
    assert not carries_pin or place(JPKI, PIN_FILE).way_for(command) is None


@pytest.mark.parametrize("command", [VERIFY, SIGN, bytes.fromhex("80A4040C")])
def test_only_reading_is_repeated(command: bytes) -> None:
    assert place(JPKI, PIN_FILE).way_for(command) is None
