"""The card file: what happens to one that is old, new, broken, busy or changed often."""

import fcntl
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator import disk, store
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, read_card, write_card
from card_reader.emulator.references import JPKI_PASSWORD, JPKI_PIN
from card_reader.errors import CardFileError, MemoryFailureError
from card_reader.spec import CardKind, Kind
from tests.card_reader.emulator.kit import JPKI, TEXT, count, say, verify

WRONG, RIGHT = verify(0x18, "0000"), verify(0x18, "1234")


def as_version_1(path: Path, signing: str | None = "ABC123", tries: int = 5) -> Path:
    """Write the card in `path` as the first release of this program did."""
    now = json.loads(path.read_text())
    taken = {"version", "kind", "contents", "secrets"}
    kept = {name: value for name, value in now.items() if name not in taken}
    then = {
        "version": 1,
        "kind": "jpki",
        "pin": "1234",
        "password": signing,
        "tries": {"0018": 2, "001B": tries},
    }
    path.write_text(json.dumps({**kept, **then}, ensure_ascii=False, indent=1) + "\n")
    return path


@pytest.fixture
def version_1(card_path: Path) -> Path:
    return as_version_1(card_path)


def test_a_childs_card_of_version_1_is_still_a_childs(child_path: Path) -> None:
    as_version_1(child_path, None, 0)
    for _ in ("as it is", "upgraded"):
        card, data = Card.load(child_path), read_card(child_path)
        assert (data.signing_key, data.password) == (None, None)
        assert say(card, JPKI, verify(0x1B, "ABC123"))[1] == "6984"
        assert say(card, RIGHT)[1] == "9000"


def test_a_card_of_version_1_is_one_with_jpki_alone(version_1: Path, adult: CardData) -> None:
    before = version_1.read_bytes()
    data = read_card(version_1)
    assert (data.kind, data.contents, data.pin_tries) == (CardKind.CARD, None, 2)
    assert _public(data) == _public(adult)
    card = Card.load(version_1)
    assert say(card, JPKI, count(0x18))[1] == "63C2"
    assert say(card, TEXT)[1] == "6A82"
    assert version_1.read_bytes() == before


def test_a_card_of_version_1_is_upgraded_when_it_is_written(
    version_1: Path, adult: CardData
) -> None:
    assert say(Card.load(version_1), JPKI, WRONG)[1] == "63C1"
    assert json.loads(version_1.read_text().splitlines()[0])["version"] == 2
    assert _public(read_card(version_1)) == _public(replace(adult, pin_tries=1))
    assert say(Card.load(version_1), JPKI, RIGHT)[1] == "9000"


def _public(data: CardData) -> tuple[object, ...]:
    numbers = data.auth_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    certificates = (data.auth_certificate, data.signing_certificate, data.auth_ca)
    return (data.label, numbers, *certificates, data.pin, data.password, data.password_tries)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def later(content: bytes) -> bytes:
    return content.replace(b'"version": 2', b'"version": 3', 1)


def flipped(content: bytes) -> bytes:
    return content.replace(b'"secrets": {', b'"secrets": [', 1)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(half, "damaged", id="half written"),
        pytest.param(lambda _: b"", "damaged", id="empty"),
        pytest.param(flipped, "damaged", id="damaged"),
        pytest.param(later, "version 3 are not known", id="of a newer version"),
        pytest.param(
            lambda content: content + b'{"secrets": 7}\n',
            "counters are missing",
            id="bad change",
        ),
        pytest.param(
            lambda content: content + b"not JSON\n", "not JSON", id="change that is no JSON"
        ),
    ],
)
def test_a_spoilt_file_is_named_and_stays_as_it_is(
    whole_path: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    card = Card.load(whole_path)
    whole_path.write_bytes(spoil(whole_path.read_bytes()))
    spoilt = whole_path.read_bytes()
    with pytest.raises(CardFileError, match=said) as refusal:
        Card.load(whole_path)
    assert refusal.value.path == whole_path
    assert say(card, JPKI, RIGHT)[1] == "6581"
    assert say(card, count(0x18))[1] == "6581"
    assert whole_path.read_bytes() == spoilt


def test_a_newer_version_tells_to_use_the_newer_program(whole_path: Path) -> None:
    whole_path.write_bytes(later(whole_path.read_bytes()))
    with pytest.raises(CardFileError, match="Use the newer mynaportal-sim"):
        read_card(whole_path)


def test_a_file_that_another_process_holds_is_named_and_stays_as_it_is(
    whole_path: Path, whole: CardData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_POLLS", 3)
    card, before = Card.load(whole_path), whole_path.read_bytes()
    with whole_path.with_name("whole.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CardFileError, match="another process holds"):
            write_card(whole_path, whole)
        assert say(card, JPKI, RIGHT)[1] == "6581"
        with pytest.raises(MemoryFailureError, match="does not let go of its file"):
            Jpki(Session(card)).verify(Kind.USER_AUTHENTICATION, "1234")
        assert whole_path.read_bytes() == before
    assert say(card, RIGHT)[1] == "9000"


def test_a_verify_writes_its_counter_and_not_the_pictures(
    tmp_path: Path, whole: CardData
) -> None:
    assert whole.contents
    face = replace(whole.contents.visual, files={2: bytes(40_000)})
    path = tmp_path / "card.json"
    write_card(path, replace(whole, contents=replace(whole.contents, visual=face)))
    before, inode = path.read_bytes(), path.stat().st_ino
    assert say(Card.load(path), JPKI, WRONG)[1] == "63C2"
    after = path.read_bytes()
    assert after.startswith(before)
    assert len(after) - len(before) < 1_000
    assert path.stat().st_ino == inode


def test_a_change_that_power_failure_cut_short_never_was(whole_path: Path) -> None:
    say(Card.load(whole_path), JPKI, WRONG)
    with whole_path.open("ab") as file:
        file.write(b'{"secrets": {"jpki/0018": {"value": "1234", "tri')
    assert store.tries(whole_path, JPKI_PIN) == 2
    assert say(Card.load(whole_path), JPKI, WRONG)[1] == "63C1"
    assert store.tries(whole_path, JPKI_PIN) == 1
    assert store.tries(whole_path, JPKI_PASSWORD) == 5
    assert read_card(whole_path).pin_tries == 1


def test_a_file_does_not_grow_without_end(whole_path: Path) -> None:
    card, made = Card.load(whole_path), whole_path.stat().st_size
    say(card, JPKI)
    for _ in range(30):
        assert say(card, RIGHT)[1] == "9000"
    assert whole_path.stat().st_size < made + 0x8000
    assert say(card, WRONG)[1] == "63C2"
    assert read_card(whole_path).pin_tries == 2


def test_a_file_that_somebody_laid_out_anew_is_still_that_card(whole_path: Path) -> None:
    document = json.loads(whole_path.read_text())
    whole_path.write_text(json.dumps(document, indent=2))
    assert say(Card.load(whole_path), JPKI, WRONG)[1] == "63C2"
    assert say(Card.load(whole_path), JPKI, RIGHT)[1] == "9000"
    assert read_card(whole_path).contents is not None


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_spoilt_file_is_a_card_or_a_clear_error(
    whole_path: Path, data: st.DataObject
) -> None:
    sound = whole_path.read_bytes()
    at = data.draw(st.integers(0, len(sound)))
    put = data.draw(
        st.binary(max_size=4) | st.sampled_from([b'"', b"\n", b"A", b"null", b"{}"])
    )
    skipped = data.draw(st.integers(0, 300))
    spoilt = whole_path.with_name("spoilt.json")
    spoilt.write_bytes(sound[:at] + put + sound[at + skipped :])
    before = spoilt.read_bytes()
    with suppress(CardFileError):
        say(Card.load(spoilt), JPKI, count(0x18), TEXT, count(0x11))
    assert spoilt.read_bytes() == before


@given(st.binary(max_size=100))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_behind_the_card_are_a_change_or_a_clear_error(
    whole_path: Path, behind: bytes
) -> None:
    longer = whole_path.with_name("longer.json")
    longer.write_bytes(whole_path.read_bytes() + behind)
    with suppress(CardFileError):
        assert read_card(longer).pin == "1234"
