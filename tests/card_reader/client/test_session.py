from collections.abc import Iterator

import pytest

from card_reader.apdu import Command
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.errors import (
    NoSuchFileError,
    NotVerifiedError,
    PinBlockedError,
    StatusError,
    TransportError,
    WrongPinError,
)
from card_reader.spec import EF, JPKI_AID


class Recording:
    """A card whose part of a conversation is known; it notes what it hears."""

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[str] = iter(answers)
        self.heard: list[str] = []

    def transmit(self, command: bytes) -> bytes:
        self.heard.append(command.hex().upper())
        return bytes.fromhex(next(self._answers))


def test_data_that_waits_is_fetched() -> None:
    card = Recording("AA6102", "BBCC6101", "DD9000")
    assert Session(card).send(Command.read_binary(0, 256)) == bytes.fromhex("AABBCCDD")
    assert card.heard[1:] == ["00C0000002", "00C0000001"]


def test_a_wrong_le_is_corrected_once() -> None:
    card = Recording("6C02", "AABB9000")
    assert Session(card).send(Command.read_binary(0, 256)) == bytes.fromhex("AABB")
    assert card.heard == ["00B0000000", "00B0000002"]


def test_a_card_that_never_agrees_to_an_le_is_an_error() -> None:
    with pytest.raises(StatusError, match="6C03"):
        Session(Recording("6C02", "6C03")).send(Command.read_binary(0, 256))


def test_a_pin_is_never_sent_twice() -> None:
    card = Recording("9000", "6C04")
    with pytest.raises(StatusError):
        Session(card).verify(EF.AUTHENTICATION_PIN, b"1234")
    assert len(card.heard) == 2


def test_a_card_that_promises_data_without_giving_any_is_an_error() -> None:
    with pytest.raises(TransportError):
        Session(Recording("6101", "6101")).send(Command.read_binary(0, 1))


@pytest.mark.parametrize("answer", ["", "90"])
def test_an_answer_without_a_status_word_is_an_error(answer: str) -> None:
    with pytest.raises(TransportError):
        Session(Recording(answer)).select(JPKI_AID)


@pytest.mark.parametrize(
    ("sw", "error"),
    [
        ("63C1", WrongPinError),
        ("6983", PinBlockedError),
        ("6984", PinBlockedError),
        ("6982", NotVerifiedError),
        ("6A82", NoSuchFileError),
        ("6F42", StatusError),
    ],
)
def test_a_status_word_becomes_the_error_that_tells_most(
    sw: str, error: type[StatusError]
) -> None:
    with pytest.raises(StatusError, match=sw) as raised:
        Session(Recording(sw)).select(JPKI_AID)
    assert type(raised.value) is error
    assert raised.value.sw == int(sw, 16)


@pytest.mark.parametrize(
    ("sw", "tries"),
    [("63C5", 5), ("63C0", 0), ("6983", 0), ("6984", 0)],
)
def test_tries_are_understood_in_each_form_that_cards_give(sw: str, tries: int) -> None:
    assert Session(Recording("9000", sw)).tries(EF.AUTHENTICATION_PIN) == tries


@pytest.mark.parametrize("sw", ["9000", "6300", "6D00"])
def test_a_card_that_does_not_tell_the_tries_is_an_error(sw: str) -> None:
    with pytest.raises(StatusError):
        Session(Recording("9000", sw)).tries(EF.AUTHENTICATION_PIN)


def test_a_file_is_read_to_its_end_and_no_further(session: Session) -> None:
    session.select(JPKI_AID)
    assert session.read_file(EF.CERTIFICATES_PRESENT, 100) == b"\x8f\x8f\x00"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(["9000", "AABB9000", "6B00"], id="short answer"),
        pytest.param(["9000", "AABB6282", "6B00"], id="warning"),
        pytest.param(["9000", "AABB9000", "9000"], id="empty answer"),
    ],
)
def test_the_end_of_a_file_is_understood_in_each_form(answers: list[str]) -> None:
    assert Session(Recording(*answers)).read_file(EF.TOKEN_INFO, 160) == b"\xaa\xbb"


def test_an_empty_file_is_told_from_one_that_ends() -> None:
    with pytest.raises(StatusError, match="6B00"):
        Session(Recording("9000", "6B00")).read_file(EF.TOKEN_INFO, 160)


def test_a_trace_sees_the_conversation_without_the_pin(card: Card) -> None:
    seen: list[tuple[bytes, bytes]] = []
    session = Session(card, trace=lambda command, answer: seen.append((command, answer)))
    session.select(JPKI_AID)
    session.verify(EF.SIGNING_PASSWORD, b"ABC123")
    assert [answer for _, answer in seen] == [b"\x90\x00"] * 3
    assert seen[2][0] == bytes.fromhex("0020008006") + b"******"
    assert b"ABC123" not in b"".join(command for command, _ in seen)
