"""`mynasim keys` tells what there is, does what it says, and says why not and what to do."""

import json
import os
from pathlib import Path
from secrets import token_bytes
from time import monotonic
from typing import Any

import pytest
from typer.testing import CliRunner

from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.cli import ledger
from mynaportal_sim.cli.clock import app as clock_command
from mynaportal_sim.cli.doctor import app as doctor_command
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.keys import app
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.keys import KeyFileError, create
from mynaportal_sim.oauth.keys import service
from mynaportal_sim.oauth.keys.errors import (
    KeyFileUnfitError,
    KeyStateError,
    NextKeyExistsError,
    NoNextKeyError,
    NoSuchKeyError,
    NotKnownYetError,
)
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.settings import Mode, Settings
from mynaportal_sim.world import prepare, upgrade


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory whose portal has its first key."""
    settings = Settings(data=tmp_path)
    settings.keys.mkdir(mode=0o700)
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    act = service.Act(service.BEGINNING, Clock().now(), token_bytes)
    database.run(service.begin, KeyFiles(settings.keys), act, make=True)
    database.close()
    monkeypatch.setenv("MYNASIM_DATA", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def told(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def statuses() -> dict[str, str]:
    return {key["kid"]: key["status"] for key in told("list")}


def forward(span: str) -> None:
    CliRunner().invoke(clock_command, ["forward", span], catch_exceptions=False)


def files(portal: Path) -> set[str]:
    return {path.name for path in (portal / "keys").iterdir()}


def test_a_rotation_from_the_first_key_to_the_second(portal: Path) -> None:
    [first] = told("list")
    assert (first["status"], first["reason"]) == ("active", service.BEGINNING)
    coming = told("next", "--reason", "every year")
    assert (coming["status"], coming["reason"]) == ("next", "every year")
    assert coming["may_sign_from"] > coming["since"]
    assert files(portal) == {"token.pem", f"token-{coming['kid']}.pem"}
    with pytest.raises(NotKnownYetError, match=coming["may_sign_from"]):
        run("rotate")
    forward("302s")
    assert told("rotate")["kid"] == coming["kid"]
    assert statuses() == {coming["kid"]: "active", first["kid"]: "retired"}
    assert files(portal) == {f"token-{coming['kid']}.pem"}
    shown = run("list")
    assert "gone at" in shown
    assert first["kid"] in shown
    forward("307s")
    assert statuses()[first["kid"]] == "gone"


def test_an_urgent_rotation_waits_for_no_cache_and_makes_the_key_that_it_lacks(
    portal: Path,
) -> None:
    [first] = statuses()
    with pytest.raises(NoNextKeyError):
        run("rotate")
    began = monotonic()
    second = told("rotate", "--now")["kid"]
    assert monotonic() > began + 1  # for every worker to publish it
    assert statuses() == {second: "active", first: "retired"}
    third = told("next")["kid"]
    assert told("rotate", "--now")["kid"] == third
    assert files(portal) == {f"token-{third}.pem"}


def test_a_new_key_is_for_the_owner_of_the_directory_whoever_made_it(portal: Path) -> None:
    if os.geteuid() == 0:
        os.chown(portal / "keys", 65534, 65534)
    told("next")
    owner = (portal / "keys").stat().st_uid
    made = next((portal / "keys").glob("token-*.pem")).stat()
    assert (made.st_uid, made.st_mode & 0o777) == (owner, 0o600)


def test_a_removal_leaves_another_key_and_no_private_half(portal: Path) -> None:
    [lost] = statuses()
    assert "is removed, with all that it has signed" in run("remove", lost, "--reason", "leak")
    [active] = [kid for kid, status in statuses().items() if status == "active"]
    assert statuses() == {lost: "removed", active: "active"}
    assert files(portal) == {f"token-{active}.pem"}
    entries = CliRunner().invoke(ledger.app, ["list", "--json"], catch_exceptions=False)
    newest, before, *_ = json.loads(entries.stdout)
    assert (newest["type"], newest["fields"]) == (
        "key.activated",
        {"kid": active, "reason": "leak"},
    )
    assert (before["type"], before["fields"]) == (
        "key.removed",
        {"kid": lost, "reason": "leak"},
    )


def test_a_kid_that_looks_like_an_option_is_a_kid(portal: Path) -> None:
    path = portal / "keys" / "token.pem"
    files = KeyFiles(portal / "keys")
    [first] = statuses()
    told("rotate", "--now")
    while not (odd := files.make()).kid.startswith("-"):
        files.drop(odd.kid)
    database = Database(Settings(data=portal).database_url)
    act = service.Act("planned", Clock().now(), token_bytes)
    database.run(service.publish, odd, act)
    database.close()
    assert told("remove", odd.kid, "--reason", "leak")["removed"] == odd.kid
    assert statuses()[odd.kid] == "removed"
    assert not path.exists()
    assert first in statuses()


def test_what_is_refused_changes_nothing_and_leaves_no_file(portal: Path) -> None:
    [first] = statuses()
    coming = told("next")["kid"]
    before = (told("list"), files(portal))
    with pytest.raises(NextKeyExistsError):
        run("next")
    with pytest.raises(NoSuchKeyError):
        run("remove", "nobody", "--reason", "leak")
    with pytest.raises(RegistrationError, match="--reason"):
        run("remove", first, "--reason", "\u202e")
    assert (told("list"), files(portal)) == before
    run("remove", coming, "--reason", "leak")
    with pytest.raises(KeyStateError, match="removed"):
        run("remove", coming, "--reason", "leak")
    assert statuses() == {first: "active", coming: "removed"}


def test_a_private_half_that_cannot_be_deleted_is_named(portal: Path) -> None:
    coming = told("next")["kid"]
    path = portal / "keys" / f"token-{coming}.pem"
    path.unlink()
    (path / "x").mkdir(parents=True)
    assert f"Delete {path} yourself" in run("remove", coming, "--reason", "leak")


def test_where_no_portal_was_prepared_there_are_no_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYNASIM_DATA", str(tmp_path))
    with pytest.raises(CommandError, match="mynasim up"):
        run("next")
    assert list(tmp_path.iterdir()) == []


def doctor() -> dict[str, dict[str, object]]:
    said = CliRunner().invoke(doctor_command, ["--json"], catch_exceptions=False).stdout
    return {finding["what"]: finding for finding in json.loads(said)}


def test_the_doctor_tells_the_age_of_keys_and_misses_a_private_half(portal: Path) -> None:
    keys = Settings(data=portal).keys
    create(keys)
    [first] = statuses()
    coming = told("next")["kid"]
    forward("3d")
    found = doctor()
    assert found["signing keys"]["found"] == f"{first} active for 3 d; {coming} next for 3 d"
    assert found["keys"]["well"]
    (keys / f"token-{coming}.pem").unlink()
    assert coming in str(doctor()["keys"]["found"])
    assert not doctor()["keys"]["well"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param(None, KeyFileError, id="none is given"),
        pytest.param(b"-", KeyFileUnfitError, id="what is given is no key"),
    ],
)
def test_a_strict_portal_is_given_its_first_key(
    tmp_path: Path, given: bytes | None, error: type[Exception]
) -> None:
    settings = Settings(data=tmp_path, mode=Mode.STRICT, issuer="https://portal.example")
    create(settings.keys)
    if given is not None:
        (settings.keys / "token.pem").write_bytes(given)
    with pytest.raises(error, match=r"token\.pem"):
        prepare(settings, Clock(), lambda _: None, [])
    assert (settings.keys / "token.pem").exists() is (given is not None)
