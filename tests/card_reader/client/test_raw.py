import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_reader.client.raw import parse
from card_reader.errors import MalformedApduError


@pytest.mark.parametrize(
    ("text", "apdu"),
    [
        pytest.param("00200080", "00200080", id="header"),
        pytest.param("00a4020c:000A", "00A4020C02000A", id="data"),
        pytest.param("00b00000/00", "00B0000000", id="Le"),
        pytest.param("00b00000/0000", "00B00000000000", id="extended Le"),
        pytest.param("802a0080:AABB/00", "802A008002AABB00", id="data and Le"),
        pytest.param("00 A4 02 0C : 00 0A", "00A4020C02000A", id="spaces"),
        pytest.param("00200080:", "00200080", id="no data after the colon"),
    ],
)
def test_a_command_is_written_as_its_parts(text: str, apdu: str) -> None:
    assert bytes(parse(text)).hex().upper() == apdu


@pytest.mark.parametrize(
    "text",
    ["", "00a4", "00a4020c02000a", "00a4020c:0", "00a4020c:zz", "00b00000/", "00b00000/1"],
)
def test_what_is_no_command_is_refused(text: str) -> None:
    with pytest.raises(MalformedApduError):
        parse(text)


@given(st.from_regex(r"[0-9a-f]{8}:3132333435[0-9a-f]{0,3}[g-z]", fullmatch=True))
@settings(deadline=None)
def test_a_refusal_does_not_repeat_what_may_be_a_pin(text: str) -> None:
    with pytest.raises(MalformedApduError) as refusal:
        parse(text)
    assert "3132333435" not in str(refusal.value)
