import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.apdu import Command, Response
from card_reader.client.guard import Guard, Guarded, guard_for
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.errors import CommandRefusedError
from card_reader.spec import EF, JPKI_AID, TEXT_AID, VISUAL_AID

JPKI = f"00A4040C0A{JPKI_AID.hex()}"
TEXT = f"00A4040C0A{TEXT_AID.hex()}"
VISUAL = f"00A4040C0A{VISUAL_AID.hex()}"


class AnotherCard:
    """A card without the JPKI application."""

    def transmit(self, command: bytes) -> bytes:
        return bytes(Response.status(0x6A82 if command[1] == 0xA4 else 0x6D00))


def passes(guard: Guard, *commands: str, sw: int = 0x9000) -> bool:
    """Whether the last of these commands would be sent; the card answers `sw` to each."""
    for text in commands[:-1]:
        command = Command.parse(bytes.fromhex(text))
        guard.check(command)
        guard.follow(command, Response.status(sw))
    try:
        guard.check(Command.parse(bytes.fromhex(commands[-1])))
    except CommandRefusedError:
        return False
    return True


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([JPKI], id="select JPKI"),
        pytest.param([JPKI, "00A4020C02000A"], id="select a certificate"),
        pytest.param([JPKI, "00A4020C020001"], id="0001 of JPKI is no number"),
        pytest.param([JPKI, "00A4020C02000A", "00B0000000"], id="read what was chosen"),
        pytest.param([TEXT, "00A4020C020004", "00B0010000"], id="the same of the text"),
        pytest.param([JPKI, "00B08A0000"], id="read by short EF id"),
        pytest.param([TEXT, "00A4020C020005"], id="0005 of the text application"),
        pytest.param([VISUAL, "00A4020C020003"], id="0003 of the visual application"),
        pytest.param([VISUAL, "00B0810000"], id="0001 of the visual application"),
        pytest.param([JPKI, "00B2010C00"], id="read a record"),
        pytest.param(["0084000008"], id="challenge"),
    ],
)
def test_reading_passes(commands: list[str]) -> None:
    assert passes(Guard(), *commands)


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(["00200080"], id="VERIFY, even empty"),
        pytest.param(["0024018004" + "31" * 4], id="change PIN"),
        pytest.param(["802A008001AA00"], id="sign"),
        pytest.param(["002C0080"], id="reset retry counter"),
        pytest.param(["0032008004" + "31" * 4], id="change key"),
        pytest.param(["0082000001AA"], id="external authenticate"),
        pytest.param(["0088009901AA00"], id="internal authenticate"),
        pytest.param(["80A4040C0AD392F000260100000001"], id="select of another class"),
        pytest.param(["00B1000000"], id="odd READ BINARY"),
        pytest.param(["00A4020C020001"], id="a file of who knows which application"),
        pytest.param(["00B0810000"], id="a short EF id of who knows which application"),
        pytest.param([TEXT, "00A4020C020001"], id="number as text"),
        pytest.param([TEXT, "00A4020C0101"], id="number as text, short name"),
        pytest.param([TEXT, "00A4020C03000100"], id="number as text, a byte behind it"),
        pytest.param([TEXT, "00A4020C03000001"], id="number as text, a byte before it"),
        pytest.param([TEXT, "00A4020C043F000001"], id="number as text, by path"),
        pytest.param([VISUAL, "00A4020C0300050000"], id="number as image, a byte behind it"),
        pytest.param([TEXT, "00A4020C"], id="no file"),
        pytest.param([TEXT, "00A4020E020002"], id="the next file"),
        pytest.param(["00A4040E0A" + JPKI_AID.hex()], id="the next application"),
        pytest.param(["00B0000000"], id="the file that somebody else chose"),
        pytest.param(["00B2010400"], id="a record of it"),
        pytest.param([TEXT, "00B0810000"], id="number as text by short EF id"),
        pytest.param([TEXT, "00B2010800"], id="number as text by record"),
        pytest.param([VISUAL, "00A4020C020005"], id="number as image"),
        pytest.param([VISUAL, "00B0850000"], id="number as image by short EF id"),
        pytest.param([VISUAL, "00B0E50000"], id="the same with bits that nobody uses"),
        pytest.param([VISUAL, "00B2012C00"], id="number as image by record"),
        pytest.param(["00CA00F000"], id="a data object of the card"),
        pytest.param(["00C0000000"], id="what an answer left behind"),
        pytest.param([f"00A4040C09{TEXT_AID[:9].hex()}"], id="part of a name"),
        pytest.param([f"00A4040C0B{TEXT_AID.hex()}00"], id="name with a tail"),
        pytest.param(["00A4040C"], id="no name"),
        pytest.param([TEXT, "00A4000C020001"], id="file by P1=00"),
        pytest.param([TEXT, "00A4080C020001"], id="file by path"),
    ],
)
def test_what_could_harm_or_reveal_does_not_pass(commands: list[str]) -> None:
    assert not passes(Guard(), *commands)


def test_a_selection_that_failed_is_not_followed() -> None:
    guard = Guard()
    assert passes(guard, TEXT, JPKI)
    guard.follow(Command.parse(bytes.fromhex(JPKI)), Response.status(0x6A82))
    assert not passes(guard, "00A4020C020001")


@pytest.mark.parametrize("sw", [0x6283, 0x6110, 0x6A82], ids="{:04X}".format)
def test_after_a_selection_that_may_have_taken_place_no_file_is_chosen(sw: int) -> None:
    guard = Guard()
    assert passes(guard, JPKI, "00A4020C020001")
    guard.follow(Command.parse(bytes.fromhex(TEXT)), Response.status(sw))
    assert not passes(guard, "00A4020C020001")
    assert not passes(guard, "00B0810000")


def test_what_the_guard_holds_back_does_not_reach_the_card(card: Card) -> None:
    heard: list[bytes] = []

    class Listening:
        def transmit(self, command: bytes) -> bytes:
            heard.append(command)
            return card.transmit(command)

    session = Session(Guarded(Listening()))
    session.select(JPKI_AID)
    with pytest.raises(CommandRefusedError):
        session.tries(EF.AUTHENTICATION_PIN)
    with pytest.raises(CommandRefusedError):
        session.select(TEXT_AID[:9])
    assert [command[1] for command in heard] == [0xA4, 0xA4]


def test_only_a_card_with_simulated_certificates_needs_no_guard(session: Session) -> None:
    assert guard_for(session) is None
    assert guard_for(Session(AnotherCard())) is not None


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
@settings(deadline=None)
def test_only_four_instructions_ever_pass(cla: int, ins: int, p1: int, p2: int) -> None:
    if passes(Guard(), bytes((cla, ins, p1, p2)).hex()):
        assert (cla, ins in {0x84, 0xA4, 0xB0, 0xB2}) == (0, True)
