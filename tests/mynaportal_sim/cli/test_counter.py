"""Life events by commands; and the documentation's table is that of the code."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mynaportal_sim.cli.counter import app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.issuing import telling
from mynaportal_sim.issuing.life_events import LifeEvent

PAGE = Path(__file__).parents[3] / "docs" / "counter.md"
HANAKO = "sato-hanako"
ADDRESS = "東京都清瀬市松風台４丁目５番６号"


def counter(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "--data", str(data)])


def told(data: Path, *arguments: str) -> Any:
    done = counter(data, *arguments, "--json")
    assert done.exit_code == 0, done.output or done.exception
    return json.loads(done.output)


def test_a_card_is_issued_moved_with_lost_found_and_shown(data: Path) -> None:
    issued = told(data, "issue", HANAKO, "--pin", "4321")
    assert issued["card"]["status"] == "active"
    moved = told(data, "move", HANAKO, "--address", ADDRESS)
    assert moved["address"] == ADDRESS
    assert moved["card"]["number"] == issued["card"]["number"]
    states = {name: one["state"] for name, one in moved["card"]["certificates"].items()}
    assert states == {"user_authentication": "good", "signing": "revoked"}
    readings = ("--kana", "スズキ,ハナコ", "--romaji", "Suzuki,Hanako")
    renamed = told(data, "change-name", HANAKO, "--family", "鈴木", *readings)
    assert (renamed["kana"], renamed["romaji"]) == ("スズキ\u3000ハナコ", "Suzuki Hanako")
    told(data, "unblock", HANAKO, "--text-pin", "4321", "--register-pin", "4321")
    for command, status in (("lose", "suspended"), ("find", "active")):
        assert told(data, command, HANAKO)["card"]["status"] == status
    shown = counter(data, "show", HANAKO).output
    assert "signing              revoked" in shown
    assert "can be renewed from" in shown


def test_what_cannot_happen_is_a_sentence_that_says_what_helps(data: Path) -> None:
    for arguments, said in (
        (("lose", HANAKO), "issue one first"),
        (("lose", "nobody"), "there is no persona nobody"),
        (("move", HANAKO, "--address", ADDRESS, "--municipality", "99999"), "choose from"),
    ):
        failed = counter(data, *arguments)
        assert isinstance(failed.exception, CommandError), arguments
        assert said in str(failed.exception)


def test_there_is_no_counter_in_strict_mode(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYNASIM_MODE", "strict")
    monkeypatch.setenv("MYNASIM_TLS", "true")
    failed = counter(data, "show", HANAKO)
    assert isinstance(failed.exception, CommandError)
    assert "dev mode" in str(failed.exception)


def test_each_event_has_its_command_with_an_example() -> None:
    for event in LifeEvent:
        shown = CliRunner(env={"COLUMNS": "200"}).invoke(
            app, [telling.name_of(event), "--help"]
        )
        assert f"Example: mynasim counter {telling.name_of(event)}" in shown.output


def test_the_documentation_has_the_table_as_the_code_makes_it() -> None:
    printed = CliRunner().invoke(app, ["table"]).output.strip()
    assert printed == telling.markdown()
    assert printed in PAGE.read_text()
