"""`mynasim consent`: list, change, prohibit, prohibited, lift."""

import json
from datetime import date, timedelta
from pathlib import Path
from secrets import token_bytes
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from consent import service
from consent.model import (
    ConsentRule,
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
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Settings

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
    assert "court, and is not yours to lift" in str(failed.exception)


@pytest.fixture
def arrangement(data: Path) -> str:
    """A consent of hers."""
    database = Database(Settings(data=data).database_url)
    hanako = database.run(residents.by_persona, "sato-hanako")
    assert hanako is not None
    now = Clock().now()
    period = ConsentRule("checkup", date(2022, 1, 1), date(2026, 12, 31))
    proposal = Proposal(
        id=uuid4(),
        resident_id=hanako.id,
        app_id="app-1",
        app_name="あるく",
        service="fhir",
        terms=Terms(
            rules=(period,),
            purpose=DeclaredPurpose("self-care", "健診結果の推移を見るため"),
            recipients=(Recipient("あるく株式会社"),),
            valid_from=now,
            valid_until=now + timedelta(days=90),
            notice=Notice("1", "ja"),
            supervision=Supervision("田中一郎"),
        ),
        evidence=Evidence("soft", "jpki"),
        holder=bytes(32),
    )
    granted = database.run(service.answer, proposal, [period], now, token_bytes)
    database.close()
    return str(granted.arrangement_id)


def test_an_authority_suspends_resumes_and_revokes_with_a_reason(
    data: Path, arrangement: str
) -> None:
    for measure, status in (
        ("suspend", "suspended"),
        ("resume", "granted"),
        ("revoke", "revoked"),
    ):
        said = consent(data, "change", measure, arrangement, *HANAKO, "--reason", "r", "--json")
        assert json.loads(said.output)["status"] == status
        [listed] = json.loads(consent(data, "list", *HANAKO, "--json").output)
        assert (listed["status"], listed["by"]) == (status, "authority")
    assert "revoked" in consent(data, "list", *HANAKO).output


@pytest.mark.parametrize(
    ("measure", "reason", "said"),
    [
        pytest.param("revoke", " ", "reason", id="no reason"),
        pytest.param("resume", "r", "no transition by resume", id="it does not rest"),
    ],
)
def test_an_authority_cannot_do_what_the_table_does_not_have(
    data: Path, arrangement: str, measure: str, reason: str, said: str
) -> None:
    failed = consent(data, "change", measure, arrangement, *HANAKO, "--reason", reason)
    assert isinstance(failed.exception, CommandError)
    assert said in str(failed.exception)
    [listed] = json.loads(consent(data, "list", *HANAKO, "--json").output)
    assert listed["status"] == "granted"
    other = consent(data, "change", measure, str(uuid4()), *HANAKO, "--reason", "r")
    assert "consent list" in str(other.exception)
