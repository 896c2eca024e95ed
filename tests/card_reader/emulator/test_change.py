"""A PIN is changed after its VERIFY, as each application does it."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from tests.card_reader.conftest import NUMBER_A
from tests.card_reader.emulator.kit import COMMON, JPKI, JUKI, TEXT, count, say, verify


def change(ef: int, value: str) -> str:
    """CHANGE REFERENCE DATA by short EF identifier."""
    return f"002401{0x80 | ef:02X}{len(value):02X}{value.encode().hex()}"


def change_key(ef: int, value: str) -> str:
    """CHANGE KEY by short EF identifier."""
    return f"803200{0x80 | ef:02X}{len(value):02X}{value.encode().hex()}"


class Change(NamedTuple):
    """Of one PIN: where it lies, its value, the command, and the value then."""

    application: str
    ef: int
    old: str
    command: str
    new: str


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(Change(JPKI, 0x18, "1234", change(0x18, "8765"), "8765"), id="JPKI"),
        pytest.param(Change(JPKI, 0x1B, "ABC123", change(0x1B, "XYZ789"), "XYZ789"), id="sign"),
        pytest.param(Change(TEXT, 0x11, "2345", change(0x11, "8765"), "8765"), id="text"),
        pytest.param(Change(JUKI, 0x1C, "3456", change_key(0x1C, "8765"), "8765"), id="juki"),
        pytest.param(
            Change(COMMON, 0x1C, "3456", change_key(0x1C, "8765"), "8765"), id="common"
        ),
    ],
)
def test_a_pin_that_was_verified_is_changed_for_good(
    whole_card: Card, whole_path: Path, one: Change
) -> None:
    assert say(whole_card, one.application, one.command)[1] == "6982"
    assert say(whole_card, verify(one.ef, one.old), one.command)[1] == "9000"
    whole_card.reset()
    for card in (whole_card, Card.load(whole_path)):
        assert say(card, one.application, verify(one.ef, one.new))[1] == "9000"
    assert say(whole_card, one.application, verify(one.ef, one.old))[1][:3] == "63C"


def test_juki_and_common_keep_their_pin_each(whole_card: Card, whole_path: Path) -> None:
    say(whole_card, COMMON, verify(0x1C, "3456"), change_key(0x1C, "9999"))
    assert say(whole_card, JUKI, verify(0x1C, "3456"))[1] == "9000"
    contents = read_card(whole_path).contents
    assert contents
    assert (contents.register.pin, contents.register.common_pin) == ("3456", "9999")


@pytest.mark.parametrize(
    ("commands", "sw"),
    [
        pytest.param([JPKI, verify(0x18, "1234"), change(0x1B, "ABC124")], "6982", id="other"),
        pytest.param([JPKI, verify(0x18, "1234"), change(0x18, "12a4")], "6A80", id="form"),
        pytest.param([JPKI, verify(0x18, "1234"), change(0x18, "12345")], "6A80", id="five"),
        pytest.param([JPKI, verify(0x1B, "ABC123"), change(0x1B, "ABCDEF")], "6A80", id="weak"),
        pytest.param([JPKI, verify(0x18, "1234"), "00240198"], "6700", id="nothing"),
        pytest.param([JPKI, verify(0x18, "1234"), change(0x18, "1" * 17)], "6700", id="17"),
        pytest.param([JPKI, verify(0x18, "1234"), "002400980438373635"], "6A86", id="P1"),
        pytest.param([JPKI, change(0x17, "1234")], "6981", id="a key"),
        pytest.param([JPKI, change_key(0x18, "1234")], "6D00", id="JICSAP's in JPKI"),
        pytest.param([JUKI, change(0x1C, "1234")], "6D00", id="ISO's in juki"),
        pytest.param([JUKI, verify(0x1C, "3456"), "8032019C0438373635"], "6A86", id="key P1"),
        pytest.param([TEXT, verify(0x14, NUMBER_A), change(0x14, "0" * 12)], "6982", id="A"),
        pytest.param([TEXT, change(0x12, "1234")], "6982", id="blocked for ever"),
    ],
)
def test_what_is_no_proper_change_is_refused(
    whole_card: Card, commands: list[str], sw: str
) -> None:
    assert say(whole_card, *commands)[1] == sw
    assert say(whole_card, JPKI, verify(0x18, "1234"))[1] == "9000"
    assert say(whole_card, verify(0x1B, "ABC123"))[1] == "9000"


def test_a_pin_that_another_reader_blocked_meanwhile_is_not_changed(
    whole_card: Card, whole_path: Path
) -> None:
    say(whole_card, JPKI, verify(0x18, "1234"))
    other = Card.load(whole_path)
    say(other, JPKI, *[verify(0x18, "0000")] * 3)
    assert say(whole_card, change(0x18, "8765"))[1] == "6984"
    assert say(other, count(0x18))[1] == "63C0"


KILLED_AS_IT_WRITES = """
import os, signal, sys
from pathlib import Path
from card_reader.emulator import store
from card_reader.emulator.card import Card
from tests.card_reader.emulator.kit import JPKI, say, verify

card = Card.load(Path(sys.argv[1]))
assert say(card, JPKI, verify(0x18, "1234"))[1] == "9000"

def torn(path, line):
    with path.open("ab") as file:
        file.write(line[: int(sys.argv[2])])
        file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

store.append = torn
say(card, "00240198043" + "837363" + "5")
"""


@pytest.mark.parametrize("written", [0, 1, 40, 200])
def test_a_change_that_is_cut_short_leaves_the_old_pin(whole_path: Path, written: int) -> None:
    command = [sys.executable, "-c", KILLED_AS_IT_WRITES, str(whole_path), str(written)]
    killed = subprocess.run(command, check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    card = Card.load(whole_path)
    assert say(card, JPKI, count(0x18))[1] == "63C3"
    assert say(card, verify(0x18, "1234"))[1] == "9000"
    assert say(Card.load(whole_path), JPKI, verify(0x18, "1234"))[1] == "9000"
