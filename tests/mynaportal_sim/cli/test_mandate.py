"""Who acts for whom, by commands; and the documentation's tables are those of the code."""

import json
from pathlib import Path
from secrets import token_bytes

import pytest
from typer.testing import CliRunner, Result

from consent.mandate import Bands, table
from mynaportal_sim import keys
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.mandate import app
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.residents import households, personas
from mynaportal_sim.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "mandates.md"
CHILD = ("--resident", "mori-hikari")
MOTHER, FATHER = "mori-shiori", "ogawa-tetsuya"


@pytest.fixture
def family(data: Path) -> Path:
    """A data directory with a child, both guardians, and a block against one of them."""
    settings, now = Settings(data=data), Clock().now()
    database = Database(settings.database_url)
    known = personas.load(None, now.date())
    wanted = [one for one in known if one.id in {CHILD[1], MOTHER, FATHER}]
    settled = database.run(personas.settle, wanted, token_bytes)
    world = (settled, keys.pseudonyms(settings.keys), settings.bands, now, token_bytes)
    for _ in range(2):
        database.run(households.settle, *world)
    database.close()
    return data


def mandate(data: Path, *arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments, "--data", str(data)])


def listed(data: Path) -> dict[str, dict[str, str]]:
    found = json.loads(mandate(data, "list", *CHILD, "--json").output)
    return {one["agent"]: one for one in found}


def test_an_authority_suspends_resumes_and_takes_away(family: Path) -> None:
    assert listed(family).keys() == {MOTHER, FATHER}
    one = listed(family)[MOTHER]["id"]
    for command, status in (
        ("suspend", "suspended"), ("resume", "active"), ("revoke", "revoked")
    ):  # fmt: skip
        done = mandate(family, command, one, *CHILD, "--reason", "審判")
        assert done.exit_code == 0, done.output
        assert listed(family)[MOTHER]["status"] == status
    assert MOTHER in mandate(family, "list", *CHILD).output
    failed = mandate(family, "resume", one, *CHILD, "--reason", "審判")
    assert isinstance(failed.exception, CommandError)
    assert "revoked" in str(failed.exception)


def test_who_is_blocked_by_the_register_stays_unblocked_once_it_is_lifted(family: Path) -> None:
    options = (*CHILD, "--against", FATHER)
    for command, changed in (("block", False), ("unblock", True), ("unblock", False)):
        told = json.loads(mandate(family, command, *options, "--json").output)
        assert told["changed"] is changed, command


def test_the_documentation_has_the_tables_as_the_code_makes_them() -> None:
    assert PAGE.read_text().partition("-->\n")[2].strip() == table.markdown()


def test_the_tables_follow_the_ages_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNASIM_OF_AGE", "20")
    printed = CliRunner().invoke(app, ["table"]).output.strip()
    assert printed == table.markdown(Bands(of_age=20))
