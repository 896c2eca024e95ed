"""`mynasim disclose` and `mynasim review`."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from consent.catalogue import LegalBasis
from mynaportal_sim.cli import disclose, review
from mynaportal_sim.cli.clock import duration
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.records import generate
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Settings

WHO = ("--resident", "sato-hanako")
OFFICER = ("--officer", "救急隊員0417")
OPEN = (
    *("records", *WHO, *OFFICER, "--basis", "break-glass", "--authority", "東京消防庁"),
    *("--category", "medication", "--hours", "2", "--told-after-days", "3"),
    *("--reason", "意識のない状態で搬送中。服用中の薬と禁忌を知りたい"),
)
REVIEW = ("--reviewer", "監察官02", "--finding", "搬送記録と一致する")


def run(app: Typer, data: Path, *arguments: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "300"})
    return runner.invoke(app, [*arguments, "--data", str(data)])


@pytest.fixture
def filled(data: Path) -> Path:
    """A data directory whose person has records."""
    database = Database(Settings(data=data).database_url)
    resident = database.run(residents.by_persona, "sato-hanako")
    assert resident is not None
    database.run(generate.fill, resident, Clock().now().date())
    database.close()
    return data


def test_an_authority_gets_records_by_names_of_its_own(filled: Path) -> None:
    first, second = (
        json.loads(run(disclose.app, filled, *OPEN, "--authority", name, "--json").output)
        for name in ("東京消防庁", "大阪市消防局")
    )
    assert first["unverified"] is True
    records = [one["id"] for one in first["records"]]
    assert {one["resourceType"] for one in first["records"]} == {"MedicationDispense"}
    assert set(records).isdisjoint(one["id"] for one in second["records"])
    again = ("again", first["case"], *WHO, *OFFICER, "--json")
    assert json.loads(run(disclose.app, filled, *again).output)["records"] == first["records"]
    shown = run(disclose.app, filled, *OPEN)
    assert (shown.exit_code, "MedicationDispense (--json prints them)" in shown.output) == (
        0,
        True,
    )


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param(("--reason", "緊急のため"), "without_no_reason", id="filler"),
        pytest.param(("--officer", " "), "without_no_officer", id="no officer"),
        pytest.param(("--hours", "5"), "without_too_long", id="too long"),
        pytest.param(("--told-after-days", "4"), "without_told_too_late", id="told late"),
        pytest.param(("--category", "basic"), "without_beyond_basis", id="another category"),
        pytest.param(
            ("--basis", "NEXT-GEN-MEDICAL", "--told-after-days", "0", "--hours", "1"),
            "without_not_notified",
            id="research without notice",
        ),
        pytest.param(
            ("--basis", "EMERGENCY-CALL-UP", "--told-after-days", "0"),
            "without_not_registered",
            id="a call-up",
        ),
    ],
)
def test_what_the_rule_refuses_is_said_with_its_code(
    filled: Path, more: tuple[str, ...], code: str
) -> None:
    done = run(disclose.app, filled, *OPEN, *more, "--json")
    assert (done.exit_code, json.loads(done.output)["refused"]) == (1, code)
    assert code in run(disclose.app, filled, *OPEN, *more).output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param((*OPEN, "--category", "shoes"), "checkup", id="a category"),
        pytest.param((*OPEN, "--resident", "nobody"), "no persona nobody", id="a person"),
        pytest.param(
            ("again", "0f0e0d0c-0b0a-4908-8706-050403020100", *WHO, *OFFICER),
            "no case",
            id="case",
        ),
    ],
)
def test_what_there_is_not_is_named(
    filled: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = run(disclose.app, filled, *arguments)
    assert isinstance(done.exception, CommandError)
    assert says in str(done.exception)


@pytest.mark.parametrize("option", ["--hours", "--told-after-days"])
def test_a_time_beyond_all_calendars_is_bad_usage(filled: Path, option: str) -> None:
    assert run(disclose.app, filled, *OPEN, option, "9" * 11).exit_code == 2


def test_a_portal_may_have_people_told_sooner_on_every_basis_and_never_later(
    filled: Path,
) -> None:
    def listed(days: str) -> dict[str, int]:
        runner = CliRunner(env={"MYNASIM_TOLD_WITHIN_DAYS": days})
        rows = json.loads(runner.invoke(disclose.app, ["bases", "--json"]).output)
        return {row["basis"]: row["told_within"] for row in rows}

    usual, sooner = listed("30"), listed("2")
    assert sooner == {basis: min(days, 2) for basis, days in usual.items()}
    strict = CliRunner(env={"MYNASIM_TOLD_WITHIN_DAYS": "2"})
    wish = [*OPEN, "--data", str(filled), "--json"]
    done = strict.invoke(disclose.app, wish)
    assert json.loads(done.output)["refused"] == "without_told_too_late"
    assert strict.invoke(disclose.app, [*wish, "--told-after-days", "2"]).exit_code == 0


def test_consent_is_no_basis_to_choose(filled: Path) -> None:
    done = run(disclose.app, filled, *OPEN, "--basis", "APPI-27-1")
    assert done.exit_code == 2
    listed = json.loads(CliRunner().invoke(disclose.app, ["bases", "--json"]).output)
    assert {one["basis"] for one in listed} == set(LegalBasis) - {LegalBasis.CONSENT}


def test_the_queue_is_worked_off_and_what_is_late_stands_out(filled: Path) -> None:
    case = json.loads(run(disclose.app, filled, *OPEN, "--json").output)["case"]
    assert "No case" in run(review.app, filled, "list", "--overdue").output
    Clock(Settings(data=filled).clock).forward(duration("8d"))
    [late] = json.loads(run(review.app, filled, "list", "--overdue", "--json").output)
    assert (late["case"], late["status"], late["officer"]) == (case, "overdue", "救急隊員0417")
    own = run(review.app, filled, "settle", case, "uphold", *REVIEW, "--reviewer", OFFICER[1])
    assert isinstance(own.exception, CommandError)
    done = run(review.app, filled, "settle", case, "uphold", *REVIEW, "--json")
    assert json.loads(done.output)["status"] == "upheld"
    assert "No case" in run(review.app, filled, "list").output
    assert "upheld" in run(review.app, filled, "list", "--all").output
    twice = run(review.app, filled, "settle", case, "object", *REVIEW)
    assert "before: upheld" in str(twice.exception)


def test_a_person_is_notified_of_medical_research_once(filled: Path) -> None:
    notice = ("notify", *WHO, "--authority", "認定作成事業者")
    first, second = (
        json.loads(run(disclose.app, filled, *notice, "--json").output) for _ in "12"
    )
    assert (first["notified"], second) == (True, {"notified": False})
    assert (
        first["usable_from"]
        > json.loads(run(disclose.app, filled, *OPEN, "--json").output)["until"]
    )
