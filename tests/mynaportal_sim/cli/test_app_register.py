"""`mynasim app register` and `mynasim app list`."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import create_engine
from sqlmodel import SQLModel
from typer.testing import CliRunner

from mynaportal_sim.apps.errors import PrivateKeyGivenError
from mynaportal_sim.cli.app import app
from mynaportal_sim.jose import b64url


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = create_engine(f"sqlite:///{tmp_path / 'portal.sqlite3'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return tmp_path


def _keys(directory: Path, **more: str) -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (b64url(part.to_bytes(32, "big")) for part in (point.x, point.y))
    path = directory / "jwks.json"
    key = {"kty": "EC", "crv": "P-256", "x": x, "y": y, **more}
    path.write_text(json.dumps({"keys": [key]}))
    return str(path)


def _command(data: Path, keys: str) -> list[str]:
    return [
        *("register", "--name", "健康ノート", "--redirect-uri", "http://127.0.0.1:9000/cb"),
        *("--jwks", keys, "--scope", "openid patient/Observation.rs", "--profile", "fapi2"),
        *("--supervisor", "田中一郎", "--purpose", "self-care", "--data", str(data), "--json"),
    ]


def test_an_app_that_is_registered_is_listed(data: Path) -> None:
    registered = CliRunner().invoke(app, _command(data, _keys(data)), catch_exceptions=False)
    said = json.loads(registered.stdout)
    assert said["scope"] == "openid patient/Observation.rs"
    assert said["supervisor"] == "田中一郎"
    listed = CliRunner().invoke(app, ["list", "--data", str(data), "--json"])
    assert json.loads(listed.stdout) == [said]


def test_a_private_key_is_refused(data: Path) -> None:
    with pytest.raises(PrivateKeyGivenError):
        CliRunner().invoke(app, _command(data, _keys(data, d="AA")), catch_exceptions=False)
    listed = CliRunner().invoke(app, ["list", "--data", str(data), "--json"])
    assert json.loads(listed.stdout) == []
