"""`mynasim app log`, `receipts`, `provision-records` and `open`."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO
from os import urandom
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner, Result

from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from mynaportal_sim.apps import registration, service
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.cli.app import app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.sample_app.relying_party import public_jwk
from mynaportal_sim.settings import Settings
from mynaportal_sim.world import upgrade

SCOPES = ("openid", "patient/Observation.rs")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with one app of which the ledger knows four things."""
    url = Settings(data=tmp_path).database_url
    upgrade(url)
    database, now = Database(url), Clock().now()
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = Registration(
        name="歩く手帳",
        organisation="歩く手帳株式会社",
        redirect_uris=("https://app.example/cb",),
        jwks=json.dumps({"keys": [public_jwk(key)]}),
        scopes=SCOPES,
        profile="oidc",
        supervisor="田中一郎",
        purpose="self-care",
        purpose_text="推移を見るため",
    )
    known = registration.check(wanted, "app-1", SCOPES, catalogue().purposes, now)
    database.run(service.register, known, now, urandom)
    happened: tuple[tuple[str, dict[str, Value]], ...] = (
        ("access.permitted", {"categories": ["checkup"], "count": 3, "arrangement": "arr-1"}),
        ("access.refused", {"reason": "withdrawn", "request": "\x1b[2JGET"}),
        ("consent.granted", {"arrangement": "arr-1", "number": 1, "channel": "soft"}),
    )
    for type_, fields in happened:
        entry = Entry(type_, {"app_id": "app-1", **fields}, b"h" * 32)
        database.run(ledger.append, entry, now - timedelta(minutes=1), urandom)
    database.close()
    return tmp_path


def run(data: Path, *arguments: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "200"})
    return runner.invoke(app, [*arguments, "--data", str(data)])


def test_an_apps_accesses_and_refusals_are_shown_apart(data: Path) -> None:
    given = run(data, "log", "app-1").output
    assert "access.permitted" in given
    assert "access.refused" not in given
    refused = run(data, "log", "app-1", "--refused").output
    assert "withdrawn" in refused
    assert "\x1b" not in refused


def test_receipts_name_no_channel(data: Path) -> None:
    [receipt] = json.loads(run(data, "receipts", "app-1", "--json").output)
    assert receipt["fields"] == {"app_id": "app-1", "arrangement": "arr-1", "number": 1}
    assert "arr-1" in run(data, "receipts", "app-1").output


@pytest.mark.parametrize("name", ["log", "receipts", "provision-records", "open"])
def test_an_unknown_app_is_told(data: Path, name: str) -> None:
    refused = run(data, name, "nobody")
    assert isinstance(refused.exception, CommandError)
    assert "mynasim app list" in str(refused.exception)


def test_records_of_receipt_are_written_as_a_sheet_and_as_json(data: Path) -> None:
    written = run(data, "provision-records", "app-1").stdout_bytes
    assert written.startswith(b"\xef\xbb\xbf")
    heading, row = csv.reader(StringIO(written.decode("utf-8-sig"), newline=""))
    said = dict(zip(heading, row, strict=True))
    assert said["提供先の事業者"] == "歩く手帳株式会社"
    assert said["本人"] == "arr-1"
    [record] = json.loads(run(data, "provision-records", "app-1", "--format", "json").output)
    assert record["person"] == "arr-1"
    assert record["count"] == 3
    assert "holder" not in record
    early = run(data, "provision-records", "app-1", "--format", "json", "--to", "2020-01-01")
    assert json.loads(early.output) == []


def test_an_app_that_received_nothing_has_an_empty_list(data: Path) -> None:
    nothing = run(data, "log", "app-1", "--limit", "1").output
    assert nothing
    assert json.loads(run(data, "log", "app-1", "--json").output)[0]["proof"] is None


@pytest.mark.parametrize(
    ("options", "address"),
    [
        pytest.param([], "http://localhost:8400", id="as it stands"),
        pytest.param(["--port", "9000"], "http://localhost:9000", id="another port"),
        pytest.param(["--issuer", "https://p.example/"], "https://p.example", id="an issuer"),
    ],
)
def test_a_link_is_printed_alone_and_each_is_new(
    data: Path, options: list[str], address: str
) -> None:
    first, second = (run(data, "open", "app-1", *options).output for _ in range(2))
    assert re.fullmatch(rf"{address}/apps/console/open#[\w-]{{43}}\n", first)
    assert first != second
    told = json.loads(run(data, "open", "app-1", "--json").output)
    assert told.keys() == {"client_id", "url", "expires_at"}
