"""The command line says what is wrong in a sentence, and what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "mynaportal_sim")


def _run(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MYNASIM_DATA": str(data), "COLUMNS": "100", **more}
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("up", "--workers", "2"), "need PostgreSQL", id="workers on SQLite"),
        pytest.param(("up", "--mode", "strict"), "needs an https issuer", id="strict by http"),
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
        pytest.param(("up", "--listen", "203.0.113.1"), "cannot be used", id="foreign address"),
        pytest.param(("ledger", "verify"), "`mynasim up`", id="no portal yet"),
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


@pytest.mark.parametrize("span", ["", "soon", "-1d", "5", "1y", "9" * 9 + "d"])
def test_a_clock_takes_spans_and_nothing_else(tmp_path: Path, span: str) -> None:
    done = _run(tmp_path, "clock", "forward", "--", span)
    assert done.returncode == 2
    assert "1d12h" in done.stderr


def test_the_clock_moves_forward_and_stays_there(tmp_path: Path) -> None:
    moved = json.loads(_run(tmp_path, "clock", "forward", "1d12h", "--json").stdout)
    shown = json.loads(_run(tmp_path, "clock", "show", "--json").stdout)
    assert moved["ahead_seconds"] == shown["ahead_seconds"] == 36 * 3600


def test_the_doctor_is_content_with_an_empty_place_and_not_with_open_keys(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    assert _run(data, "doctor").returncode == 0
    assert _run(data, "card", "new", "--out", str(tmp_path / "card.json")).returncode == 0
    assert _run(data, "doctor").returncode == 0
    (data / "keys" / "ledger.pem").chmod(0o644)
    done = _run(data, "doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert "ledger.pem" in findings["keys"]["found"]
    assert "chmod" in findings["keys"]["advice"]


@pytest.mark.parametrize("noun", ["up", "demo", "doctor", "app", "card", "clock", "ledger"])
def test_each_noun_explains_itself(tmp_path: Path, noun: str) -> None:
    done = _run(tmp_path, noun, "--help")
    assert done.returncode == 0
    assert "Usage: mynasim" in done.stdout
