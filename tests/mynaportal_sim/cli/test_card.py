import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from typer.testing import CliRunner, Result

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.keys import CardKey
from card_reader.emulator.personalise import read_card
from card_reader.errors import LastTryError, MalformedApduError, PinBlockedError, WrongPinError
from card_reader.spec import Kind
from mynaportal_sim.cli.card import app
from mynaportal_sim.cli.failures import CommandError
from tests import commands

SELECT = "00a4040c:D392F000260100000001"


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def answered(*arguments: str | Path, stdin: bytes | None = None) -> object:
    result = run(*arguments, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card that `card new` made, with a PIN and password of its own."""
    folder = tmp_path_factory.mktemp("portal")
    made = folder / "card.json"
    answered(
        *("new", "--out", made, "--pin", "4321", "--password", "xyz789"),
        *("--data", folder / "data", "--persona", "sato-hanako"),
    )
    return made


@pytest.fixture
def card(issued: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "card.json"
    copy.write_bytes(issued.read_bytes())
    return copy


def test_a_new_card_has_the_secrets_asked_for(card: Path) -> None:
    jpki = Jpki(Session(Card.load(card)))
    jpki.verify(Kind.USER_AUTHENTICATION, "4321")
    jpki.verify(Kind.SIGNING, "XYZ789")


def test_a_new_card_is_not_put_over_another(card: Path) -> None:
    before = card.read_bytes()
    assert isinstance(run("new", "--out", card).exception, CommandError)
    assert card.read_bytes() == before


@pytest.mark.parametrize(
    "secret", [("--pin", "12345"), ("--password", "ABCDEF")], ids=["PIN", "password"]
)
def test_a_card_with_a_malformed_secret_is_not_made(
    tmp_path: Path, secret: tuple[str, str]
) -> None:
    out, data = tmp_path / "card.json", tmp_path / "data"
    result = run("new", "--out", out, "--data", data, *secret)
    assert isinstance(result.exception, CommandError)
    assert secret[1] not in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        pytest.param("phone", "JPKIAPGPSETOKEN", id="phone"),
        pytest.param("next", "JPKISIMNEXTTOKEN", id="hypothetical"),
    ],
)
def test_a_card_is_of_the_kind_asked_for(
    kind: str, token: str, issued: Path, tmp_path: Path
) -> None:
    out, data = tmp_path / "card.json", issued.parent / "data"
    answered("new", "--out", out, "--kind", kind, "--data", data)
    assert Jpki(Session(Card.load(out))).label() == token


def test_a_child_gets_no_phone(issued: Path, tmp_path: Path) -> None:
    wanted = ("--kind", "phone", "--persona", "tanaka-yui", "--data", issued.parent / "data")
    result = run("new", "--out", tmp_path / "card.json", *wanted)
    assert isinstance(result.exception, CommandError)
    assert list(tmp_path.iterdir()) == []


def test_keys_made_ahead_are_those_of_the_next_card(issued: Path, tmp_path: Path) -> None:
    data = issued.parent / "data"
    assert answered("pool", "1", "--data", data) == {"made": 1, "ready": 1}
    ready = {path.read_bytes() for path in (data / "ready-keys").iterdir()}
    answered("new", "--out", tmp_path / "card.json", "--data", data)
    card = read_card(tmp_path / "card.json")
    assert _pkcs8(card.auth_key) in ready
    assert list((data / "ready-keys").iterdir()) == []


def test_info_tells_tries_and_certificates_and_spends_nothing(card: Path) -> None:
    for _ in range(2):
        assert answered("info", "--card", card) == {
            "token": "JPKIAPICCTOKEN2",
            "simulation": True,
            "certificates": {"user_authentication": True, "signing": True},
            "tries": {"user_authentication": 3, "signing": 5},
        }
    assert "利用者証明用" in run("info", "--card", card).stdout


def test_the_card_can_be_named_by_the_environment(
    card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYNASIM_CARD", str(card))
    assert run("info").exit_code == 0


def test_certificates_are_shown_whole(card: Path) -> None:
    shown = answered("certs", "--card", card, "--signing", "--pin", "XYZ789")
    assert isinstance(shown, dict)
    assert set(shown) == {
        "user_authentication",
        "user_authentication_ca",
        "signing",
        "signing_ca",
    }
    for leaf, ca in (
        ("user_authentication", "user_authentication_ca"),
        ("signing", "signing_ca"),
    ):
        certificate = x509.load_pem_x509_certificate(shown[leaf]["pem"].encode())
        issuer = x509.load_pem_x509_certificate(shown[ca]["pem"].encode())
        certificate.verify_directly_issued_by(issuer)
        assert certificate.not_valid_after_utc > datetime(2026, 1, 1, tzinfo=UTC)
    assert "BEGIN CERTIFICATE" in run("certs", "--card", card).stdout


@pytest.mark.parametrize(
    ("kind", "pin"), [(Kind.USER_AUTHENTICATION, "4321"), (Kind.SIGNING, "xyz789")]
)
def test_a_signature_fits_the_certificate_beside_it(card: Path, kind: Kind, pin: str) -> None:
    signed = answered(
        "sign", "-", "--card", card, "--kind", kind, "--pin", pin, stdin=b"a letter"
    )
    assert isinstance(signed, dict)
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate"]))
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(signed["signature"]), b"a letter", PKCS1v15(), SHA256())


def test_a_pin_can_come_through_a_file_descriptor(card: Path, tmp_path: Path) -> None:
    letter, out = tmp_path / "letter", tmp_path / "letter.sig"
    letter.write_bytes(b"a letter")
    reading, writing = os.pipe()
    os.write(writing, b"4321\n")
    os.close(writing)
    try:
        result = run("sign", letter, "--card", card, "--out", out, "--pin-fd", str(reading))
    finally:
        os.close(reading)
    assert result.exit_code == 0, result.output
    assert len(out.read_bytes()) == 256


def test_the_last_try_needs_a_person_and_a_blocked_pin_is_said_first(
    card: Path, tmp_path: Path
) -> None:
    letter = tmp_path / "letter"
    letter.touch()
    wrong = ("sign", letter, "--card", card, "--pin", "0000")
    assert [type(run(*wrong).exception) for _ in range(3)] == [
        WrongPinError,
        WrongPinError,
        LastTryError,
    ]
    run("apdu", "--card", card, SELECT, "00200098:30303030")
    assert isinstance(run("sign", letter, "--card", card).exception, PinBlockedError)


@pytest.mark.parametrize(
    ("answer", "code", "tries"),
    [
        pytest.param(b"yes\n", 0, 3, id="confirmed"),
        pytest.param(b"y\n", 1, 1, id="not confirmed"),
    ],
)
def test_at_a_terminal_the_last_try_is_confirmed_and_the_pin_is_not_shown(
    card: Path, tmp_path: Path, answer: bytes, code: int, tries: int
) -> None:
    letter = tmp_path / "letter"
    letter.touch()
    run("apdu", "--card", card, SELECT, *["00200098:30303030"] * 2)
    command = ("card", "sign", str(letter), "--card", str(card))
    dialogue = [(b'"yes"', answer), (b"tries left: 1", b"4321\n")][: 2 if code == 0 else 1]
    ended, shown = commands.at_a_terminal(command, os.environ, dialogue)
    assert ended == code
    assert b"4321" not in shown
    assert Jpki(Session(Card.load(card))).tries(Kind.USER_AUTHENTICATION) == tries


def test_a_file_descriptor_that_is_not_open_is_said(card: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.touch()
    result = run("sign", letter, "--card", card, "--pin-fd", "999")
    assert isinstance(result.exception, CommandError)
    assert Jpki(Session(Card.load(card))).tries(Kind.USER_AUTHENTICATION) == 3


def test_apdus_are_one_conversation_with_the_pin_masked(card: Path) -> None:
    result = run("apdu", "--card", card, SELECT, "00200098:34333231", "00b0880000"[:8] + "/00")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "> 00A4040C0AD392F000260100000001",
        "<  9000  OK",
        "> 00200098042A2A2A2A",
        "<  9000  OK",
        "> 00B0880000",
        "< 8F8F00 9000  OK",
    ]


def test_apdus_are_answered_for_programs(card: Path) -> None:
    assert answered("apdu", "--card", card, SELECT, "00200098") == [
        {
            "command": "00A4040C0AD392F000260100000001",
            "data": "",
            "sw": "9000",
            "meaning": "OK",
        },
        {"command": "00200098", "data": "", "sw": "63C3", "meaning": "3 tries left"},
    ]


def test_nothing_is_sent_when_a_command_cannot_be_read(card: Path) -> None:
    result = run("apdu", "--card", card, SELECT, "00200098:30303030", "00200098:0")
    assert isinstance(result.exception, MalformedApduError)
    assert Jpki(Session(Card.load(card))).tries(Kind.USER_AUTHENTICATION) == 3


@pytest.mark.parametrize("command", [[], ["new"], ["info"], ["certs"], ["sign"], ["apdu"]])
def test_help_has_an_example(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert not command or "mynasim card" in result.stdout


def _pkcs8(key: CardKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
