import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from card_reader.apdu import Command
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, write_card
from card_reader.spec import EF, JPKI_AID

PIN = EF.AUTHENTICATION_PIN
PASSWORD = EF.SIGNING_PASSWORD


def offer(card: Card, ef: int, value: bytes) -> int:
    """Select the application and the PIN and offer `value` (empty: ask); the status word."""
    for command in (Command.select(JPKI_AID), Command.select_ef(ef)):
        assert card.transmit(bytes(command)) == b"\x90\x00"
    return int.from_bytes(card.transmit(bytes(Command.verify(value))), "big")


def can_sign(card: Card) -> bool:
    card.transmit(bytes(Command.select_ef(EF.AUTHENTICATION_KEY)))
    return len(card.transmit(bytes(Command.sign(b"digest")))) > 2


@pytest.mark.parametrize(("ef", "tries"), [(PIN, 3), (PASSWORD, 5)])
def test_wrong_values_use_up_the_tries_and_then_block(card: Card, ef: int, tries: int) -> None:
    answers = [offer(card, ef, b"WRONG1") for _ in range(tries + 1)]
    assert answers == [*range(0x63C0 + tries - 1, 0x63C0 - 1, -1), 0x6984]
    assert offer(card, ef, b"") == 0x63C0


def test_a_blocked_pin_refuses_even_the_right_value_and_the_other_pin_lives_on(
    card: Card,
) -> None:
    for _ in range(3):
        offer(card, PIN, b"0000")
    assert offer(card, PIN, b"1234") == 0x6984
    assert not can_sign(card)
    assert offer(card, PASSWORD, b"ABC123") == 0x9000


def test_the_right_value_gives_the_tries_back(card: Card) -> None:
    offer(card, PIN, b"0000")
    assert offer(card, PIN, b"1234") == 0x9000
    assert offer(card, PIN, b"") == 0x63C3


@pytest.mark.parametrize("value", [b"123", b"12345", b"1234\0", b"abc123"])
def test_values_are_compared_byte_for_byte(card: Card, value: bytes) -> None:
    assert offer(card, PIN, value) == 0x63C2
    assert offer(card, PASSWORD, value) == 0x63C4


def test_a_value_that_is_too_long_costs_no_try(card: Card) -> None:
    assert offer(card, PIN, b"1" * 17) == 0x6700
    assert offer(card, PIN, b"") == 0x63C3


def test_a_wrong_value_ends_what_a_right_one_allowed(card: Card) -> None:
    offer(card, PIN, b"1234")
    assert can_sign(card)
    card.transmit(bytes(Command.select_ef(PIN)))
    card.transmit(bytes(Command.verify(b"0000")))
    assert not can_sign(card)


def test_reset_and_selection_forget_that_a_pin_was_verified(card: Card) -> None:
    offer(card, PIN, b"1234")
    card.transmit(bytes(Command.select(JPKI_AID)))
    assert not can_sign(card)
    offer(card, PIN, b"1234")
    card.reset()
    card.transmit(bytes(Command.select(JPKI_AID)))
    assert not can_sign(card)


def test_counters_outlive_reset_and_power(card: Card, card_path: Path) -> None:
    offer(card, PIN, b"0000")
    card.reset()
    assert offer(card, PIN, b"") == 0x63C2
    assert offer(Card.load(card_path), PIN, b"0000") == 0x63C1
    assert offer(card, PIN, b"") == 0x63C1


def test_a_card_can_be_made_with_its_tries_used_up(tmp_path: Path, adult: CardData) -> None:
    write_card(tmp_path / "card.json", replace(adult, pin_tries=0, password_tries=1))
    card = Card.load(tmp_path / "card.json")
    assert offer(card, PIN, b"1234") == 0x6984
    assert offer(card, PASSWORD, b"") == 0x63C1


def test_a_card_whose_file_is_gone_answers_memory_failure_and_stays_shut(
    card: Card, card_path: Path
) -> None:
    offer(card, PIN, b"1234")
    card_path.unlink()
    assert offer(card, PIN, b"1234") == 0x6581
    assert offer(card, PIN, b"") == 0x6581
    assert not can_sign(card)


WRONG_PIN_ON_COMMAND = """
import sys
from pathlib import Path
from card_reader.apdu import Command
from card_reader.emulator.card import Card
from card_reader.spec import EF, JPKI_AID

card = Card.load(Path(sys.argv[1]))
card.transmit(bytes(Command.select(JPKI_AID)))
card.transmit(bytes(Command.select_ef(EF.SIGNING_PASSWORD)))
print("ready", flush=True)
sys.stdin.readline()
print(card.transmit(bytes(Command.verify(b"WRONG1"))).hex())
"""


def test_processes_that_share_a_card_lose_no_decrement(card_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRONG_PIN_ON_COMMAND, str(card_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(7)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    answers = Counter(process.communicate()[0].strip() for process in processes)
    assert answers == {"63c4": 1, "63c3": 1, "63c2": 1, "63c1": 1, "63c0": 1, "6984": 2}


KILLED_AS_IT_COMPARES = """
import hmac, os, signal, sys
from pathlib import Path
from card_reader.apdu import Command
from card_reader.emulator.card import Card
from card_reader.spec import EF, JPKI_AID

hmac.compare_digest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
card = Card.load(Path(sys.argv[1]))
card.transmit(bytes(Command.select(JPKI_AID)))
card.transmit(bytes(Command.select_ef(EF.AUTHENTICATION_PIN)))
card.transmit(bytes(Command.verify(b"1234")))
"""


def test_a_kill_before_the_comparison_costs_a_try_and_leaves_a_sound_card(
    card_path: Path,
) -> None:
    command = [sys.executable, "-c", KILLED_AS_IT_COMPARES, str(card_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    card = Card.load(card_path)
    assert offer(card, PIN, b"") == 0x63C2
    assert offer(card, PIN, b"1234") == 0x9000
