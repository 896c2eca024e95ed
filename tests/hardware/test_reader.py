"""What a person meets between a program and the card on a reader, and that no harm is done."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from card_reader import pcsc
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.errors import (
    CardRemovedError,
    NoCardError,
    NotVerifiedError,
    ReaderBusyError,
)
from card_reader.spec import Kind
from card_reader.statement import Challenge
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd, private_pcscd
from tests.hardware.kit import COMMAND, Recorded, Unmarked, inserted, simulated

AUTHENTICATION = Kind.USER_AUTHENTICATION
CHALLENGE = Challenge("http://localhost", "n" * 43, "0" * 26, "0" * 64, "agent", "", "login")
VERIFY = 0x20


def _log_in(reader: str) -> None:
    with pcsc.opened(reader) as opened:
        sign_challenge(Jpki(Session(opened)), CHALLENGE, "1234")


def _apdus_of_a_login(card: Path) -> int:
    recorded = Recorded(Card.load(card))
    sign_challenge(Jpki(Session(recorded)), CHALLENGE, "1234")
    return len(recorded.sent)


def test_a_card_pulled_out_at_any_apdu_is_told_and_costs_no_try(
    service: PrivatePcscd, card: Path
) -> None:
    for at in range(_apdus_of_a_login(card)):
        recorded = Recorded(Card.load(card), pull_before=at)
        with inserted(service, recorded) as name, pytest.raises(CardRemovedError):
            _log_in(name)
        assert tries(card, JPKI_PIN) == 3, f"pulled before APDU {at}"
    with simulated(service, card) as name:
        _log_in(name)


def test_a_verified_pin_does_not_outlive_the_program_that_verified_it(reader: str) -> None:
    _log_in(reader)
    with pcsc.opened(reader) as opened, pytest.raises(NotVerifiedError):
        Jpki(Session(opened)).sign(AUTHENTICATION, b"x" * 51)


def test_nobody_else_can_use_a_card_meanwhile(reader: str) -> None:
    with pcsc.opened(reader), pytest.raises(ReaderBusyError), pcsc.opened(reader):
        pass


def test_an_empty_reader_is_told(service: PrivatePcscd) -> None:
    with pytest.raises(NoCardError), pcsc.opened(service.readers[0]):
        pass


def test_a_reader_that_is_reset_forgets_its_pin(reader: str) -> None:
    with pcsc.opened(reader) as opened:
        jpki = Jpki(Session(opened))
        jpki.verify(AUTHENTICATION, "1234")
        opened.reset()
        with pytest.raises(NotVerifiedError):
            Jpki(Session(opened)).sign(AUTHENTICATION, b"x" * 51)


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        pytest.param(("--pin", "1234"), 0, "", id="right PIN"),
        pytest.param(("--pin", "9999"), 1, "2 tries left", id="C1 wrong PIN"),
        pytest.param(("--pin", "123"), 1, "no try was spent", id="C4 three digits"),
        pytest.param(("--pin", "abcd"), 1, "no try was spent", id="C4 letters"),
    ],
)
def test_pins_through_a_reader(
    reader: str, card: Path, options: tuple[str, ...], status: int, said: str
) -> None:
    document = card.with_name("letter")
    document.write_bytes(b"a letter")
    told = COMMAND.run("card", "sign", document, "--reader", reader, *options, status=status)
    assert said in told
    assert tries(card, JPKI_PIN) == (2 if "2 tries" in said else 3)


def test_a_reader_locks_a_card_only_when_a_person_says_so(reader: str, card: Path) -> None:
    document = card.with_name("letter")
    document.write_bytes(b"a letter")
    sign = ("card", "sign", document, "--reader", reader, "--pin")
    for left in (2, 1):
        assert f"{left} tr" in COMMAND.run(*sign, "9999", status=1)
    assert "Only one try is left" in COMMAND.run(*sign, "9999", status=1)  # C3
    assert tries(card, JPKI_PIN) == 1
    assert 'type "yes"' in _typed(b"no\n", *sign, "9999")
    assert tries(card, JPKI_PIN) == 1
    _typed(b"yes\n", *sign, "9999")
    assert tries(card, JPKI_PIN) == 0
    assert "blocked" in COMMAND.run(*sign, "1234", status=1)  # C2


def _typed(line: bytes, *arguments: str | Path) -> str:
    """What a command says to a person at a terminal who types `line`."""
    own, theirs = pty.openpty()
    os.write(own, line)
    done = subprocess.run(
        [sys.executable, "-m", "mynaportal_sim", *map(str, arguments)],
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    os.close(own)
    os.close(theirs)
    assert done.returncode == 1
    return done.stderr


def test_an_unmarked_card_gets_no_verify(
    service: PrivatePcscd, card: Path, tmp_path: Path
) -> None:
    """Neither do commands that a script gives, nor `apdu`, whoever calls it."""
    (tmp_path / "letter").write_bytes(b"a letter")
    (tmp_path / "pin").write_text("1234\n")
    select = "00a4040c:D392F000260100000001"
    unmarked = Recorded(Unmarked(Card.load(card)))
    with inserted(service, unmarked) as name:
        reader = ("--reader", name)
        for refused in (
            ("card", "sign", tmp_path / "letter", *reader, "--pin", "1234"),
            (
                "card",
                "sign",
                tmp_path / "letter",
                *reader,
                "--kind",
                "signing",
                "--pin",
                "ABC123",
            ),
            ("card", "certs", "--signing", *reader, "--pin", "ABC123"),
            ("card", "change-pin", *reader, "--pin", "1234", "--new-pin", "4321"),
            ("card", "apdu", *reader, select, "00a4020c:0018", "00200080:31323334"),
            ("card", "apdu", *reader, select, "802a0080:00/00"),
            ("app", "login", "--auth-url", "http://localhost:9/authorize", *reader),
        ):
            COMMAND.run(*refused, status=1)
        COMMAND.run("card", "info", *reader)
        before = len(unmarked.sent)
        shown = COMMAND.answer("card", "show", *reader, "--text-pin", "1234", "--my-number")
        assert isinstance(shown, dict)
        assert (shown["simulation"], shown["tries"]) == (False, [])
        assert {sent[1] for sent in unmarked.sent[before:]} <= {0xA4, 0xB0, 0xB2}
        sign = ("card", "sign", tmp_path / "letter", *reader)
        assert "may be a real one" in _typed(b"no\n1234\n", *sign)
    assert [sent for sent in unmarked.sent if sent[1] == VERIFY and len(sent) > 4] == []
    assert {sent[1] for sent in unmarked.sent} <= {0xA4, 0xB0, 0xB2, 0x20}


def test_commands_find_their_way_to_a_reader(reader: str, service: PrivatePcscd) -> None:
    listed = COMMAND.answer("card", "list")
    assert listed == [
        {"reader": reader, "card": "simulated"},
        {"reader": service.readers[1], "card": "empty"},
    ]
    told = COMMAND.answer("card", "info", "--reader", reader)
    assert isinstance(told, dict)
    assert told["simulation"] is True
    assert COMMAND.answer("card", "info", "--reader", "MYNASIM") == told  # the one with a card
    assert reader in COMMAND.run("card", "info", "--reader", "elsewhere", status=1)


def test_a_card_on_a_reader_is_shown_whole_and_its_pins_are_changed(reader: str) -> None:
    change = ("card", "change-pin", "--reader", reader, "--kind")
    for kind, new in (("text", "9876"), ("register", "8765")):
        COMMAND.run(*change, kind, "--pin", "1234", "--new-pin", new)
    shown = COMMAND.answer("card", "show", "--reader", reader, "--text-pin", "9876")
    assert isinstance(shown, dict)
    assert shown["applications"] == ["common", "jpki", "juki", "text", "visual"]
    assert shown["attributes"]["name"] == "佐藤\u3000花子"
    assert {it["left"] == it["of"] for it in shown["tries"]} == {True}


def test_the_doctor_walks_from_the_service_to_the_tries(reader: str) -> None:
    found = COMMAND.answer("card", "doctor")
    assert isinstance(found, list)
    assert [one["what"] for one in found] == [
        *("reader support", "service", "reader", "card", "application", "simulation mark"),
        *("certificate for user authentication", "利用者証明用電子証明書の暗証番号"),
        *("certificate for signing", "署名用電子証明書の暗証番号"),
    ]
    assert all(one["well"] for one in found)
    assert reader in found[2]["found"]


def test_the_doctor_says_what_to_do_about_an_empty_reader(service: PrivatePcscd) -> None:
    found = COMMAND.answer("card", "doctor", "--reader", service.readers[1], status=1)
    assert isinstance(found, list)
    assert "Put the card on the reader" in found[-1]["advice"]


@pytest.mark.usefixtures("service")
def test_without_service_or_reader_commands_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_pcscd(tmp_path, readers=False) as bare:
        for name, value in bare.environment.items():
            monkeypatch.setenv(name, value)
        assert COMMAND.answer("card", "list") == []
        assert "There is no card reader" in COMMAND.run("card", "list")
        assert "card present" in COMMAND.run("card", "info", "--reader", "any", status=1)
    for command in (("card", "list"), ("card", "info", "--reader", "x"), ("card", "doctor")):
        assert "systemctl start pcscd" in COMMAND.run(*command, status=1)


def test_of_two_cards_none_is_guessed(
    service: PrivatePcscd, reader: str, issued: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.json"
    second.write_bytes(issued.read_bytes())
    with simulated(service, second, slot=1) as other:
        told = COMMAND.run("card", "info", "--reader", "mynasim", status=1)
        assert "could be any" in told
        assert reader in told
        assert other in told
        login = ("login", "--portal", "http://localhost:9", "--code", "A" * 22)
        assert "2 readers hold a card" in COMMAND.run(*login, status=1)
