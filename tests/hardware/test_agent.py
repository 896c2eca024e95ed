"""The agent with a card on a reader, asked at a terminal: A17, C6, C9, C11 to C13; killed."""

import os
import pty
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from card_reader import pcsc
from card_reader.apdu import Command, Ins
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.references import JPKI_PIN
from card_reader.emulator.store import tries
from card_reader.errors import NotVerifiedError, ReaderBusyError
from card_reader.spec import EF, Kind
from card_reader.status import SW
from mynaportal_sim.cli.benchmarks.private_pcscd import SOCKET_VARIABLE, PrivatePcscd
from mynaportal_sim.login.csrf import HEADER
from tests.card_reader.agent.process import Running, ready
from tests.hardware.kit import SEEN_WITHIN, Recorded, inserted
from tests.journeys.kit import PERSONA, Portal, copy_keys, free_port, running

PIN = "1234"
AGREE, PIN_PROMPT = "Go on? [y/N]", "tries left: 3"
HEXADECIMAL = (PIN.encode().hex(), "0020008004" + PIN.encode().hex())


@dataclass
class Owner:
    """Whoever sits at the agent's terminal, and answers whenever a text shows up."""

    terminal: int
    shown: str = ""
    answers: dict[str, str] = field(default_factory=lambda: {AGREE: "y", PIN_PROMPT: PIN})

    def sit(self) -> None:
        """Read and answer until the terminal is gone."""
        unread = ""
        while True:
            try:
                part = os.read(self.terminal, 4096).decode("utf-8", "replace")
            except OSError:
                return
            self.shown += part
            unread += part
            for prompt, answer in {**self.answers, "cards here? [y/N]": "y"}.items():
                if prompt in unread:
                    unread = ""
                    os.write(self.terminal, f"{answer}\n".encode())


@contextmanager
def agent(place: Path, *more: str, **environment: str) -> Iterator[tuple[Running, Owner]]:
    """An agent with which a page has paired, and its owner."""
    own, theirs = pty.openpty()
    owner = Owner(own)
    Thread(target=owner.sit, daemon=True).start()
    started = ready(place, theirs, "--pin-ui", "terminal", *more, **environment)
    os.close(theirs)
    if "--portal" in more:
        started.origin = more[more.index("--portal") + 1]
    try:
        started.pair()
        yield started, owner
    finally:
        started.process.terminate()
        started.process.wait(10)
        os.close(own)


@dataclass
class Stubborn(Recorded):
    """A card that keeps a command waiting, or is pulled out before it."""

    hold_at: int | None = None
    pull_at: int | None = None
    reached: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def transmit(self, command: bytes) -> bytes:
        if command[1] == self.pull_at:
            self.pull()
            return b"\x6f\x00"
        if command[1] == self.hold_at:
            self.reached.set()
            self.go_on.wait(20)
        return super().transmit(command)


@contextmanager
def marked(service: PrivatePcscd, card: Stubborn) -> Iterator[str]:
    """Put a card in, once it has shown that it is a simulated one, in the only reader."""
    with inserted(service, card) as name:
        assert [slot.name for slot in pcsc.slots()] == list(service.readers)
        with pcsc.opened(name) as opened:
            assert Jpki(Session(opened)).is_simulation()
        card.sent.clear()
        yield name


def signs_for_nobody(name: str) -> None:
    """As soon as it is free, the card must demand a PIN before it signs."""
    deadline = time.monotonic() + SEEN_WITHIN
    while True:
        try:
            with pcsc.opened(name) as opened, pytest.raises(NotVerifiedError):
                Jpki(Session(opened)).sign(Kind.USER_AUTHENTICATION, b"x" * 51)
        except ReaderBusyError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def files(sent: list[bytes]) -> list[int]:
    commands = [Command.parse(one) for one in sent]
    chosen = [one.data for one in commands if one.ins == Ins.SELECT and len(one.data) == 2]
    return [int.from_bytes(one, "big") for one in chosen]


def test_a_login_waits_for_the_card_and_leaves_it_reset(
    service: PrivatePcscd, card: Path, tmp_path: Path
) -> None:
    with agent(tmp_path) as (asked, owner):
        op = asked.begin()
        asked.until(op, "waiting_card")  # C12
        lying = Stubborn(Card.load(card))
        with marked(service, lying) as name:
            end = asked.until(op, "done", "failed")
            assert end["state"] == "done", end
            signs_for_nobody(name)  # C9
        seen = files(lying.sent)
        assert EF.AUTHENTICATION_CERTIFICATE in seen
        before = seen[: seen.index(EF.AUTHENTICATION_PIN)]
        assert set(before) == {EF.TOKEN_INFO, EF.AUTHENTICATION_CA}, "A17"
        assert "SIMULATION" in owner.shown
        assert "K7Q-M2X" in owner.shown
        assert PIN not in owner.shown
        said = asked.log.read_text() + b"".join(asked.captured).decode("utf-8", "replace")
        assert not [form for form in HEXADECIMAL if form in said]  # C6
    assert tries(card, JPKI_PIN) == 3


def test_the_list_of_readers_reads_no_certificate(
    service: PrivatePcscd, card: Path, tmp_path: Path
) -> None:
    lying = Stubborn(Card.load(card))
    with agent(tmp_path) as (asked, _), marked(service, lying) as name:
        first, second = asked.ask("GET", "/v1/readers")
        assert first == {
            "id": first["id"],
            "name": name,
            "pinpad": False,
            "card": "jpki",
            "locked": False,
        }
        assert (second["card"], second["locked"]) == ("none", None)
    assert files(lying.sent) == [EF.AUTHENTICATION_PIN]  # A17


class Foreign:
    """A card of another kind, which knows none of our applications."""

    def transmit(self, command: bytes) -> bytes:
        del command
        return SW.FILE_NOT_FOUND.to_bytes(2, "big")

    def reset(self) -> None:
        """It has nothing to forget."""


def test_c12_a_card_of_another_kind_is_told(service: PrivatePcscd, tmp_path: Path) -> None:
    with agent(tmp_path) as (asked, owner), inserted(service, Foreign()):
        first, _ = asked.ask("GET", "/v1/readers")
        assert (first["card"], first["locked"]) == ("unknown", None)
        end = asked.login()
        assert (end["state"], end["error"]) == ("failed", "card_unsupported")
        assert AGREE not in owner.shown


def test_a_card_removed_before_it_signs_is_told_and_another_try_works(
    service: PrivatePcscd, card: Path, tmp_path: Path
) -> None:
    with agent(tmp_path) as (asked, _):
        pulled = Stubborn(Card.load(card), pull_at=Ins.COMPUTE_SIGNATURE)
        with marked(service, pulled):
            end = asked.login()
        assert (end["state"], end["error"]) == ("failed", "card_removed")  # C11
        assert "token" not in end
        with marked(service, Stubborn(Card.load(card))):
            assert asked.login()["state"] == "done"


@pytest.mark.parametrize(
    ("state", "held"),
    [
        pytest.param("waiting_consent", None, id="before consent"),
        pytest.param("waiting_pin", None, id="before the PIN"),
        pytest.param("signing", Ins.COMPUTE_SIGNATURE, id="after VERIFY"),
    ],
)
def test_an_agent_that_is_killed_leaves_a_card_that_signs_for_nobody(
    service: PrivatePcscd, card: Path, tmp_path: Path, state: str, held: int | None
) -> None:
    lying = Stubborn(Card.load(card), hold_at=held)
    with marked(service, lying) as name, agent(tmp_path) as (asked, owner):
        if state == "waiting_consent":
            owner.answers.clear()
        elif held is None:
            del owner.answers[PIN_PROMPT]
        op = asked.begin()
        if held is None:
            asked.until(op, state)
        else:
            assert lying.reached.wait(20)
        asked.process.kill()
        asked.process.wait(10)
        lying.hold_at = None
        lying.go_on.set()
        signs_for_nobody(name)
    assert tries(card, JPKI_PIN) == 3
    pins = [one for one in lying.sent if one[1] == Ins.VERIFY and len(one) > 4]
    assert len(pins) == (held is not None)


@pytest.mark.usefixtures("service")
def test_c13_a_service_that_does_not_run_is_told_with_what_to_do(tmp_path: Path) -> None:
    with agent(tmp_path, **{SOCKET_VARIABLE: str(tmp_path / "nothing")}) as (asked, _):
        end = asked.login()
        assert (end["state"], end["error"]) == ("failed", "pcsc_unavailable")
        assert "systemctl start pcscd" in end["hint"]
        listed = asked.ask("GET", "/v1/readers")
        assert listed["error"] == "pcsc_unavailable"


def test_a_portals_login_page_is_answered(
    service: PrivatePcscd,
    template: Path,
    tmp_path: Path,
) -> None:
    """C6, with the portal: what it is sent, writes and logs."""
    data = tmp_path / "data"
    copy_keys(template, data)
    with running(Portal(data, free_port())) as portal:
        lying = Stubborn(Card.load(data / "cards" / f"{PERSONA}.json"))
        with agent(tmp_path, "--portal", portal.url) as (asked, _), marked(service, lying):
            browser = portal.client()
            page = browser.get(f"{portal.url}/login", headers={"Accept": "application/json"})
            bearing = {HEADER: page.json()["csrf"]}
            channel = {"channel": "agent"}
            made = browser.post(
                f"{portal.url}/auth/card/challenges", json=channel, headers=bearing
            )
            end = asked.login(made.json())
            assert end["state"] == "done", end
            sent = _in(browser, portal, end["token"], bearing)
        said = asked.log.read_text() + portal.log.read_text() + sent
        assert not [form for form in (*HEXADECIMAL, f'"{PIN}"') if form in said]


def _in(browser: Any, portal: Portal, token: object, bearing: dict[str, str]) -> str:
    """Log in by a token; what was sent for it."""
    answer = browser.post(f"{portal.url}/auth/card/logins", json=token, headers=bearing)
    assert answer.status_code == 200, answer.text
    home = browser.get(f"{portal.url}/consents", headers={"Accept": "text/html"})
    assert home.status_code == 200
    return str(answer.request.content)
