"""`mynasim app register`, `list`, `declare`, `review`, `declarations`, `recipient-keys`."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import create_engine
from sqlmodel import SQLModel
from typer.testing import CliRunner

from mynaportal_sim.apps.errors import (
    DeclaredMeanwhileError,
    NoSuchAppError,
    PrivateKeyGivenError,
    RegistrationError,
)
from mynaportal_sim.cli.app import app
from mynaportal_sim.jose import b64url
from tests.mynaportal_sim.delivery.kit import Endpoint


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = create_engine(f"sqlite:///{tmp_path / 'portal.sqlite3'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return tmp_path


def _keys(directory: Path, name: str = "jwks", **more: str) -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (b64url(part.to_bytes(32, "big")) for part in (point.x, point.y))
    path = directory / f"{name}.json"
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


@pytest.mark.parametrize("options", [(), ("--devices",), ("--verifier",)])
def test_an_app_is_registered_with_devices_or_as_a_verifier_where_that_is_said(
    data: Path, options: tuple[str, ...]
) -> None:
    command = [*_command(data, _keys(data)), "--profile", "oidc", *options]
    registered = CliRunner().invoke(app, command, catch_exceptions=False)
    listed = CliRunner().invoke(app, ["list", "--data", str(data), "--json"])
    [said] = json.loads(listed.stdout)
    assert said == json.loads(registered.stdout)
    for name in ("devices", "verifier"):
        assert said[name] is (f"--{name}" in options)


STRICT = {"MYNASIM_MODE": "strict", "MYNASIM_ISSUER": "https://portal.test"}


@pytest.mark.parametrize(
    ("mode", "endpoint", "taken"),
    [
        pytest.param({}, "http://127.0.0.1:9000/events", True, id="loopback for development"),
        pytest.param(STRICT, "http://127.0.0.1:9000/events", False, id="loopback in earnest"),
        pytest.param(STRICT, "https://localhost/events", False, id="loopback by name"),
        pytest.param(STRICT, "https://169.254.169.254/", False, id="a cloud's metadata"),
        pytest.param(STRICT, "https://93.184.215.14/events", True, id="public"),
    ],
)
def test_a_strict_portal_takes_no_event_endpoint_that_is_not_public(
    data: Path, mode: dict[str, str], endpoint: str, taken: bool
) -> None:
    command = [*_command(data, _keys(data)), "--event-endpoint", endpoint]
    done = CliRunner(env=mode).invoke(app, command)
    if taken:
        assert json.loads(done.stdout)["event_endpoint"] == endpoint
        return
    assert isinstance(done.exception, RegistrationError)
    assert "which is no public address: let the app poll instead" in str(done.exception)
    assert (
        json.loads(CliRunner().invoke(app, ["list", "--data", str(data), "--json"]).stdout)
        == []
    )


def test_an_app_is_registered_with_the_keys_that_stand_at_an_address(data: Path) -> None:
    keys = _keys(data)
    with Endpoint() as endpoint:
        endpoint.serve(json.loads(Path(keys).read_text()))
        command = [
            *(one for one in _command(data, keys) if one not in {"--jwks", keys}),
            *("--jwks-uri", endpoint.jwks_uri),
        ]
        said = json.loads(CliRunner().invoke(app, command, catch_exceptions=False).stdout)
        assert (said["jwks_uri"], endpoint.got) == (endpoint.jwks_uri, ["/jwks.json"])
        endpoint.answer = (404, b"", {})
        gone = CliRunner().invoke(app, command).exception
        both = CliRunner().invoke(app, [*command, "--jwks", keys]).exception
    none = CliRunner().invoke(app, command[:-2]).exception
    for error, fault in ((gone, "HTTP 404"), (both, "not both"), (none, "where they stand")):
        assert isinstance(error, RegistrationError)
        assert fault in str(error)


def test_a_public_client_is_registered_where_the_policy_lets_it_in(data: Path) -> None:
    command = [one for one in _command(data, "-") if one not in {"--jwks", "-"}]
    smart = [*command, "--profile", "smart"]
    let = {"MYNASIM_PUBLIC_CLIENTS": "true"}
    neither = CliRunner(env=let).invoke(app, smart)
    assert "give the app's public keys" in str(neither.exception)
    refused = CliRunner().invoke(app, [*smart, "--public"])
    assert isinstance(refused.exception, RegistrationError)
    assert "MYNASIM_PUBLIC_CLIENTS=true" in str(refused.exception)
    said = json.loads(CliRunner(env=let).invoke(app, [*smart, "--public"]).stdout)
    assert said["token_endpoint_auth_method"] == "none"
    assert _say(data, "list") == [said]
    known = json.loads(CliRunner().invoke(app, _command(data, _keys(data))).stdout)
    assert known["token_endpoint_auth_method"] == "private_key_jwt"


def test_a_private_key_is_refused(data: Path) -> None:
    with pytest.raises(PrivateKeyGivenError):
        CliRunner().invoke(app, _command(data, _keys(data, d="AA")), catch_exceptions=False)
    listed = CliRunner().invoke(app, ["list", "--data", str(data), "--json"])
    assert json.loads(listed.stdout) == []


# Any: what a command says for programs is as deep as it is.
def _say(data: Path, *command: str) -> Any:
    done = CliRunner().invoke(app, [*command, "--data", str(data), "--json"])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_a_declaration_is_reviewed_until_the_app_declares_anew(data: Path) -> None:
    known = json.loads(CliRunner().invoke(app, _command(data, _keys(data))).stdout)
    client_id = known["client_id"]
    assert (known["purpose_version"], known["reviewer"]) == (1, None)
    _say(data, "review", client_id, "--version", "1", "--by", "模擬審査会")
    declare = ("declare", client_id, "--purpose-text", "健診の結果を並べて見るため")
    said = _say(data, *declare, "--scope", "openid")
    assert said["purpose_version"] == 2
    [listed] = json.loads(
        CliRunner().invoke(app, ["list", "--data", str(data), "--json"]).stdout
    )
    assert (listed["scope"], listed["reviewer"]) == ("openid", None)
    assert listed["purpose_text_sha256"] == sha256(said["purpose_text"].encode()).hexdigest()


FIRST, SECOND = "健診の結果を並べて見るため", "健診の結果を家族に知らせるため"


def test_every_declaration_is_kept_with_its_words_scopes_and_review(data: Path) -> None:
    known = json.loads(CliRunner().invoke(app, _command(data, _keys(data))).stdout)
    client_id = known["client_id"]
    _say(data, "declare", client_id, "--purpose-text", FIRST)
    _say(data, "review", client_id, "--version", "2", "--by", "模擬審査会")
    _say(data, "declare", client_id, "--purpose-text", SECOND, "--scope", "openid")
    found = _say(data, "declarations", client_id)
    assert [(one["version"], one["text"], one["scope"]) for one in found] == [
        (1, known["purpose_text"], known["scope"]),
        (2, FIRST, known["scope"]),
        (3, SECOND, "openid"),
    ]
    for one in found:
        assert one["text_sha256"] == sha256(one["text"].encode()).hexdigest()
    assert [one["reviewer"] for one in found] == [None, "模擬審査会", None]
    assert [one["reviewed_at"] is not None for one in found] == [False, True, False]
    instants = [one["declared_at"] for one in found]
    assert instants == sorted(instants)
    assert found[1]["declared_at"] <= found[1]["reviewed_at"] <= found[2]["declared_at"]
    read = CliRunner().invoke(app, ["declarations", client_id, "--data", str(data)]).stdout
    for words in (known["purpose_text"], FIRST, SECOND, "模擬審査会"):
        assert words in read


def test_declaring_the_same_again_is_no_new_declaration(data: Path) -> None:
    known = json.loads(CliRunner().invoke(app, _command(data, _keys(data))).stdout)
    client_id = known["client_id"]
    again = ("declare", client_id, "--purpose-text", known["purpose_text"])
    assert _say(data, *again)["purpose_version"] == 1
    assert _say(data, *again, "--scope", known["scope"])["purpose_version"] == 1
    assert len(_say(data, "declarations", client_id)) == 1
    assert _say(data, *again, "--scope", "openid")["purpose_version"] == 2
    assert _say(data, *again, "--scope", known["scope"])["purpose_version"] == 3
    assert [one["version"] for one in _say(data, "declarations", client_id)] == [1, 2, 3]


def test_no_declaration_is_reviewed_once_another_has_followed(data: Path) -> None:
    client_id = json.loads(CliRunner().invoke(app, _command(data, _keys(data))).stdout)[
        "client_id"
    ]
    _say(data, "declare", client_id, "--purpose-text", FIRST)
    before = _say(data, "declarations", client_id)
    late = ["review", client_id, "--version", "1", "--by", "模擬審査会", "--data", str(data)]
    done = CliRunner().invoke(app, late)
    assert isinstance(done.exception, DeclaredMeanwhileError)
    assert f"mynasim app declarations {client_id}" in str(done.exception)
    assert _say(data, "declarations", client_id) == before


@pytest.mark.parametrize(
    ("command", "error", "said"),
    [
        pytest.param(
            ("declarations", "nobody"), NoSuchAppError, "nobody", id="declarations of no app"
        ),
        pytest.param(
            ("review", "{}", "--version", "2", "--by", "審査会"),
            DeclaredMeanwhileError,
            "something else",
            id="of another declaration",
        ),
        pytest.param(
            ("review", "{}", "--version", "1", "--by", "審査\u202e会"),
            RegistrationError,
            "direction",
            id="a name that misleads",
        ),
        pytest.param(
            ("declare", "{}", "--purpose-text", "推移を見るため", "--scope", "patient/Foo.rs"),
            RegistrationError,
            "choose of",
            id="an unknown scope",
        ),
        pytest.param(
            ("declare", "nobody", "--purpose-text", "推移を見るため"),
            NoSuchAppError,
            "nobody",
            id="no such app",
        ),
    ],
)
def test_what_cannot_be_declared_or_reviewed_changes_nothing(
    data: Path, command: tuple[str, ...], error: type[Exception], said: str
) -> None:
    known = json.loads(CliRunner().invoke(app, _command(data, _keys(data))).stdout)
    named = [part.format(known["client_id"]) for part in command]
    done = CliRunner().invoke(app, [*named, "--data", str(data)])
    assert isinstance(done.exception, error)
    assert said in str(done.exception)
    listed = CliRunner().invoke(app, ["list", "--data", str(data), "--json"])
    assert json.loads(listed.stdout) == [known]


RECIPIENTS = ("--recipient", "株式会社集計", "--recipient", "Example Ltd,US,joint_user")


def test_a_recipient_has_keys_from_the_registration_on_or_gets_them_later(data: Path) -> None:
    own, later = _keys(data, "own"), _keys(data, "later")
    command = [*_command(data, _keys(data)), *RECIPIENTS]
    done = CliRunner().invoke(app, [*command, "--recipient-keys", f"株式会社集計={own}"])
    said = json.loads(done.stdout)
    first, second = said["recipients"]
    assert (len(first["keys"]), second["keys"]) == (1, [])
    told = _say(data, "recipient-keys", said["client_id"], "Example Ltd", "--jwks", later)
    again = _say(data, "recipient-keys", said["client_id"], "株式会社集計", "--jwks", own)
    [listed] = json.loads(
        CliRunner().invoke(app, ["list", "--data", str(data), "--json"]).stdout
    )
    assert [one["keys"] for one in listed["recipients"]] == [again["keys"], told["keys"]]
    assert again["keys"] == first["keys"]


def test_keys_that_cannot_be_read_register_no_app(data: Path) -> None:
    command = [*_command(data, _keys(data)), *RECIPIENTS]
    done = CliRunner().invoke(app, [*command, "--recipient-keys", "株式会社集計=nowhere"])
    assert "--recipient-keys nowhere cannot be read" in str(done.exception)
    listed = CliRunner().invoke(app, ["list", "--data", str(data), "--json"])
    assert json.loads(listed.stdout) == []
