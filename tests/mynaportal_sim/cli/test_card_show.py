"""A person's card as `card show` prints it, and its PINs as `change-pin` changes them."""

import json
import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from card_reader.client.common import Common
from card_reader.client.juki import Juki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.contents import Contents
from card_reader.emulator.personalise import read_card, write_card
from card_reader.errors import (
    LastTryError,
    MalformedPinError,
    NoSuchFileError,
    PinBlockedError,
    WrongPinError,
)
from card_reader.spec.text import TextEF, TextTag
from card_reader.tlv import encode
from mynaportal_sim.cli.card import app
from mynaportal_sim.cli.failures import CommandError
from tests import commands

NAME = "佐藤\u3000花子"
PIN, PASSWORD = "1234", "ABC123"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answered(*arguments: str | Path) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose issuer of cards has made a card of each kind."""
    folder = tmp_path_factory.mktemp("portal")
    for kind in ("card", "phone", "no_pin", "next"):
        answered("new", "--out", folder / f"{kind}.json", "--data", folder, "--kind", kind)
    child = ("--persona", "tanaka-yui")
    answered("new", "--out", folder / "child.json", "--data", folder, *child)
    return folder


@pytest.fixture
def card(data: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "card.json"
    copy.write_bytes((data / "card.json").read_bytes())
    return copy


def held(card: Path) -> Contents:
    contents = read_card(card).contents
    assert contents is not None
    return contents


def opened(card: Path) -> list[str]:
    """The options that open everything on a card but its individual number."""
    number_b = held(card).visual.number_b
    return ["--text-pin", PIN, "--number-b", number_b, "--password", PASSWORD]


def has_all_tries(card: Path) -> bool:
    return all(it["left"] == it["of"] for it in answered("show", "--card", card)["tries"])


def test_a_card_is_shown_whole(card: Path, data: Path) -> None:
    shown = answered("show", "--card", card, "--data", data, *opened(card))
    assert (shown["kind"], shown["simulation"]) == ("card", True)
    assert shown["applications"] == ["common", "jpki", "juki", "text", "visual"]
    assert shown["attributes"]["name"] == NAME
    assert shown["face"]["expires"] == shown["card"]["expires"]
    assert set(shown["certificates"]) == {"user_authentication", "signing"}
    judged = {part: it and it["genuine"] for part, it in shown["genuine"].items()}
    assert judged == {"text": True, "face": True, "birth": None, "my_number_image": None}
    assert {it["left"] == it["of"] for it in shown["tries"]} == {True}
    assert (shown["my_number"], shown["unreadable"]) == (None, [])
    assert shown["data_objects"]["expires"] == shown["card"]["expires"]


def test_a_card_says_of_itself_what_it_is(card: Path, data: Path) -> None:
    shown = answered("show", "--card", card, "--data", data)
    token = shown["token_info"]
    assert (token["label"], token["manufacturer"]) == (shown["token"], "SIMULATION")
    assert token["flags"] == [
        "RNG",
        "LOGIN_REQUIRED",
        "USER_PIN_INITIALIZED",
        "TOKEN_INITIALIZED",
    ]
    assert (token["min_pin_length"], token["max_pin_length"]) == (6, 16)
    assert (token["hardware_version"], token["firmware_version"]) == ("03", "01")
    assert bytes.fromhex(shown["resident_register"]["key_id"]) == b"SIMULATION SIMUL"
    told = shown["information"]
    assert (told["text"]["version"], told["visual"]["municipality"]) == ("01030E01", "13221")
    text = run("show", "--card", card, "--data", data).stdout
    for part in ("SIMULATION mynaportal-sim", "TOKEN_INITIALIZED", "01 03 0E 01", "住基"):
        assert part in text


def test_people_see_the_same_in_80_columns(card: Path, data: Path) -> None:
    result = run("show", "--card", card, "--data", data, *opened(card))
    assert result.exit_code == 0, result.output
    for part in (NAME, "個人番号カード", "真正 genuine", "10 / 10", "署名用", "2026"):
        assert part in result.stdout
    assert max(map(_columns, result.stdout.splitlines())) <= 80


def _columns(line: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in line.rstrip())


def test_without_a_pin_only_what_is_free_is_shown_and_no_try_is_spent(
    card: Path, data: Path
) -> None:
    shown = answered("show", "--card", card, "--data", data)
    assert (shown["attributes"], shown["face"], shown["birth"]) == (None, None, None)
    assert shown["certificates"]["signing"] is None
    assert shown["certificates"]["user_authentication"]["subject"].startswith("CN=")
    assert shown["card"]["municipality"] == "13221"
    assert set(shown["genuine"].values()) == {None}
    assert {it["left"] == it["of"] for it in shown["tries"]} == {True}
    assert "not opened" in run("show", "--card", card, "--data", data).stdout


def test_the_individual_number_is_read_only_where_it_is_asked_for(
    card: Path, data: Path, tmp_path: Path
) -> None:
    number = held(card).text.number_a
    assert number is not None
    usual = run("show", "--card", card, "--data", data, *opened(card), "--out", tmp_path / "a")
    assert number not in usual.stdout
    assert "••••" in usual.stdout
    assert not (tmp_path / "a" / "my-number.png").exists()
    asked = ("--text-pin", PIN, "--my-number", "--out", tmp_path / "b")
    shown = answered("show", "--card", card, "--data", data, *asked)
    assert shown["my_number"] == number
    assert shown["genuine"]["text"]["steps"]["my_number"]["outcome"] == "holds"
    assert shown["face"], "the number is also what opens the face"
    assert shown["genuine"]["my_number_image"]["genuine"]
    assert (tmp_path / "b" / "my-number.png").exists()


def test_the_portrait_and_the_images_are_kept_as_files(
    card: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "images"
    shown = answered("show", "--card", card, "--data", data, *opened(card), "--out", out)
    assert {Path(it) for it in shown["pictures"].values()} == set(out.iterdir())
    assert (out / "portrait.jp2").read_bytes() in held(card).visual.files[2]
    with Image.open(BytesIO((out / "portrait.png").read_bytes())) as portrait:
        assert portrait.height >= portrait.width > 50
    assert out.stat().st_mode & 0o077 == 0
    assert (
        "portrait.png"
        in run("show", "--card", card, "--data", data, *opened(card), "--out", out).stdout
    )


def test_the_security_code_is_enough_where_the_rest_is_known(card: Path, data: Path) -> None:
    code = held(card).visual.number_b[-4:]
    known = ("--text-pin", PIN, "--number-b", code)
    assert answered("show", "--card", card, "--data", data, *known)["face"]
    alone = run("show", "--card", card, "--data", data, "--number-b", code)
    assert isinstance(alone.exception, MalformedPinError)
    assert has_all_tries(card)


def test_the_birth_key_opens_the_day_of_birth(card: Path, data: Path) -> None:
    key = ("--birth-key", held(card).visual.birth)
    shown = answered("show", "--card", card, "--data", data, *key)
    assert shown["birth"][5:] == f"{key[1][2:4]}-{key[1][4:]}"
    assert shown["genuine"]["birth"]["genuine"]
    both = answered("show", "--card", card, "--data", data, *key, *opened(card))
    assert both["genuine"]["face"]["genuine"]
    assert both["genuine"]["birth"]["steps"]["agreement"]["outcome"] == "holds"


@pytest.mark.parametrize(
    ("kind", "applications", "opened_with"),
    [
        pytest.param("card", 5, [], id="card"),
        pytest.param("child", 5, [], id="child"),
        pytest.param("no_pin", 5, [], id="no PIN"),
        pytest.param("phone", 1, ["--pin", PIN], id="phone"),
        pytest.param("next", 5, [], id="next"),
    ],
)
def test_each_kind_of_card_is_told(
    data: Path, kind: str, applications: int, opened_with: list[str]
) -> None:
    shown = answered("show", "--card", data / f"{kind}.json", "--data", data, *opened_with)
    assert (shown["kind"], len(shown["applications"])) == (kind, applications)
    assert shown["certificates"]["user_authentication"]
    assert ("signing" in shown["certificates"]) == (kind in {"card", "phone", "next"})
    text = run("show", "--card", data / f"{kind}.json", "--data", data).stdout
    assert ("hypothetical" in text) == (kind == "next")


@pytest.mark.parametrize(
    ("issuer", "genuine"),
    [
        pytest.param("ca/card-issuer.pem", True, id="the card's"),
        pytest.param(None, None, id="none"),
        pytest.param("other/ca/card-issuer.pem", False, id="another"),
    ],
)
def test_genuine_is_only_what_the_issuers_certificate_says(
    card: Path, data: Path, tmp_path: Path, issuer: str | None, genuine: bool | None
) -> None:
    if issuer and issuer.startswith("other"):
        answered("new", "--out", tmp_path / "o.json", "--data", data / "other")
    named = ("--card-issuer", data / issuer) if issuer else ()
    shown = answered("show", "--card", card, "--data", tmp_path, "--text-pin", PIN, *named)
    assert shown["genuine"]["text"]["genuine"] is genuine


def test_a_forged_name_is_found(card: Path, data: Path) -> None:
    contents = held(card)
    file = contents.text.files[TextEF.ATTRIBUTES].replace("花子".encode(), "梅子".encode())
    files = contents.text.files | {TextEF.ATTRIBUTES: file}
    forged = replace(contents, text=replace(contents.text, files=files))
    write_card(card, replace(read_card(card), contents=forged))
    shown = answered("show", "--card", card, "--data", data, "--text-pin", PIN)
    assert shown["genuine"]["text"]["genuine"] is False
    assert shown["genuine"]["text"]["steps"]["attributes"]["outcome"] == "fails"
    text = run("show", "--card", card, "--data", data, "--text-pin", PIN).stdout
    assert "NOT GENUINE" in text


def test_a_name_that_would_steer_the_terminal_does_not(card: Path, data: Path) -> None:
    contents = held(card)
    attributes = b"".join(
        (
            encode(TextTag.NAME, b"\x1b]0;owned\x07"),
            encode(TextTag.ADDRESS, b"x"),
            encode(TextTag.BORN, b"19800217"),
            encode(TextTag.SEX, b"1"),
        )
    )
    files = contents.text.files | {TextEF.ATTRIBUTES: encode(TextTag.ATTRIBUTES, attributes)}
    forged = replace(contents, text=replace(contents.text, files=files))
    write_card(card, replace(read_card(card), contents=forged))
    text = run("show", "--card", card, "--data", data, "--text-pin", PIN).stdout
    assert "\x1b]0;" not in text


def test_a_file_that_is_no_issuers_certificate_is_said(card: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter"
    file.write_text("a letter")
    result = run("show", "--card", card, "--card-issuer", file)
    assert isinstance(result.exception, CommandError)


def test_a_wrong_pin_is_said_and_the_last_try_is_kept(card: Path, data: Path) -> None:
    wrong = ("show", "--card", card, "--data", data, "--text-pin", "0000")
    assert [type(run(*wrong).exception) for _ in range(3)] == [
        WrongPinError,
        WrongPinError,
        LastTryError,
    ]
    assert answered("show", "--card", card, "--data", data)["attributes"] is None


@pytest.mark.parametrize(
    ("text_pin", "digits"),
    [
        pytest.param(PIN, 4, id="PIN and security code"),
        pytest.param("", 14, id="number B alone, which both applications have"),
    ],
)
def test_at_a_terminal_each_pin_is_asked_for_once_and_may_be_left_out(
    card: Path, data: Path, text_pin: str, digits: int
) -> None:
    number = held(card).visual.number_b[-digits:]
    command = ("card", "show", "--card", str(card), "--data", str(data))
    dialogue = [
        ("券面事項入力補助用".encode(), f"{text_pin}\n".encode()),
        ("照合番号B (".encode(), f"{number}\n".encode()),
        ("署名用電子証明書の暗証番号 (".encode(), b"\n"),
    ]
    ended, shown = commands.at_a_terminal(command, os.environ, dialogue)
    text = shown.decode()
    assert (ended, text.count("照合番号B (")) == (0, 1)
    assert NAME in text
    assert "JPEG 2000" in text
    assert number not in text


def change(card: Path, kind: str, pin: str, new: str) -> Result:
    given = ("--kind", kind, "--pin", pin, "--new-pin", new)
    return run("change-pin", "--card", card, *given)


CHANGES = pytest.mark.parametrize(
    ("kind", "pin", "new", "malformed"),
    [
        pytest.param("auth", PIN, "9876", "98765", id="authentication"),
        pytest.param("signing", PASSWORD, "xyz789", "XYZXYZ", id="signing"),
        pytest.param("text", PIN, "9876", "", id="text"),
        pytest.param("register", PIN, "9876", "98a6", id="register"),
    ],
)


@CHANGES
def test_a_pin_is_changed(card: Path, kind: str, pin: str, new: str, malformed: str) -> None:
    assert isinstance(change(card, kind, pin, malformed).exception, MalformedPinError)
    assert isinstance(change(card, kind, malformed, new).exception, MalformedPinError)
    assert has_all_tries(card)
    assert change(card, kind, pin, new).exit_code == 0
    assert isinstance(change(card, kind, pin, new).exception, WrongPinError)
    assert change(card, kind, new, pin).exit_code == 0


def test_the_registers_pin_is_changed_in_both_places_or_in_neither(card: Path) -> None:
    Common(Session(Card.load(card))).pin.change(PIN, "5555")
    assert isinstance(change(card, "register", PIN, "9876").exception, WrongPinError)
    Juki(Session(Card.load(card))).pin.verify(PIN)
    Common(Session(Card.load(card))).pin.verify("5555")


def test_no_secret_is_in_what_a_change_says(card: Path) -> None:
    for result in (change(card, "auth", PIN, "98765"), change(card, "auth", PIN, "9876")):
        said = result.output + str(result.exception)
        assert PIN not in said
        assert "9876" not in said


def test_a_pin_that_is_blocked_or_has_one_try_left_is_not_changed(card: Path) -> None:
    for _ in range(2):
        change(card, "text", "0000", "9876")
    assert isinstance(change(card, "text", PIN, "9876").exception, LastTryError)
    locked = read_card(card)
    contents = held(card)
    text = replace(contents.text, pin_tries=0)
    write_card(card, replace(locked, contents=replace(contents, text=text)))
    assert isinstance(change(card, "text", PIN, "9876").exception, PinBlockedError)


def test_a_card_without_a_pin_of_that_kind_says_so(data: Path) -> None:
    child, phone = data / "child.json", data / "phone.json"
    assert isinstance(change(child, "signing", PASSWORD, "XYZ789").exception, CommandError)
    assert isinstance(change(phone, "text", PIN, "9876").exception, NoSuchFileError)


@pytest.mark.parametrize(
    ("again", "code", "works"),
    [pytest.param(b"9876\n", 0, "9876", id="same"), pytest.param(b"9867\n", 1, PIN, id="slip")],
)
def test_at_a_terminal_the_new_pin_is_typed_twice(
    card: Path, again: bytes, code: int, works: str
) -> None:
    command = ("card", "change-pin", "--card", str(card))
    dialogue = [(b"tries left: 3", b"1234\n"), (b"new PIN", b"9876\n"), (b"again", again)]
    ended, shown = commands.at_a_terminal(command, os.environ, dialogue)
    assert ended == code
    assert b"9876" not in shown
    assert change(card, "auth", works, "5555").exit_code == 0


def test_nobody_at_a_terminal_means_nothing_is_changed(card: Path) -> None:
    result = run("change-pin", "--card", card, "--pin", PIN)
    assert isinstance(result.exception, CommandError)
    assert change(card, "auth", PIN, "9876").exit_code == 0


def test_a_phone_is_read_by_other_commands_after_its_pin(data: Path) -> None:
    phone = ("--card", data / "phone.json")
    assert "CN=" in run("certs", *phone, "--pin", PIN).stdout
    doctor = run("doctor", *phone, "--data", data)
    assert (doctor.exit_code, "as on a phone" in doctor.stdout) == (0, True)


@pytest.mark.parametrize("command", ["show", "change-pin"])
def test_help_has_examples(command: str) -> None:
    assert f"mynasim card {command} --card" in run(command, "--help").stdout
