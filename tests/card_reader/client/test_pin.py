"""The guard of every PIN on the card, and their change."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from card_reader.client.common import Common
from card_reader.client.jpki import Jpki
from card_reader.client.juki import Juki
from card_reader.client.pin import Reference
from card_reader.client.session import Session
from card_reader.client.text import Text
from card_reader.client.visual import Visual
from card_reader.errors import (
    LastTryError,
    MalformedPinError,
    PinBlockedError,
    StatusError,
    WrongPinError,
)
from card_reader.spec import Kind
from tests.card_reader.conftest import PASSWORD, PIN
from tests.card_reader.printed import BIRTH_KEY, NUMBER, NUMBER_B, REGISTER_PIN, TEXT_PIN

Find = Callable[[Session], Reference]


class Held(NamedTuple):
    """A PIN of the card: where it is, its value, another of its form, one that has not."""

    find: Find
    value: str
    other: str
    malformed: str


CHANGEABLE: dict[str, Held] = {
    "authentication": Held(
        lambda session: Jpki(session).reference(Kind.USER_AUTHENTICATION), PIN, "9999", "99999"
    ),
    "signing": Held(
        lambda session: Jpki(session).reference(Kind.SIGNING), PASSWORD, "XYZ789", "XYZXYZ"
    ),
    "text": Held(lambda session: Text(session).pin, TEXT_PIN, "9999", "999"),
    "juki": Held(lambda session: Juki(session).pin, REGISTER_PIN, "9999", "99a9"),
    "common": Held(lambda session: Common(session).pin, REGISTER_PIN, "9999", ""),
}
PRINTED: dict[str, Held] = {
    "text number A": Held(lambda session: Text(session).number_a, NUMBER, "1" * 12, "1" * 11),
    "text number B": Held(lambda session: Text(session).number_b, NUMBER_B, "1" * 14, "1" * 12),
    "visual number A": Held(
        lambda session: Visual(session).number_a, NUMBER, "1" * 12, "1" * 14
    ),
    "visual number B": Held(
        lambda session: Visual(session).number_b, NUMBER_B, "1" * 14, NUMBER_B[:-1]
    ),
    "birth": Held(lambda session: Visual(session).birth_key, BIRTH_KEY, "111111", "19550217"),
}
ALL = CHANGEABLE | PRINTED


def each(table: dict[str, Held]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("held", table.values(), ids=list(table))


@each(ALL)
def test_only_a_wrong_pin_costs_a_try_and_the_right_one_gives_it_back(
    conversation: Session, held: Held
) -> None:
    reference = held.find(conversation)
    full = reference.tries()
    assert full == reference.rule.tries
    with pytest.raises(MalformedPinError):
        reference.verify(held.malformed)
    assert reference.tries() == full
    with pytest.raises(WrongPinError) as wrong:
        reference.verify(held.other)
    assert wrong.value.tries_left == reference.tries() == full - 1
    reference.verify(held.value)
    assert reference.tries() == full


@each(ALL)
def test_the_last_try_is_kept_unless_allowed_and_none_is_sent_after_it(
    conversation: Session, held: Held
) -> None:
    reference = held.find(conversation)
    while reference.tries() > 1:
        with pytest.raises(WrongPinError):
            reference.verify(held.other)
    with pytest.raises(LastTryError):
        reference.verify(held.value)
    with pytest.raises(WrongPinError):
        reference.verify(held.other, allow_last_try=True)
    with pytest.raises(PinBlockedError):
        reference.verify(held.value, allow_last_try=True)


@each(CHANGEABLE)
def test_a_changed_pin_is_the_one_that_counts(conversation: Session, held: Held) -> None:
    held.find(conversation).change(held.value, held.other)
    reference = held.find(conversation)
    with pytest.raises(WrongPinError):
        reference.verify(held.value)
    reference.verify(held.other)


@each(CHANGEABLE)
def test_a_change_that_cannot_be_leaves_everything(conversation: Session, held: Held) -> None:
    reference = held.find(conversation)
    with pytest.raises(MalformedPinError):
        reference.change(held.value, held.malformed)
    with pytest.raises(MalformedPinError):
        reference.change(held.malformed, held.other)
    assert reference.tries() == reference.rule.tries
    with pytest.raises(WrongPinError):
        reference.change(held.other, held.other)
    reference.verify(held.value)


@each(PRINTED)
def test_what_is_printed_on_the_card_cannot_be_changed(
    conversation: Session, held: Held
) -> None:
    reference = held.find(conversation)
    with pytest.raises(StatusError):
        reference.change(held.value, held.other)
    reference.verify(held.value)


def test_the_two_places_of_the_registers_pin_are_changed_each_for_itself(
    conversation: Session,
) -> None:
    Juki(conversation).pin.change(REGISTER_PIN, "9999")
    Common(conversation).pin.verify(REGISTER_PIN)


def test_a_reference_shows_no_pin(conversation: Session) -> None:
    reference = Text(conversation).pin
    reference.verify(TEXT_PIN)
    assert TEXT_PIN not in repr(reference)
