"""`mynasim config show` tells what holds and why, and gives no secret away."""

import json
import os
import re
import subprocess
from collections.abc import Mapping

import pytest

from mynaportal_sim.setting_names import option
from mynaportal_sim.settings import Settings
from tests import commands


def _show(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    outer = {k: v for k, v in os.environ.items() if not k.startswith("MYNASIM_")}
    environment = {**outer, "HOME": "/nowhere", **variables}
    return commands.run(("config", "show", *arguments), environment)


def _settings(*arguments: str, **variables: str) -> Mapping[str, dict[str, object]]:
    shown = json.loads(_show("--json", *arguments, **variables).stdout)
    return {row["name"]: row for row in shown["settings"]}


def test_each_value_is_told_with_where_it_comes_from() -> None:
    rows = _settings("--port", "9001", MYNASIM_PORT="9000", mynasim_workers="2", MYNASIM_DB="")
    told = {name: (row["value"], row["origin"]) for name, row in rows.items()}
    assert told["port"] == (9001, "option")
    assert told["workers"] == (2, "environment")
    assert told["db"] == ("sqlite:////nowhere/.local/share/mynasim/portal.sqlite3", "default")
    assert told["issuer"] == ("http://localhost:9001", "default")
    assert told.keys() == Settings.model_fields.keys()


def test_each_setting_says_what_it_is_for() -> None:
    for name, row in _settings().items():
        assert row["purpose"], name
        assert row["default"] not in {"", "None", "()"}, name


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("port", "abc"),
        ("port", "0"),
        ("db", "mysql://h/x"),
        ("issuer", "ftp://h"),
        ("issuer", "http://me@h"),
        ("allow_host", "*.example"),
        ("mode", "prod"),
        ("workers", "65"),
    ],
)
def test_a_wrong_value_is_told_by_the_name_it_was_given_under(name: str, wrong: str) -> None:
    variable, option = f"MYNASIM_{name.upper()}", f"--{name.replace('_', '-')}"
    from_environment = _show(**{variable: wrong})
    assert from_environment.stderr.startswith(f"mynasim: {variable}: ")
    assert from_environment.returncode == 1
    assert option in _show(option, wrong).stderr


@pytest.mark.parametrize("days", ["31", "-1", "soon"])
def test_nobody_is_told_later_than_the_rule_allows(days: str) -> None:
    refused = _show(MYNASIM_TOLD_WITHIN_DAYS=days)
    assert refused.stderr.startswith("mynasim: MYNASIM_TOLD_WITHIN_DAYS: ")
    assert refused.returncode == 1
    row = _settings(MYNASIM_TOLD_WITHIN_DAYS="7")["told_within_days"]
    assert (row["value"], row["default"], row["origin"]) == (7, "30", "environment")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://me:hunter2@h/x", id="password"),
        pytest.param("postgresql://me@h/x?password=hunter2&sslpassword=hunter2", id="query"),
        pytest.param("postgresql://me:hunter2@h:port/x", id="no URL"),
        pytest.param("mysql://me:hunter2@h/x", id="another kind"),
    ],
)
def test_a_password_is_told_nobody(url: str) -> None:
    for done in (_show("--db", url), _show("--json", MYNASIM_DB=url)):
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "db" in (done.stdout + done.stderr).lower()


def test_a_variable_that_is_misspelt_is_named() -> None:
    done = _show("--json", MYNASIM_PROT="9000", MYNASIM_CARD="card.json", OTHER="1")
    assert json.loads(done.stdout)["misspelt"] == {"MYNASIM_PROT": "MYNASIM_PORT"}
    assert "did you mean MYNASIM_PORT?" in _show(MYNASIM_PROT="9000").stdout


def test_the_table_for_a_readme_has_each_option_and_nothing_of_this_machine() -> None:
    table = _show("--markdown", MYNASIM_PORT="9999", XDG_DATA_HOME="/elsewhere").stdout
    assert "9999" not in table
    assert "elsewhere" not in table
    assert re.findall(r"^\| `(--[a-z-]+)` \| `MYNASIM_", table, re.MULTILINE) == [
        option(name) for name in Settings.model_fields if option(name)
    ]
    assert {line.count("|") for line in table.splitlines()} == {5}
