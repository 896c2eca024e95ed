import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, write_card
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.errors import CardDataError, CardFileError
from card_reader.spec import is_marked


def test_a_card_file_is_its_owners_alone(card_path: Path) -> None:
    assert stat.S_IMODE(card_path.stat().st_mode) == 0o600


def test_a_card_file_says_that_it_is_a_simulation(card_path: Path) -> None:
    document = json.loads(card_path.read_text())
    assert (document["format"], document["version"]) == ("mynasim-card", 2)
    assert document["simulation"] is True


def test_a_card_can_be_loaded_by_a_link_and_shares_its_counters(
    card_path: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(card_path)
    linked = Card.load(link)
    for command in ("00A4040C0AD392F000260100000001", "002000980430303030"):
        linked.transmit(bytes.fromhex(command))
    assert link.is_symlink()
    assert tries(card_path, JPKI_PIN) == 2


def test_no_secret_shows_in_what_python_prints(card: Card, adult: CardData) -> None:
    shown = repr(card) + repr(adult)
    assert "1234" not in shown
    assert "ABC123" not in shown
    assert "佐藤 花子" in shown


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="binary"),
        pytest.param(b'{"format": "mynasim-card", "vers', id="cut short"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(b'{"format": "something else"}', id="foreign"),
        pytest.param(b'{"format": "mynasim-card", "version": 3}\n{}', id="of a later version"),
        pytest.param(b'{"format": "mynasim-card", "version": 2}', id="without a card"),
    ],
)
def test_a_file_that_is_no_card_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(CardFileError, match=r"card\.json: ") as refusal:
        Card.load(path)
    assert refusal.value.path == path
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "path", [pytest.param("none.json", id="missing"), pytest.param(".", id="folder")]
)
def test_a_path_without_a_file_is_refused_by_name(tmp_path: Path, path: str) -> None:
    with pytest.raises(CardFileError):
        Card.load(tmp_path / path)


def _secret(value: object = "1234", tries: object = 3) -> object:
    return {"value": value, "tries": tries}


def _secrets(pin: object, tries: object, signing: str = "ABC123") -> object:
    return {"jpki/0018": _secret(pin, tries), "jpki/001B": _secret(signing, 5)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("simulation", False, id="no simulation"),
        pytest.param("kind", "passport", id="of another kind"),
        pytest.param("label", 7, id="label no text"),
        pytest.param("auth_key", "-----BEGIN", id="key no PEM"),
        pytest.param("auth_certificate", "!", id="certificate no base64"),
        pytest.param("auth_certificate", "AAAA", id="certificate no DER"),
        pytest.param("secrets", {"jpki/0018": _secret(tries=3)}, id="a counter missing"),
        pytest.param("secrets", _secrets("12345", 3), id="PIN of five digits"),
        pytest.param("secrets", _secrets("1234", 3, signing=""), id="key without password"),
        pytest.param("secrets", _secrets("1234", 4), id="more tries than the rule"),
        pytest.param("secrets", _secrets("1234", -1), id="negative tries"),
        pytest.param("secrets", _secrets("1234", True), id="tries no number"),
        pytest.param("secrets", _secrets(1234, 3), id="PIN no text"),
    ],
)
def test_a_damaged_card_is_refused(card_path: Path, name: str, value: object) -> None:
    document = json.loads(card_path.read_text())
    card_path.write_text(json.dumps({**document, name: value}))
    with pytest.raises(CardFileError, match="damaged"):
        Card.load(card_path)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"pin": "12a4"}, id="PIN with a letter"),
        pytest.param({"pin": "\uff11\uff12\uff13\uff14"}, id="PIN in full-width digits"),
        pytest.param({"password": "ABCDEF"}, id="password without a digit"),
        pytest.param({"password": "123456"}, id="password without a letter"),
        pytest.param({"password": "abc123"}, id="password in lower case"),
        pytest.param({"password": "ABC12"}, id="password of five"),
        pytest.param({"password": "ABC1234567890123X"}, id="password of seventeen"),
        pytest.param({"password": None}, id="signing key without password"),
        pytest.param({"signing_certificate": None}, id="signing key without certificate"),
        pytest.param({"signing_ca": b"\x30\x00"}, id="CA certificate no DER"),
        pytest.param({"pin_tries": 4}, id="too many tries"),
    ],
)
def test_parts_that_make_no_card_are_refused_and_nothing_is_written(
    tmp_path: Path, adult: CardData, changes: dict[str, Any]
) -> None:
    with pytest.raises(CardDataError):
        write_card(tmp_path / "card.json", replace(adult, **changes))
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_of_another_key_is_refused(tmp_path: Path, adult: CardData) -> None:
    assert adult.signing_key
    with pytest.raises(CardDataError, match="not that of the authentication key"):
        write_card(tmp_path / "card.json", replace(adult, auth_key=adult.signing_key))


def test_a_certificate_without_the_mark_is_refused(
    tmp_path: Path,
    adult: CardData,
    keys: list[rsa.RSAPrivateKey],
    certify: Callable[[str, rsa.RSAPrivateKey, bool], bytes],
) -> None:
    unmarked = certify("authentication", keys[0], False)
    with pytest.raises(CardDataError, match="simulation mark"):
        write_card(tmp_path / "card.json", replace(adult, auth_certificate=unmarked))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, adult: CardData) -> None:
    with pytest.raises(CardFileError, match=r"nowhere/card\.json"):
        write_card(tmp_path / "nowhere" / "card.json", adult)


@pytest.mark.parametrize(
    ("found", "put"),
    [
        pytest.param("a003020102", "a00302010a", id="of no known version"),
        pytest.param("2a864886f70d010101", "2a864886f70d01017f", id="with no known key"),
        pytest.param("0282010100", "0282010000", id="with a broken key"),
    ],
)
def test_a_certificate_that_cannot_be_read_is_refused(
    tmp_path: Path, adult: CardData, found: str, put: str
) -> None:
    der = adult.auth_certificate
    spoilt = der.replace(bytes.fromhex(found), bytes.fromhex(put), 1)
    assert spoilt != der
    with pytest.raises(CardDataError, match="authentication certificate"):
        write_card(tmp_path / "card.json", replace(adult, auth_certificate=spoilt))


def test_a_certificate_that_cannot_be_read_is_not_marked(adult: CardData) -> None:
    version = bytes.fromhex("a003020102")
    assert is_marked(adult.auth_certificate)
    assert not is_marked(adult.auth_certificate.replace(version, version[:-1] + b"\x0a", 1))
    assert not is_marked(adult.auth_certificate[:-1])
