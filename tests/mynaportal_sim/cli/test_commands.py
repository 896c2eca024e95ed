"""The command line says what is wrong in a sentence, and what to do."""

import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from mynaportal_sim import keys
from mynaportal_sim.oauth.keys.files import KeyFiles
from tests import commands


def _run(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MYNASIM_DATA": str(data), "COLUMNS": "100", **more}
    return commands.run(arguments, environment)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("up", "--workers", "2"), "need PostgreSQL", id="workers on SQLite"),
        pytest.param(("up", "--mode", "strict"), "needs https: say --tls", id="strict by http"),
        pytest.param(
            ("up", "--mode", "strict", "--issuer", "https://portal.test", "--port", "8471"),
            "a strict portal is given it",
            id="strict without secrets",
        ),
        pytest.param(
            ("up", "--db", "mysql://x/y"), "starts with sqlite: or", id="database kind"
        ),
        pytest.param(
            ("up", "--personas", "none.json"), "cannot be read", id="no personas file"
        ),
        pytest.param(
            ("up", "--listen", "203.0.113.1", "--expose"),
            "cannot be used",
            id="foreign address",
        ),
        pytest.param(("up", "--listen", "0.0.0.0"), "say --expose", id="beyond loopback"),
        pytest.param(("ledger", "verify"), "`mynasim up`", id="no portal yet"),
        pytest.param(("ledger", "list"), "there is nothing in", id="no ledger to list"),
        pytest.param(("app", "list"), "there is nothing in", id="no app to list"),
        pytest.param(
            ("app", "list", "--db", "sqlite:///none.sqlite3"), "`mynasim up`", id="no such file"
        ),
        pytest.param(("app", "list", "--db", "sqlite:x"), "no database URL", id="bad URL"),
        pytest.param(
            ("app", "list", "--db", "postgresql://127.0.0.1:9/none"),
            "the database did not answer",
            id="no server",
        ),
        pytest.param(
            ("clock", "forward", "1d", "--data", "/proc/none"), "/proc/none", id="no folder"
        ),
        pytest.param(("clock", "forward", "999999w"), "year 2199", id="too far ahead"),
        pytest.param(("card", "info", "--card", "none.json"), "no such card", id="no card"),
        pytest.param(
            ("app", "login", "--auth-url", "http://localhost:9/x", "--persona", "nobody"),
            "no card of 'nobody'",
            id="no such persona",
        ),
    ],
)
def test_an_error_is_a_sentence_that_says_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = _run(tmp_path / "data", *arguments, MYNASIM_PORT="8472")
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("mynasim: ") or "\nmynasim: " in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MYNASIM_STEP_UP", "chekcup=600", "there are no data called 'chekcup'"),
        ("MYNASIM_MINORS_PURPOSES", "self-care,fitnes", "there is no purpose 'fitnes'"),
    ],
    ids=["step-up", "minors' purposes"],
)
def test_who_names_what_there_is_not_is_told_which_there_are(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    more = {"MYNASIM_PORT": "8472", variable: value}
    done = _run(tmp_path / "data", "up", **more)
    assert done.returncode == 1, done.stdout
    assert f"mynasim: {variable}: {said}" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "arguments",
    [("app", "list"), ("ledger", "list"), ("card", "new", "--out", "none.json"), ("up",)],
    ids=" ".join,
)
def test_a_file_that_is_no_database_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "portal.sqlite3").write_bytes(b"no database, but long enough to be one" * 100)
    done = _run(tmp_path, *arguments, MYNASIM_PORT="8472")
    assert done.returncode == 1
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("span", ["", "soon", "-1d", "5", "1y", "9" * 9 + "d", "1d" * 9])
def test_a_clock_takes_spans_and_nothing_else(tmp_path: Path, span: str) -> None:
    done = _run(tmp_path, "clock", "forward", "--", span)
    assert done.returncode == 2
    assert "1d12h" in done.stderr


def test_the_clock_moves_forward_and_stays_there(tmp_path: Path) -> None:
    moved = json.loads(_run(tmp_path, "clock", "forward", "1d12h", "--json").stdout)
    shown = json.loads(_run(tmp_path, "clock", "show", "--json").stdout)
    assert moved["ahead_seconds"] == shown["ahead_seconds"] == 36 * 3600


def test_a_jump_too_far_leaves_the_clock_as_it_was(tmp_path: Path) -> None:
    assert _run(tmp_path, "clock", "forward", "2w").returncode == 0
    assert _run(tmp_path, "clock", "forward", "999999w").returncode == 1
    shown = json.loads(_run(tmp_path, "clock", "show", "--json").stdout)
    assert shown["ahead_seconds"] == 14 * 24 * 3600
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown["now"])


def _doctor(data: Path, *arguments: str) -> dict[str, dict[str, object]]:
    done = _run(data, "doctor", *arguments, "--json")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == (not all(finding["well"] for finding in findings.values()))
    return findings


def _harmed(data: Path, harm: str) -> None:
    key = data / "keys" / "token.pem"
    match harm:
        case "open":
            key.chmod(0o644)
        case "gone":
            key.unlink()
        case "other":
            key.write_bytes((data / "keys" / "ledger.pem").read_bytes())
        case "clock":
            (data / "clock.json").write_text("{}")


@pytest.mark.parametrize(
    ("harm", "what", "found"),
    [
        pytest.param("open", "keys", "others can read token.pem", id="a key others can read"),
        pytest.param("gone", "keys", "there is no such key", id="no key for tokens"),
        pytest.param("other", "keys", "P-256", id="another kind of key for tokens"),
        pytest.param("clock", "clock", "clock.json", id="a damaged clock"),
    ],
)
def test_the_doctor_finds_what_is_wrong_and_mends_nothing(
    tmp_path: Path, harm: str, what: str, found: str
) -> None:
    keys.create(tmp_path / "keys")
    KeyFiles(tmp_path / "keys").first(make=True)
    assert all(finding["well"] for finding in _doctor(tmp_path).values())
    _harmed(tmp_path, harm)
    findings = _doctor(tmp_path)
    assert [name for name, finding in findings.items() if not finding["well"]] == [what]
    assert found in str(findings[what]["found"])
    assert findings[what]["advice"]
    assert _doctor(tmp_path)[what] == findings[what]


def test_the_doctor_looks_at_the_port_it_is_given(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert str(_doctor(tmp_path, "--port", str(port))["port"]["found"]).startswith(
            f"{port} is in use"
        )


def test_a_new_card_makes_no_portal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = _run(data, "card", "new", "--out", str(tmp_path / "card.json"))
    assert made.returncode == 0, made.stderr
    assert {path.name.split("-")[0] for path in data.iterdir()} == {"ca", "portal.sqlite3"}
    assert all(finding["well"] for finding in _doctor(data).values())


@pytest.mark.parametrize(
    "noun",
    [
        *("up", "demo", "doctor", "config", "app", "card", "clock", "ledger", "research"),
        *("disclose", "keys", "review"),
    ],
)
def test_each_noun_explains_itself(tmp_path: Path, noun: str) -> None:
    done = _run(tmp_path, noun, "--help")
    assert done.returncode == 0
    assert "Usage: mynasim" in done.stdout
