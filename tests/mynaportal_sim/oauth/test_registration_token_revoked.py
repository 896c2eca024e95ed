"""Whoever runs the portal ends the token by which an app manages its registration."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mynaportal_sim.apps.errors import NoSuchAppError
from mynaportal_sim.cli.app import app as command

from .conftest import Portal
from .registering import Document, Newcomer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _revoke(portal: Portal, data: Path, client_id: object) -> Document:
    url = portal.server.database.engine.url.render_as_string(hide_password=False)
    options = ("--data", str(data), "--db", url, "--json")
    words = ["revoke-registration-token", str(client_id), *options]
    done = CliRunner().invoke(command, words)
    if done.exception is not None:
        raise done.exception
    said: Document = json.loads(done.stdout)
    return said


def test_a_revoked_registration_token_opens_nothing_and_the_app_stays(
    portal: Portal, tmp_path: Path
) -> None:
    newcomer, other = Newcomer(portal), Newcomer(portal)
    told, others = newcomer.registered(), other.registered()
    said = _revoke(portal, tmp_path, told["client_id"])
    assert said == {
        "client_id": told["client_id"],
        "client_name": "健康ノート",
        "revoked": True,
    }
    for method in ("GET", "PUT"):
        refused = newcomer.manage(told, method)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    kit = newcomer.kit(told)
    assert portal.post("/par", kit.signed(kit.request())).status_code == 201
    assert other.manage(others, "GET").status_code == 200


def test_the_ledger_tells_of_the_end_of_a_registration_token_once(
    portal: Portal, tmp_path: Path
) -> None:
    told = Newcomer(portal).registered()
    ended = [_revoke(portal, tmp_path, told["client_id"])["revoked"] for _ in range(2)]
    assert ended == [True, False]
    kind = "app.registration_token_revoked"
    entries = [fields for type_, fields in portal.ledger() if type_ == kind]
    named = [(entry["app_id"], entry["app_name"]) for entry in entries]
    assert named == [(told["client_id"], "健康ノート")]


def test_of_an_app_that_there_is_not_nothing_is_revoked(portal: Portal, tmp_path: Path) -> None:
    before = portal.ledger()
    with pytest.raises(NoSuchAppError):
        _revoke(portal, tmp_path, "app-nobody")
    assert portal.ledger() == before
