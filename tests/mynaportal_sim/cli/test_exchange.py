"""`mynasim exchange record` and `mynasim exchange list`."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from consent.instants import rfc3339
from consent.japan import JST
from mynaportal_sim.cli.exchange import app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.exchange.errors import ExchangeError

RECORD = (
    *("record", "--inquirer", "清瀬市", "--provider", "立川市", "--resident", "sato-hanako"),
    *("--item", "所得の状況", "--item", "世帯の構成", "--purpose", "児童手当の審査"),
)


def exchange(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "--data", str(data)])


def test_what_was_recorded_is_listed(data: Path) -> None:
    asked = (Clock().now() - timedelta(days=6)).replace(microsecond=0)
    times = ("--requested-at", asked.astimezone(JST).isoformat())
    answered = ("--provided-at", (asked + timedelta(minutes=5)).isoformat())
    said = json.loads(exchange(data, *RECORD, *times, *answered, "--json").output)
    assert said["requested_at"] == rfc3339(asked)
    assert said["provided_at"] == rfc3339(asked + timedelta(minutes=5))
    assert said["items"] == ["所得の状況", "世帯の構成"]
    assert "recorded" in exchange(data, *RECORD, "--withheld", "life_or_safety").output
    listed = json.loads(exchange(data, "list", "--resident", "sato-hanako", "--json").output)
    assert [one["withheld"] for one in listed] == ["life_or_safety", None]
    assert listed[1] == said
    table = exchange(data, "list", "--resident", "sato-hanako").output
    assert table.index("life_or_safety") < table.index(rfc3339(asked))


def test_a_person_of_whom_nothing_is_kept_is_told_so(data: Path) -> None:
    assert "No exchange" in exchange(data, "list", "--resident", "sato-hanako").output


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        pytest.param(("--resident", "nobody"), CommandError, "no persona nobody", id="nobody"),
        pytest.param(("--inquirer", "立川市"), ExchangeError, "ask itself", id="oneself"),
        pytest.param(
            ("--purpose", "番号4908 7111 8275の調査"), ExchangeError, "My Number", id="a number"
        ),
        pytest.param(
            ("--requested-at", "2199-01-01T00:00:00Z"), ExchangeError, "future", id="the future"
        ),
    ],
)
def test_what_cannot_be_is_refused(
    data: Path, more: tuple[str, ...], error: type[Exception], says: str
) -> None:
    done = exchange(data, *RECORD, *more)
    assert isinstance(done.exception, error)
    assert says in str(done.exception)


def test_a_time_without_a_zone_is_refused_with_an_example(data: Path) -> None:
    done = exchange(data, *RECORD, "--requested-at", "2026-11-20 09:00")
    assert done.exit_code == 2
    assert "+09:00" in done.output
