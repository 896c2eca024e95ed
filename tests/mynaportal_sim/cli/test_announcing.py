"""What `up` says of who can log in is so, whatever happened since they were made."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from card_reader.client.session import Session
from card_reader.emulator.card import Card
from mynaportal_sim.cli import counter
from mynaportal_sim.cli.announcing import announce
from mynaportal_sim.database import Database
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Mode, Settings

HANAKO = "sato-hanako"
WRONG_PINS = (
    "00a4040c0ad392f000260100000001",
    "00a4020c020018",
    *["002000800439393939"] * 3,
)


def deal(data: Path, *arguments: str) -> None:
    done = CliRunner().invoke(counter.app, [*arguments, "--data", str(data)])
    assert done.exit_code == 0, done.output or done.exception


def said(data: Path, capsys: pytest.CaptureFixture[str], mode: Mode = Mode.DEV) -> Any:
    """What is said of people, for programs, and the line of the first of them."""
    settings = Settings(data=data, mode=mode, tls=mode is Mode.STRICT)
    with closing(Database(settings.database_url)) as database:
        known = database.run(residents.everyone)
    capsys.readouterr()
    announce(settings, known, None, json=True)
    document = json.loads(capsys.readouterr().out)
    announce(settings, known, None, json=False)
    lines = [line for line in capsys.readouterr().out.splitlines() if HANAKO in line]
    return [one["pin"] for one in document["personas"]], " ".join(lines)


def test_each_pin_is_that_of_the_card_by_now(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pins, line = said(data, capsys)
    assert (pins, "no card" in line) == ([None], True)
    deal(data, "issue", HANAKO)
    assert said(data, capsys)[0] == ["1234"]
    deal(data, "unblock", HANAKO, "--pin", "4321")
    pins, line = said(data, capsys)
    assert (pins, "4321" in line, "pin_locked" in line) == (["4321"], True, False)
    session = Session(Card.load(Settings(data=data).cards / f"{HANAKO}.json"))
    for apdu in WRONG_PINS:
        session.exchange(bytes.fromhex(apdu))
    assert "pin_locked" in said(data, capsys)[1]


def test_a_strict_portal_tells_nobodys_pin(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deal(data, "issue", HANAKO)
    assert said(data, capsys, Mode.STRICT) == ([], "")
