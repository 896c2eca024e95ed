"""Faults between a program and a card, each one really caused."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import pytest

from card_reader import pcsc, vpcd
from card_reader.apdu import Command, Ins
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.references import JPKI_PASSWORD, JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.errors import (
    CardResetError,
    NoReaderError,
    NotVerifiedError,
    ReaderBusyError,
    UnresponsiveCardError,
)
from card_reader.spec import EF, JPKI_AID, Kind
from card_reader.status import SW, tries_left_is
from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd, private_pcscd
from tests.hardware.kit import COMMAND, SEEN_WITHIN, Recorded, Unmarked, inserted, simulated

scard = pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
AUTHENTICATION = Kind.USER_AUTHENTICATION
MYNASIM = (sys.executable, "-m", "mynaportal_sim")
WITH_A_VERIFIED_PIN = """
import sys
import time
from card_reader import pcsc
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.errors import CardError
from card_reader.spec import Kind

while not any(slot.holds_card for slot in pcsc.slots()):
    time.sleep(0.05)
with pcsc.opened(sys.argv[1]) as reader:
    jpki = Jpki(Session(reader))
    jpki.verify(Kind.USER_AUTHENTICATION, "1234")
    print("verified", flush=True)
    sys.stdin.readline()
    try:
        jpki.sign(Kind.USER_AUTHENTICATION, b"x" * 51)
    except CardError as error:
        print(error)
"""


def _reset_by_another(reader: str) -> None:
    """What another program does that lets go of the card with a reset."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    code, handle, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols)
    assert code == scard.SCARD_S_SUCCESS
    scard.SCardDisconnect(handle, scard.SCARD_RESET_CARD)
    scard.SCardReleaseContext(context)


ASK = bytes.fromhex("00200080")
OFFER = bytes(Command.verify(b"1234"))
READ = bytes.fromhex("00B08A0004")


@pytest.mark.parametrize(
    ("verified_before", "then", "goes_on"),
    [
        pytest.param(False, ASK, True, id="asking for tries"),
        pytest.param(False, READ, True, id="reading"),
        pytest.param(False, OFFER, False, id="VERIFY"),
        pytest.param(True, READ, False, id="reading, after VERIFY"),
        pytest.param(True, OFFER, False, id="VERIFY, after VERIFY"),
    ],
)
def test_a_reset_by_another_is_made_good_while_only_reading_was_done(
    service: PrivatePcscd,
    card: Path,
    monkeypatch: pytest.MonkeyPatch,
    verified_before: bool,
    then: bytes,
    goes_on: bool,
) -> None:
    """pcscd lets nobody reset a card that is held alone, so here it is not (on Windows, and
    after the machine slept, it happens nevertheless)."""
    monkeypatch.setattr(scard, "SCARD_SHARE_EXCLUSIVE", scard.SCARD_SHARE_SHARED)
    recorded = Recorded(Card.load(card))
    with inserted(service, recorded) as name, pcsc.opened(name) as reader:
        session = Session(reader)
        jpki = Jpki(session)
        assert jpki.tries(AUTHENTICATION) == 3
        if verified_before:
            jpki.verify(AUTHENTICATION, "1234")
        _reset_by_another(name)
        if goes_on:
            assert session.exchange(then).sw in {SW.OK, tries_left_is(3)}
        else:
            with pytest.raises(CardResetError, match="no try was spent"):
                session.exchange(then)
    pins = [sent for sent in recorded.sent if sent[1] == Ins.VERIFY and len(sent) > 4]
    assert len(pins) == verified_before
    assert tries(card, JPKI_PIN) == 3


def _holder(reader: str) -> "subprocess.Popen[str]":
    """A program that has verified the PIN of the card in `reader`, and waits."""
    holder = subprocess.Popen(
        [sys.executable, "-c", WITH_A_VERIFIED_PIN, reader],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "verified\n"
    return holder


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_pin_verified_by_a_program_that_is_killed_serves_nobody(
    reader: str, end: signal.Signals
) -> None:
    holder = _holder(reader)
    assert "using the card" in COMMAND.run("card", "info", "--reader", reader, status=1)
    listed = COMMAND.answer("card", "list")
    assert isinstance(listed, list)
    assert listed[0] == {"reader": reader, "card": "busy"}
    holder.send_signal(end)
    holder.communicate(timeout=10)
    with _free(reader) as opened, pytest.raises(NotVerifiedError):
        Jpki(Session(opened)).sign(AUTHENTICATION, b"x" * 51)


@contextmanager
def _free(reader: str) -> Iterator[pcsc.Reader]:
    """The card, as soon as the service has noticed that its holder is no more."""
    deadline = monotonic() + SEEN_WITHIN
    while True:
        with suppress(ReaderBusyError), pcsc.opened(reader) as opened:
            yield opened
            return
        assert monotonic() < deadline
        sleep(0.02)


@pytest.mark.usefixtures("service")
def test_a_service_that_ends_in_the_middle_is_told(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_pcscd(tmp_path / "other") as other:
        for variable, value in other.environment.items():
            monkeypatch.setenv(variable, value)  # for the programs that are started here
        emulated = subprocess.Popen(
            [*MYNASIM, "card", "present", card, "--port", str(other.port), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        holder = _holder(other.readers[0])
    try:
        said, _ = holder.communicate("\n", timeout=10)
        assert "systemctl start pcscd" in said
    finally:
        emulated.terminate()
        emulated.communicate(timeout=10)


def test_something_that_is_no_card_is_told(
    service: PrivatePcscd, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpcd, "ATR", b"\x00\x01")
    with inserted(service, Card.load(card)) as name:
        with pytest.raises(UnresponsiveCardError), pcsc.opened(name):
            pass
        listed = COMMAND.answer("card", "list")
        assert isinstance(listed, list)
        assert listed[0] == {"reader": name, "card": "silent"}


def test_between_two_cards_a_person_chooses(
    service: PrivatePcscd, card: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second.json"
    second.write_bytes(card.read_bytes())
    with simulated(service, card), simulated(service, second, slot=1):
        with pytest.raises(NoReaderError) as told, pcsc.opened("mynasim"):
            pass
        assert all(name in str(told.value) for name in service.readers)
        doctor = COMMAND.answer("card", "doctor", status=1)
        assert isinstance(doctor, list)
        assert doctor[-1]["what"] == "reader"
        assert all(name in doctor[-1]["found"] for name in service.readers)


@dataclass
class Foreign:
    """A card of another kind, which knows none of our applications."""

    sent: list[bytes] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command)
        return SW.FILE_NOT_FOUND.to_bytes(2, "big")

    def reset(self) -> None:
        """It has nothing to forget."""


def test_a_card_of_another_kind_is_told_and_asked_nothing_more(service: PrivatePcscd) -> None:
    foreign = Foreign()
    with inserted(service, foreign) as name:
        assert "no My Number Card" in COMMAND.run("card", "info", "--reader", name, status=1)
        doctor = COMMAND.answer("card", "doctor", status=1)
        assert isinstance(doctor, list)
        assert (doctor[-1]["what"], doctor[-1]["well"]) == ("application", False)
        listed = COMMAND.answer("card", "list")
        assert isinstance(listed, list)
        assert listed[0] == {"reader": name, "card": "other"}
    assert set(foreign.sent) == {bytes(Command.select(JPKI_AID))}


def test_the_list_reads_nothing_that_names_a_person(service: PrivatePcscd, card: Path) -> None:
    """A17 of reference/login.md: the serial number of a certificate follows its holder."""
    recorded = Recorded(Unmarked(Card.load(card)))
    with inserted(service, recorded) as name:
        listed = COMMAND.answer("card", "list")
        assert isinstance(listed, list)
        assert listed[0] == {"reader": name, "card": "unmarked"}
    chosen = {sent[5:] for sent in recorded.sent if sent[1] == Ins.SELECT}
    assert chosen == {JPKI_AID, EF.AUTHENTICATION_CA.to_bytes(2, "big")}
    assert {sent[1] for sent in recorded.sent} == {Ins.SELECT, Ins.READ_BINARY}


def test_the_doctor_finds_no_card_in_empty_readers(service: PrivatePcscd) -> None:
    found = COMMAND.answer("card", "doctor", status=1)
    assert isinstance(found, list)
    assert service.readers[0] in found[-2]["found"]
    assert (found[-1]["what"], found[-1]["well"]) == ("card", False)


def test_the_right_pin_gives_the_tries_back_and_leaves_the_other_pin_alone(
    reader: str, card: Path
) -> None:
    """C5 and C15 of reference/login.md."""
    letter = card.with_name("letter")
    letter.write_bytes(b"a letter")
    sign = ("card", "sign", letter, "--reader", reader, "--pin")
    COMMAND.run(*sign, "9999", status=1)
    assert tries(card, JPKI_PIN) == 2
    COMMAND.run(*sign, "1234")
    assert tries(card, JPKI_PIN) == 3
    assert tries(card, JPKI_PASSWORD) == 5


def _in_person(dialogue: list[tuple[bytes, bytes]], *arguments: str | Path) -> int:
    """Run a command at a terminal; wait for each prompt, then type the answer."""
    own, theirs = pty.openpty()
    command = [*MYNASIM, *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # or the PIN would be asked for at the developer's terminal
    ) as program:
        assert program.stderr is not None
        shown = b""
        for prompt, answer in dialogue:
            while prompt not in shown:
                part = os.read(program.stderr.fileno(), 1024)
                assert part, shown
                shown += part
            os.write(own, answer)
        program.communicate(timeout=30)
    os.close(own)
    os.close(theirs)
    return program.returncode


@pytest.mark.parametrize(
    ("pin", "status", "sent"),
    [
        pytest.param(b"1234\n", 0, [b"1234"], id="right PIN"),
        pytest.param(b"123\n", 1, [], id="malformed PIN"),
    ],
)
def test_the_holder_of_an_unmarked_card_types_its_pin(
    service: PrivatePcscd, card: Path, pin: bytes, status: int, sent: list[bytes]
) -> None:
    letter = card.with_name("letter")
    letter.write_bytes(b"a letter")
    recorded = Recorded(Unmarked(Card.load(card)))
    with inserted(service, recorded) as name:
        dialogue = [(b'"yes"', b"yes\n"), (b"tries left: 3", pin)]
        ended = _in_person(dialogue, "card", "sign", letter, "--reader", name)
    assert ended == status
    offered = [one[5:] for one in recorded.sent if one[1] == Ins.VERIFY and len(one) > 4]
    assert offered == sent
