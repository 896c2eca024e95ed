"""`mynasim ca` shows the authorities, and lets one go over to a new key."""

import json
from os import urandom
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from card_reader.spec import Kind
from consent.ledger.entry import read_body, read_leaf
from consent.ledger.store import newest
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.cli.ca import app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.errors import NoAuthorityError
from mynaportal_sim.settings import Settings
from mynaportal_sim.world import upgrade


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data directory with the card's authorities."""
    settings = Settings(data=tmp_path)
    upgrade(settings.database_url)
    authority.ensure(settings.authorities, Clock().now(), urandom)
    monkeypatch.setenv("MYNASIM_DATA", str(tmp_path))
    return settings


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def told(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_what_there_is_is_shown(settings: Settings) -> None:
    assert settings.authorities.is_dir()
    assert {one["name"]: one["status"] for one in told("list")} == {
        "user_authentication.1": "issues",
        "signing.1": "issues",
    }
    assert "SIMULATION" in run("list")


def test_the_next_generation_issues_and_the_ledger_says_so(settings: Settings) -> None:
    made = told("renew", "--kind", "signing", "--reason", "five years are over")
    assert (made["name"], made["status"]) == ("signing.2", "issues")
    assert {one["name"]: one["status"] for one in told("list")} == {
        "user_authentication.1": "issues",
        "signing.1": "trusted",
        "signing.2": "issues",
    }
    database = Database(settings.database_url)
    [logged] = database.run(newest, 9)
    database.close()
    assert read_leaf(logged.leaf).type == "authority.renewed"
    said = {name: opening.value for name, opening in read_body(logged.body or b"").items()}
    issuing = authority.load_all(settings.authorities)[Kind.SIGNING]
    assert said["authority"] == "signing.2"
    assert said["reason"] == "five years are over"
    assert made["serial"] == f"{issuing.certificate.serial_number:08X}"


def test_a_family_that_there_is_not_is_not_renewed(settings: Settings) -> None:
    with pytest.raises(NoAuthorityError, match="no phone authority"):
        run("renew", "--family", "phone")
    assert len(authority.load_all(settings.authorities).every) == 2


def test_a_reason_is_one_that_people_can_read(settings: Settings) -> None:
    with pytest.raises(RegistrationError):
        run("renew", "--reason", "")
    assert len(authority.load_all(settings.authorities).every) == 2


def test_where_there_is_no_portal_one_is_told_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYNASIM_DATA", str(tmp_path / "empty"))
    with pytest.raises(CommandError, match="mynasim up"):
        run("list")
