"""`mynasim login` logs in a browser that is somewhere else, and says what goes wrong."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from card_reader.emulator.personalise import read_card, write_card
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from mynaportal_sim.login.limit import SECOND_DEVICE_BURST
from tests.journeys.conftest import mostly_on
from tests.journeys.kit import PERSONA, Portal, Screen

pytestmark = mostly_on("sqlite", "portal")

PIN = "8642"


@pytest.fixture
def card(portal: Portal, tmp_path: Path) -> Path:
    """A copy of a persona's card: the same certificate, a PIN and tries of its own."""
    issued = read_card(portal.data / "cards" / f"{PERSONA}.json")
    copy = tmp_path / "card.json"
    write_card(copy, replace(issued, pin=PIN))
    return copy


@pytest.fixture
def screen(portal: Portal) -> Screen:
    return Screen(portal)


def test_a_card_here_logs_in_a_browser_there(
    portal: Portal, screen: Screen, card: Path
) -> None:
    command = ("login", "--portal", portal.url, "--code", screen.code, "--json")
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mynaportal_sim",
            *command,
            "--card",
            card,
            "--pin",
            PIN,
            "--yes",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=portal.environment,
    )
    assert running.stdout is not None
    digits = json.loads(running.stdout.readline())["confirm_code"]
    assert not screen.logged_in()
    assert screen.type(digits).status_code == 303
    _, said = running.communicate(timeout=10)
    assert running.returncode == 0, said
    assert "The browser is logged in" in said
    assert screen.logged_in()
    assert PIN not in portal.log.read_text()


@pytest.mark.parametrize("kind", ["phone", "next"])
def test_what_else_bears_a_certificate_logs_in_too(
    portal: Portal, screen: Screen, tmp_path: Path, kind: str
) -> None:
    """A phone shows its certificate after its PIN only; the next card has a key on P-384."""
    card = str(tmp_path / "card.json")
    portal.run("card", "new", "--out", card, "--kind", kind, "--pin", PIN)
    usual = ("--portal", portal.url, "--code", screen.code, "--yes", "--no-wait", "--json")
    told = json.loads(portal.run("login", *usual, "--card", card, "--pin", PIN))
    assert screen.type(told["confirm_code"]).status_code == 303
    assert screen.logged_in()


@pytest.mark.parametrize(
    ("options", "said", "left"),
    [
        pytest.param(("--pin", "9999", "--yes"), "2 tries left", 2, id="wrong PIN"),
        pytest.param(("--pin", "12", "--yes"), "no try was spent", 3, id="malformed PIN"),
        pytest.param(("--pin", PIN), "--yes does without", 3, id="nobody compares"),
        pytest.param(("--pin", PIN, "--yes", "--code", "x"), "no code", 3, id="no code"),
        pytest.param(
            ("--pin", PIN, "--yes", "--code", "A" * 22),
            "no screen shows",
            3,
            id="other code",
        ),
        pytest.param(
            ("--pin", PIN, "--yes", "--portal", "http://portal.example"),
            "only https",
            3,
            id="no TLS",
        ),
        pytest.param(
            ("--pin", PIN, "--yes", "--portal", "http://127.0.0.1:1"),
            "does not answer",
            3,
            id="portal down",
        ),
        pytest.param(
            ("--pin", PIN, "--yes", "--portal", "http://localhost:abc"),
            "no address",
            3,
            id="no port",
        ),
        pytest.param(("--card", "missing.json", "--yes"), "no such card file", 3, id="no card"),
    ],
)
def test_what_goes_wrong_is_said_and_nobody_is_logged_in(
    portal: Portal,
    screen: Screen,
    card: Path,
    options: tuple[str, ...],
    said: str,
    left: int,
) -> None:
    usual = ("--portal", portal.url, "--code", screen.code, "--card", str(card))
    told = portal.run("login", *usual, *options, status=1)
    assert said in told
    assert not screen.logged_in()
    assert tries(card, JPKI_PIN) == left


def test_a_locked_card_is_said_and_the_browser_learns_of_the_end(
    portal: Portal, screen: Screen, card: Path
) -> None:
    write_card(card, replace(read_card(card), pin_tries=0))
    usual = ("--portal", portal.url, "--code", screen.code, "--card", str(card), "--yes")
    assert "blocked" in portal.run("login", *usual, "--pin", PIN, status=1)
    assert "said no at the card reader" in screen.read()


def test_a_code_that_ran_out_is_said(portal: Portal, screen: Screen, card: Path) -> None:
    code = screen.code
    portal.run("clock", "forward", "61s")
    usual = ("--portal", portal.url, "--code", code, "--card", str(card), "--yes")
    assert "run out" in portal.run("login", *usual, "--pin", PIN, status=1)
    assert "Show a new code" in screen.read()


def test_nobody_says_from_where_they_come(portal: Portal) -> None:
    portal.run("clock", "forward", "61s")  # which no address need wait for
    http, answers = portal.client(), []
    for number in range(SECOND_DEVICE_BURST + 1):
        told = {"X-Forwarded-For": f"192.0.2.{number}", "Accept": "text/html"}
        page = http.get(f"{portal.url}/login", headers=told).text
        [csrf, *_] = re.findall(r'name="csrf" value="([0-9a-f]{64})"', page)
        form = {"csrf": csrf}
        answers.append(http.post(f"{portal.url}/auth/card/qr", data=form, headers=told))
    assert [one.status_code for one in answers] == [303] * SECOND_DEVICE_BURST + [429]
