import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.apdu import Command, masked
from card_reader.errors import MalformedApduError

octet = st.integers(0, 255)
commands = st.builds(
    Command,
    octet,
    octet,
    octet,
    st.binary(max_size=300),
    st.none() | st.integers(1, 0x10000),
    octet,
)


@given(commands)
@settings(deadline=None)
def test_what_is_written_reads_the_same(command: Command) -> None:
    assert Command.parse(bytes(command)) == command


@given(
    st.binary(max_size=600) | st.binary(max_size=600).map(lambda body: b"\0\xb0\0\0\0" + body)
)
@settings(deadline=None)
def test_any_bytes_are_a_command_or_refused(apdu: bytes) -> None:
    try:
        command = Command.parse(apdu)
    except MalformedApduError:
        return
    assert Command.parse(bytes(command)) == command


@pytest.mark.parametrize(
    ("apdu", "data", "le"),
    [
        pytest.param("00200080", "", None, id="case 1"),
        pytest.param("00B00000D9", "", 0xD9, id="case 2 short"),
        pytest.param("00B0000000", "", 256, id="case 2 short, Le 00"),
        pytest.param("00B00000000200", "", 512, id="case 2 extended"),
        pytest.param("00B00000000000", "", 65536, id="case 2 extended, Le 0000"),
        pytest.param("00A4020C020018", "0018", None, id="case 3 short"),
        pytest.param("00A4020C0000020018", "0018", None, id="case 3 extended"),
        pytest.param("802A008001AA00", "AA", 256, id="case 4 short"),
        pytest.param("802A0080000001AA0000", "AA", 65536, id="case 4 extended"),
    ],
)
def test_each_case_of_iso_7816_is_read(apdu: str, data: str, le: int | None) -> None:
    command = Command.parse(bytes.fromhex(apdu))
    assert (command.data.hex().upper(), command.le) == (data, le)


@pytest.mark.parametrize(
    "apdu",
    [
        pytest.param("", id="nothing"),
        pytest.param("00A404", id="shorter than a header"),
        pytest.param("00A4020C0200", id="data shorter than Lc"),
        pytest.param("00A4020C0100180000", id="bytes after Le"),
        pytest.param("00B000000000", id="half an extended Le"),
        pytest.param("00A4020C000000AA", id="extended Lc of zero"),
        pytest.param("00A4020C000002AA", id="data shorter than extended Lc"),
        pytest.param("802A0080000001AA00", id="half an extended Le after data"),
    ],
)
def test_lengths_that_disagree_are_refused(apdu: str) -> None:
    with pytest.raises(MalformedApduError):
        Command.parse(bytes.fromhex(apdu))


@pytest.mark.parametrize("length", [0x10001, 0x20000])
def test_more_than_an_apdu_can_hold_is_refused(length: int) -> None:
    with pytest.raises(MalformedApduError):
        bytes(Command(0xB0, le=length))


@given(st.sampled_from([0x20, 0x24, 0x2C, 0x32]), st.binary(min_size=1, max_size=16))
@settings(deadline=None)
def test_a_trace_never_shows_a_pin(ins: int, pin: bytes) -> None:
    for apdu in (
        bytes(Command(ins, data=pin)),
        bytes(Command(ins, data=pin, le=0x10000)),
        bytes((0, ins, 0, 0)) + pin,
    ):
        shown = masked(apdu)
        assert len(shown) == len(apdu)
        assert set(shown[5:]) <= {ord("*")}


def test_a_trace_shows_commands_without_a_pin() -> None:
    apdu = bytes(Command.select_ef(0x0018))
    assert masked(apdu) == apdu
    assert masked(bytes(Command.verify())) == bytes(Command.verify())
