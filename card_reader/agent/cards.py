"""Where the agent's cards are: on the readers of this machine, or one emulated card's file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from card_reader import pcsc
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.errors import CardError
from card_reader.spec import Kind
from card_reader.transport import Powered, Transport


@unique
class Holds(StrEnum):
    """What is in a reader, as far as may be known without a person's consent."""

    NONE = "none"
    UNKNOWN = "unknown"
    JPKI = "jpki"


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader as a paired page sees it; nothing of it names a person or a card."""

    id: str
    name: str
    pinpad: bool
    card: Holds
    locked: bool | None

    def as_json(self) -> dict[str, object]:
        """The same as JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "pinpad": self.pinpad,
            "card": self.card.value,
            "locked": self.locked,
        }


@unique
class Lacking(StrEnum):
    """Why there is not one card to use."""

    READER = "no_reader"
    CARD = "no_card"
    CHOICE = "several_cards"


class Cards(Protocol):
    """What the agent can reach."""

    def readers(self) -> list[Reader]:
        """Every reader that may be used. Raises CardError if they cannot be asked."""
        ...

    def find(self, wanted: str | None) -> str | Lacking:
        """The name of the reader whose card is meant by the id `wanted`, or by none.

        Raises CardError if readers cannot be asked.
        """
        ...

    @contextmanager
    def opened(self, name: str) -> Iterator[Powered]:
        """The card in that reader, for nobody else, and reset afterwards. Raises CardError."""
        ...


@dataclass(frozen=True, slots=True)
class OnReaders:
    """Cards on readers, through PC/SC: on those that have `only` in their name."""

    only: str = ""

    def readers(self) -> list[Reader]:
        """Each reader; a card that is in use is not looked at."""
        return [_looked_at(slot) for slot in self._slots()]

    def find(self, wanted: str | None) -> str | Lacking:
        """The reader of that id, else the only one with a card."""
        slots = [s for s in self._slots() if wanted in {None, reader_id(s.name)}]
        if not slots:
            return Lacking.READER
        holding = [slot.name for slot in slots if slot.holds_card]
        if not holding:
            return Lacking.CARD
        return holding[0] if len(holding) == 1 else Lacking.CHOICE

    @contextmanager
    def opened(self, name: str) -> Iterator[Powered]:
        """The card in it."""
        with pcsc.opened(name) as reader:
            yield reader

    def _slots(self) -> list[pcsc.Slot]:
        return [s for s in pcsc.slots() if self.only.casefold() in s.name.casefold()]


def _looked_at(slot: pcsc.Slot) -> Reader:
    holds, locked = Holds.NONE, None
    if slot.holds_card:
        holds = Holds.UNKNOWN
    if slot.holds_card and not slot.in_use:
        try:
            with pcsc.opened(slot.name) as opened:
                holds, locked = Holds.JPKI, is_locked(opened)
        except CardError:
            holds = Holds.UNKNOWN
    keys = pcsc.has_pinpad(slot.name)
    return Reader(reader_id(slot.name), slot.name, keys, holds, locked)


@dataclass(frozen=True, slots=True)
class InFile:
    """One emulated card, always on its reader."""

    path: Path
    name = "emulated"

    def readers(self) -> list[Reader]:
        """The one that it lies on."""
        locked = is_locked(Card.load(self.path))
        return [Reader(reader_id(self.name), self.name, False, Holds.JPKI, locked)]

    def find(self, wanted: str | None) -> str | Lacking:
        """That one."""
        return self.name if wanted in {None, reader_id(self.name)} else Lacking.READER

    @contextmanager
    def opened(self, name: str) -> Iterator[Powered]:
        """The card, powered up."""
        del name
        card = Card.load(self.path)
        try:
            yield card
        finally:
            card.reset()


def is_locked(transport: Transport) -> bool:
    """Whether no try of the PIN is left; asking spends none. Raises CardError."""
    return Jpki(Session(transport)).tries(Kind.USER_AUTHENTICATION) == 0


def reader_id(name: str) -> str:
    """What a page calls a reader."""
    return sha256(name.encode()).hexdigest()[:16]
