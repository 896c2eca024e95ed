"""`mynasim consent prohibit`, `prohibited` and `lift`."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from mynaportal_sim.cli.consent import app
from mynaportal_sim.cli.failures import CommandError

HANAKO = ("--resident", "sato-hanako")
ORDER = ("prohibit", *HANAKO, "--by", "court", "--category", "medication", "--reason", "仮処分")


def consent(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "--data", str(data)])


def test_what_a_court_prohibits_stands_until_it_lifts_it(data: Path) -> None:
    placed = json.loads(consent(data, *ORDER, "--json").output)
    assert (placed["by"], placed["category"], placed["app"]) == ("court", "medication", None)
    assert json.loads(consent(data, "prohibited", *HANAKO, "--json").output) == [placed]
    assert "仮処分" in consent(data, "prohibited", *HANAKO).output
    assert consent(data, "lift", placed["id"], *HANAKO, "--by", "court").exit_code == 0
    assert "Nothing is prohibited" in consent(data, "prohibited", *HANAKO).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((*ORDER[:-1], " "), "reason", id="no reason"),
        pytest.param((*ORDER, "--app", "app-9"), "mynasim app list", id="no such app"),
        pytest.param((*ORDER, "--category", "shoes"), "choose of", id="no such category"),
        pytest.param((*ORDER, "--resident", "nobody"), "no persona nobody", id="nobody"),
        pytest.param(
            ("lift", str(UUID(int=1)), *HANAKO, "--by", "court"), "prohibited", id="none such"
        ),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    data: Path, arguments: tuple[str, ...], said: str
) -> None:
    failed = consent(data, *arguments)
    assert isinstance(failed.exception, CommandError)
    assert said in str(failed.exception)
    assert json.loads(consent(data, "prohibited", *HANAKO, "--json").output) == []


def test_only_who_prohibited_lifts(data: Path) -> None:
    placed = json.loads(consent(data, *ORDER, "--json").output)
    failed = consent(data, "lift", placed["id"], *HANAKO, "--by", "authority")
    assert "court, who alone can lift it" in str(failed.exception)
