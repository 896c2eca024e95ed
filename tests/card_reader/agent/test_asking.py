"""A person is asked by a window, at a terminal, or on a reader's keys: C3, C4, C7 and C8."""

import asyncio
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from card_reader.agent.line import line_from
from card_reader.agent.pin import No, Pin, Shown
from card_reader.agent.terminal import Terminal
from card_reader.agent.window_process import Windowed
from card_reader.apdu import Command
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.errors import MalformedDataError
from card_reader.pinpad import Feature, features, verify_structure
from tests.card_reader.agent.kit import House, Meddled, Person
from tests.card_reader.agent.process import Running, ready
from tests.card_reader.agent.screen import ALLOW, displayed, typing

SHOWN = Shown(
    origin="https://portal.example",
    service="mynaportal-sim",
    purpose="login",
    request_code="K7Q-M2X",
    card="マイナンバーカード (JPKIAPICCTOKEN2)",
    reader="reader",
    simulation=True,
)


def going_on() -> bool:
    return False


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A display that nobody sees."""
    with displayed() as name:
        yield name


DIGITS = ("1", "2", "3", "4", "Return")


@pytest.mark.parametrize(
    ("left", "keys", "expected"),
    [
        pytest.param(3, DIGITS, "1234", id="PIN"),
        pytest.param(3, ("1", "2", "Return", "3", "4", "Return"), "1234", id="C4 two digits"),
        pytest.param(3, ("1", "Escape"), No.CANCELLED, id="C7 cancelled"),
        pytest.param(1, ("y", "e", "s", "Tab", *DIGITS), "1234", id="C3 yes"),
        pytest.param(1, ("n", "o", "Tab", *DIGITS), No.NOT_CONFIRMED, id="C3 no"),
    ],
)
def test_a_window_takes_the_pin(
    screen: str,
    monkeypatch: pytest.MonkeyPatch,
    left: int,
    keys: tuple[str, ...],
    expected: str | No,
) -> None:
    monkeypatch.setenv("DISPLAY", screen)
    with Windowed().opened(SHOWN) as prompt:
        with typing(screen, "Confirm", "Return"):
            assert prompt.agree(going_on) is None
        with typing(screen, "PIN", *keys):
            entered = prompt.pin(left, going_on)
    assert (entered.text() if isinstance(entered, Pin) else entered) == expected


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        pytest.param(("Return",), False, id="Enter alone"),
        pytest.param(ALLOW, True, id="the button that allows"),
    ],
)
def test_a_window_asks_whether_a_site_may_pair(
    screen: str, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], allowed: bool
) -> None:
    monkeypatch.setenv("DISPLAY", screen)
    with typing(screen, "Pairing", *keys):
        assert Windowed().pairs("https://portal.example", going_on) is allowed


def test_a_window_that_is_no_longer_wanted_is_gone(
    screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen)
    with Windowed().opened(SHOWN) as prompt:
        assert prompt.agree(lambda: True) is No.CANCELLED
    assert windows(screen) == b""


@pytest.fixture
def windowed(screen: str, card_path: Path, tmp_path: Path) -> Iterator[Running]:
    """An agent in whose window somebody has let a page pair."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    running = ready(tmp_path, nothing, "--card", card_path, DISPLAY=screen)
    os.close(nothing)
    try:
        with typing(screen, "Pairing", *ALLOW):
            running.pair()
        yield running
    finally:
        running.process.terminate()
        running.process.wait(10)


def test_a_login_goes_through_the_agents_window(screen: str, windowed: Running) -> None:
    op = windowed.begin()
    with typing(screen, "Confirm", "Return"):
        windowed.until(op, "waiting_pin")
    with typing(screen, "PIN", *DIGITS):
        assert windowed.until(op, "done")["token"]["alg"] == "RS256"


@pytest.mark.parametrize("end", ["the page cancels", "the agent is killed"])
def test_a_window_does_not_outlive_what_it_asks_for(
    screen: str, windowed: Running, end: str
) -> None:
    op = windowed.begin()
    with typing(screen, "Confirm", "Return"):
        windowed.until(op, "waiting_pin")
    with typing(screen, "PIN", "1", "2"):
        pass
    if end == "the page cancels":
        assert windowed.ask("DELETE", f"/v1/operations/{op}") == {"state": "cancelled"}
    else:
        windowed.process.kill()
    deadline = time.monotonic() + 10
    while windows(screen):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def windows(screen: str) -> bytes:
    """The ids of the agent's windows on this display."""
    search = ["xdotool", "search", "--onlyvisible", "--name", "mynasim"]
    environment = {**os.environ, "DISPLAY": screen}
    return subprocess.run(search, env=environment, capture_output=True, check=False).stdout


@pytest.mark.skipif(find_spec("_tkinter") is None, reason="apt-get install python3-tk")
def test_without_a_display_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISPLAY", "nowhere:0")
    with Windowed().opened(SHOWN) as prompt:
        assert prompt.agree(going_on) is No.NOBODY
    capfd.readouterr()


@contextmanager
def at_terminal(*dialogue: tuple[str, str]) -> Iterator[tuple[Terminal, list[str]]]:
    """A terminal, and a person who types each answer once the text before it is there."""
    own, theirs = pty.openpty()
    shown = [""]

    def talk() -> None:
        for prompt, answer in dialogue:
            while prompt not in shown[0]:
                shown[0] += os.read(own, 4096).decode("utf-8", "replace")
            shown[0] = shown[0].partition(prompt)[2]
            os.write(own, answer.encode())

    thread = Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield Terminal(os.ttyname(theirs)), shown
        thread.join(5)
        time.sleep(0.05)
        os.set_blocking(own, False)
        with open(own, "rb", closefd=False) as rest:
            shown.append((rest.read() or b"").decode("utf-8", "replace"))
    finally:
        os.close(theirs)
        os.close(own)


@pytest.mark.parametrize(
    ("left", "dialogue", "expected"),
    [
        pytest.param(3, (("left: 3", "1234\n"),), "1234", id="PIN"),
        pytest.param(3, (("left: 3", "\x04"),), No.CANCELLED, id="C7 end of input"),
        pytest.param(1, (('"yes"', "no\n"),), No.NOT_CONFIRMED, id="C3 no"),
        pytest.param(1, (('"yes"', "yes\n"), ("left: 1", "1234\n")), "1234", id="C3 yes"),
    ],
)
def test_a_terminal_takes_the_pin_and_does_not_show_it(
    left: int, dialogue: tuple[tuple[str, str], ...], expected: str | No
) -> None:
    agreeing = ("[y/N]", "y\n")
    with (
        at_terminal(agreeing, *dialogue) as (terminal, shown),
        terminal.opened(SHOWN) as prompt,
    ):
        assert prompt.agree(going_on) is None
        entered = prompt.pin(left, going_on)
    assert (entered.text() if isinstance(entered, Pin) else entered) == expected
    assert "1234" not in "".join(shown)


@pytest.mark.parametrize(
    ("answer", "allowed"), [("y\n", True), ("n\n", False), ("\n", False), ("yes\n", False)]
)
def test_a_terminal_asks_whether_a_site_may_pair(answer: str, allowed: bool) -> None:
    with at_terminal(("https://portal.example", ""), ("[y/N]", answer)) as (terminal, _):
        assert terminal.pairs("https://portal.example", going_on) is allowed


def test_without_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    terminal = Terminal(str(tmp_path / "none"))
    assert terminal.pairs("https://portal.example", going_on) is False
    with terminal.opened(SHOWN) as prompt:
        assert prompt.agree(going_on) is No.NOBODY
        assert prompt.pin(3, going_on) is No.NOBODY


def test_c8_who_does_not_type_is_not_waited_for() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"12")
    assert line_from(reading, going_on, 0.2) is No.TIMED_OUT
    os.close(writing)
    os.close(reading)


def test_a_pin_is_zeroed_and_never_shown() -> None:
    entered = bytearray(b"1234")
    pin = Pin(entered)
    assert "1234" not in repr(pin)
    with pin:
        assert pin.text() == "1234"
    assert entered == bytes(4)


class WithKeys(Meddled):
    """A card on a reader with keys, on which `typed` is typed, or nothing."""

    has_pinpad = True
    typed = b"1234"
    said = b""

    def verify_on_pinpad(self, structure: bytes) -> bytes:
        head, apdu = structure[:19], structure[19:]
        assert head[15:19] == len(apdu).to_bytes(4, "little")
        assert apdu == bytes.fromhex("0020008004FFFFFFFF")
        return self.said or self.transmit(bytes(Command.verify(self.typed)))


@pytest.mark.parametrize(
    ("typed", "said", "end", "left"),
    [
        pytest.param(b"1234", b"", {"state": "done"}, 3, id="right"),
        pytest.param(
            b"9999",
            b"",
            {"state": "failed", "error": "pin_incorrect", "retries_left": 2},
            2,
            id="wrong",
        ),
        pytest.param(
            b"", b"\x64\x00", {"state": "failed", "error": "pin_timeout"}, 3, id="nothing"
        ),
        pytest.param(b"", b"\x64\x01", {"state": "cancelled"}, 3, id="cancel key"),
        pytest.param(
            b"",
            b"\x64\x03",
            {"state": "failed", "error": "pin_malformed", "retries_left": 3},
            3,
            id="too short",
        ),
    ],
)
def test_a_pin_is_typed_on_the_reader_that_has_keys(
    card_path: Path, typed: bytes, said: bytes, end: dict[str, Any], left: int
) -> None:
    async def run() -> tuple[House, Any]:
        house = House(card_path, Person())
        keyed = WithKeys(house.card.card)
        keyed.typed, keyed.said = typed, said
        house.table.card = keyed
        return house, await house.login()

    house, told = asyncio.run(run())
    assert {k: v for k, v in told.items() if k not in {"token", "hint"}} == end
    assert house.person.asked == ["agree", "pinpad 3"]
    assert tries(card_path, JPKI_PIN) == left


def test_a_readers_features_are_read_as_it_tells_them() -> None:
    told = bytes.fromhex("06044233000C07044233000D")
    assert features(told) == {
        Feature.VERIFY_PIN_DIRECT: 0x4233000C,
        Feature.MODIFY_PIN_DIRECT: 0x4233000D,
    }
    assert features(b"") == {}
    for broken in (told[:-1], bytes.fromhex("060242330000")):
        with pytest.raises(MalformedDataError):
            features(broken)


def test_the_readers_keys_are_told_what_a_pin_is() -> None:
    """PC/SC part 10, 2.5.2: 60 s, ASCII, a block of 4 bytes, 4 digits, ended by a key."""
    assert verify_structure(4, 60.0) == bytes.fromhex(
        "3C3C 82 04 00 0404 02 01 1104 00 000000 09000000 0020008004FFFFFFFF"
    )
