"""`mynasim consent export`, `import` and `table --views`."""

import json
from datetime import date, timedelta
from pathlib import Path
from secrets import token_bytes
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from consent import service
from consent.errors import CannotSayError, NotUnderstoodError
from consent.model import (
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Evidence,
    Notice,
    Recipient,
    Supervision,
    Terms,
)
from consent.service import Proposal
from mynaportal_sim.cli.consent import app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure.documents import Format
from mynaportal_sim.domains.abdm import WORDS
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "consent-views.md"
HANAKO = ("--resident", "sato-hanako")
ABDM_CODES = {"CAREMGT", "BTG", "PUBHLTH", "HPAYMT", "DSRCH", "PATRQT"}
RULE = ConsentRule("checkup", date(2022, 1, 1), date(2026, 12, 31))


def consent(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)


def granted(data: Path, *rules: ConsentRule, purpose: str = "self-care") -> ConsentVersion:
    """What Hanako grants."""
    settings = Settings(data=data)
    database = Database(settings.database_url)
    hanako = database.run(residents.by_persona, "sato-hanako")
    assert hanako is not None
    now = Clock(settings.clock).now()
    terms = Terms(
        rules,
        DeclaredPurpose(purpose, "推移を見るため"),
        (Recipient("あるく株式会社"),),
        now,
        now + timedelta(days=90),
        Notice("1", "ja"),
        Supervision("責任者"),
    )
    proposal = Proposal(
        uuid4(), hanako.id, "app-1", "あるく", "phr", terms, Evidence("card", "jpki"), bytes(32)
    )
    version = database.run(service.answer, proposal, rules, now, token_bytes)
    database.close()
    return version


@pytest.mark.parametrize("format_", Format)
def test_what_is_exported_is_understood(data: Path, tmp_path: Path, format_: Format) -> None:
    version = granted(data, RULE)
    told = consent("export", *HANAKO, "--as", format_.value, "--data", str(data))
    assert told.exit_code == 0
    assert str(version.resident_id) not in told.output
    file = tmp_path / "consent.json"
    file.write_text(told.output)
    meant = json.loads(consent("import", str(file), "--check", "--json").output)
    assert (meant["format"], meant["state"]) == (format_.value, "granted")
    assert [rule["category"] for rule in meant["terms"]["rules"]] == ["checkup"]
    shown = consent("import", str(file), "--check").output
    assert "permit checkup, 2022-01-01 to 2026-12-31" in shown
    assert all(loss["field"] in shown for loss in meant["lost"])


def test_one_answer_is_exported_by_its_id(data: Path) -> None:
    first = granted(data, RULE)
    granted(data, ConsentRule("medication", RULE.period_from, RULE.period_to))
    told = consent("export", str(first.id), *HANAKO, "--as", "cdr", "--data", str(data)).output
    assert [one["id"] for one in json.loads(told)["data_clusters"]] == ["checkup"]


def test_what_cannot_be_exported_is_an_error(data: Path) -> None:
    arguments = ("export", *HANAKO, "--as", "abdm", "--data", str(data))
    assert isinstance(consent(*arguments).exception, CommandError)
    granted(data, RULE, purpose="insurance")
    assert isinstance(consent(*arguments).exception, CannotSayError)
    nobody = consent("export", str(UUID(int=1)), *arguments[1:])
    assert isinstance(nobody.exception, CommandError)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("{", CommandError, id="no JSON"),
        pytest.param('{"status": 1, "status": 2}', CommandError, id="a member twice"),
        pytest.param("[" * 100_000, CommandError, id="endless"),
        pytest.param('"consent"', NotUnderstoodError, id="no format"),
        pytest.param('{"resourceType": "Patient"}', NotUnderstoodError, id="no consent"),
    ],
)
def test_what_is_no_consent_is_an_error(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    file = tmp_path / "consent.json"
    file.write_text(text)
    assert isinstance(consent("import", str(file), "--check").exception, error)
    assert isinstance(consent("import", str(file)).exception, CommandError)


def test_abdm_s_words_are_of_kinds_and_purposes_that_there_are_one_for_one() -> None:
    known = catalogue()
    for table, ours in ((WORDS.hi_types, known.categories), (WORDS.purposes, known.purposes)):
        assert table.keys() <= ours.keys()
        assert len(set(table.values())) == len(table)
    assert set(WORDS.purposes.values()) <= ABDM_CODES


def test_the_documentation_has_the_tables_as_the_code_makes_them() -> None:
    printed = consent("table", "--views").output.strip()
    assert PAGE.read_text().partition("-->\n")[2].strip() == printed
    told = json.loads(consent("table", "--views", "--json").output)
    assert told["lost"].keys() == {one.value for one in Format}
