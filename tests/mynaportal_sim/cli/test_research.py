"""`mynasim ledger export` and `mynasim research`, as a person and as a program use them."""

import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlmodel import SQLModel
from typer import Typer
from typer.testing import CliRunner, Result

from consent.ledger import store
from consent.ledger.entry import Entry
from consent.ledger.sequencer import sequence
from mynaportal_sim import keys
from mynaportal_sim.cli import ledger, research
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.database import Database
from mynaportal_sim.research.errors import NoExportError, NoSuchQuestionError, TakenError
from mynaportal_sim.settings import Settings

NOW = datetime(2026, 11, 26, 21, 0, 0, tzinfo=UTC)
PERSON = urandom(32)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose log has one access after a withdrawal."""
    directory = tmp_path_factory.mktemp("state")
    settings = Settings(data=directory)
    keys.create(settings.keys)
    about = {
        "app_id": "app-1",
        "app_name": "\x1b[2J手帳",
        "arrangement": "a",
        "consent_version": "v",
    }
    kinds = ("consent.granted", "access.permitted", "consent.withdrawn", "access.permitted")
    with closing(Database(settings.database_url)) as database:
        SQLModel.metadata.create_all(database.engine)
        for number, kind in enumerate(kinds):
            entry = Entry(kind, about | {"categories": ["checkup"]}, PERSON)
            database.run(store.append, entry, NOW + timedelta(minutes=number), urandom)
        database.run(sequence, keys.ledger_signer(settings.keys), NOW)
    return directory


@pytest.fixture(scope="module")
def copy(data: Path) -> Path:
    place = data.parent / "copy"
    assert run(ledger.app, "export", str(place), "--data", str(data)).exit_code == 0
    return place


def run(app: Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_an_export_says_where_it_is_and_how_to_check_it(data: Path, tmp_path: Path) -> None:
    result = run(ledger.app, "export", str(tmp_path / "copy"), "--data", str(data))
    assert result.exit_code == 0
    assert result.output.startswith(f"4 entries are in {tmp_path / 'copy'}")
    assert f"mynasim research verify {tmp_path / 'copy'}" in result.output


def test_an_export_is_told_to_programs(data: Path, tmp_path: Path) -> None:
    place, only = str(tmp_path / "copy"), ("--format", "jsonl")
    result = run(ledger.app, "export", place, *only, "--data", str(data), "--json")
    told = json.loads(result.output)
    assert (told["directory"], told["size"], told["erased"]) == (place, 4, 0)
    assert told["files"].keys() == {"checkpoint", "entries.jsonl", "hashes"}


def test_a_place_that_is_taken_is_told(data: Path) -> None:
    result = run(ledger.app, "export", str(data), "--data", str(data))
    assert isinstance(result.exception, TakenError)
    assert "is not empty" in str(result.exception)


def test_an_export_is_checked_with_the_portal_gone(data: Path, copy: Path) -> None:
    key = run(ledger.app, "key", "--data", str(data)).output.strip()
    result = run(research.app, "verify", str(copy), "--key", key)
    assert result.exit_code == 0
    assert result.output.startswith("Whole: 4 entries, 0 of them erased")
    assert "the export's own word" not in result.output
    assert "the export's own word" in run(research.app, "verify", str(copy)).output
    assert json.loads(run(research.app, "verify", str(copy), "--json").output)["whole"] is True


def test_a_change_ends_with_1_and_is_named(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    run(ledger.app, "export", str(place), "--data", str(data))
    lines = (place / "entries.jsonl").read_bytes().replace(b"checkup", b"basic")
    (place / "entries.jsonl").write_bytes(lines)
    result = run(research.app, "verify", str(place))
    assert result.exit_code == 1
    assert "entries.jsonl: entry 0: what the row says is not what was logged" in result.output
    assert "so it is in 3 more places" in result.output
    told = json.loads(run(research.app, "verify", str(place), "--json").output)
    assert told["whole"] is False
    assert {found["fault"] for found in told["findings"]} == {"file_changed", "row_changed"}


def test_what_is_no_export_is_told(tmp_path: Path) -> None:
    result = run(research.app, "verify", str(tmp_path))
    assert isinstance(result.exception, NoExportError)
    assert "mynasim ledger export" in str(result.exception)


@pytest.mark.parametrize(
    ("language", "title", "heading"),
    [("ja", "撤回後のアクセス", "撤回日時"), ("en", "Accesses after withdrawal", "withdrawn")],
)
def test_an_answer_is_a_table_that_obeys_no_escape_sequence(
    copy: Path, language: str, title: str, heading: str
) -> None:
    ask = ("ask", "after-withdrawal", "--from", str(copy), "--lang", language)
    lines = run(research.app, *ask).output.splitlines()
    assert lines[0].strip() == title
    assert heading in lines[1]
    assert "2026-11-26T21:03:00Z" in lines[2]
    assert "手帳" in lines[2]
    assert "\x1b" not in lines[2]


def test_an_answer_is_told_to_programs(copy: Path) -> None:
    ask = ("ask", "after-withdrawal", "--from", str(copy), "--json")
    told = json.loads(run(research.app, *ask).output)
    assert told["question"] == "after-withdrawal"
    assert told["rows"] == [
        {
            "index": 3,
            "at": "2026-11-26T21:03:00Z",
            "app_id": "app-1",
            "app_name": "\x1b[2J手帳",
            "arrangement": "a",
            "consent_version": "v",
            "withdrawal": 2,
            "withdrawn_at": "2026-11-26T21:02:00Z",
            "seconds_after": 60,
            "categories": ["checkup"],
        }
    ]


def test_an_answer_is_drawn(copy: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.svg"
    ask = ("ask", "accesses", "--from", str(copy), "--svg", str(file), "--lang", "ja")
    assert run(research.app, *ask).exit_code == 0
    root = ElementTree.fromstring(file.read_text())  # noqa: S314  ours
    assert (
        root.findtext("{http://www.w3.org/2000/svg}title")
        == "アプリ・目的・根拠・監督者ごとのアクセス"
    )


def test_a_question_that_there_is_not_lists_those_there_are(copy: Path) -> None:
    result = run(research.app, "ask", "nothing", "--from", str(copy))
    assert isinstance(result.exception, NoSuchQuestionError)
    listed = json.loads(run(research.app, "questions", "--json").output)
    assert all(one["name"] in str(result.exception) for one in listed)
    assert {"ja", "en"} == listed[0]["title"].keys()


def test_the_terminals_language_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert "撤回後のアクセス" in run(research.app, "questions").output
    monkeypatch.setenv("LC_ALL", "C")
    assert "Accesses after withdrawal" in run(research.app, "questions").output
    assert run(research.app, "questions", "--lang", "fr").exit_code == 2


def test_without_the_extra_it_is_said_how_to_get_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("mynaportal_sim.research")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run(ledger.app, "export", str(tmp_path / "copy"), "--data", str(data))
    assert isinstance(result.exception, CommandError)
    assert "pip install 'mynaportal-sim[research]'" in str(result.exception)


def test_other_commands_do_not_load_the_extra() -> None:
    look = (
        "import sys; from mynaportal_sim.cli import ledger, research; "
        "print(sorted({'pyarrow', 'duckdb', 'numpy'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
