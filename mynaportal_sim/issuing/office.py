"""Where people come to with what happened in their lives: looked at, judged, and dealt with.

The registers are written before a card's file: a crash in between leaves entries that no card
uses, never a card that nobody knows; what an event was to write is staged, and written later.
A card whose file cannot be read keeps nothing from happening that writes nothing on it.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from card_reader.emulator.personalise import CardData, read_card
from card_reader.errors import CardFileError
from card_reader.spec import Kind
from mynaportal_sim import keys
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import holdings, staging
from mynaportal_sim.issuing.cards import Counter, certificates_of
from mynaportal_sim.issuing.counter import PHONES, counter_of
from mynaportal_sim.issuing.effects import Deed, Follow, take_place
from mynaportal_sim.issuing.judging import judge
from mynaportal_sim.issuing.life import State
from mynaportal_sim.issuing.life_events import Written
from mynaportal_sim.issuing.making import Desk, make
from mynaportal_sim.issuing.model import Holding, Standing
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish, changed
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """Where the counter finds what it works with. `cards` is the folder of the cards; `follow`
    is told of what changes in the register of residents.
    """

    database: Database
    counter: Counter
    pseudonyms: Pseudonyms = field(repr=False)
    cards: Path
    follow: Follow

    def card_of(self, persona: str) -> Path:
        """The file of a person's card."""
        return self.cards / f"{persona}.json"

    def phone_of(self, persona: str) -> Path:
        """The file of what a person's phone holds."""
        return self.cards / PHONES / f"{persona}.json"


def deal_with(
    office: Office, resident: Resident, wish: Wish, now: datetime, card: Path | None = None
) -> Refusal | Standing:
    """Let an event happen to a person, and answer how they then stand.

    Args:
        card: the card that they brought, if it is another than the one in the folder.

    Raises:
        OvertakenError: somebody else dealt with the card at the same time.
        CardFileError: a card's file cannot be written, or that of another card not be read.
    """
    phone = office.phone_of(resident.persona)
    with suppress(CardFileError):  # nothing here reads it, and who writes it waits again
        staging.finish(office.database, phone)
    laid = _laid(office, resident, card)
    standing = _standing(office, resident, laid)
    if (refusal := judge(standing, wish, now)) is not None:
        return refusal
    becomes = changed(standing.resident, wish, now)
    desk = Desk(office.counter, standing, wish, now)
    made = make(desk, becomes, laid.data)
    event_id = _event_id(now, office.counter.randomness)
    deed = Deed(event_id, desk, becomes, made, office.pseudonyms, office.follow)
    with _written(deed, laid.path, phone, laid.data):
        office.database.run(take_place, deed)
    after = laid if made.card is None else _Laid(laid.path, made.card)
    return _standing(office, becomes, after)


@dataclass(frozen=True, slots=True)
class _Laid:
    """The card's file on the counter: what it holds, None where there is none or, for the
    reason that is said, none that can be read.
    """

    path: Path
    data: CardData | None
    unreadable: str = ""


def _laid(office: Office, resident: Resident, card: Path | None) -> _Laid:
    """What lies on the counter, with what was still to be written on it.

    Raises:
        CardFileError: it is another card, so that nothing but its file says which.
    """
    own = office.card_of(resident.persona).resolve()
    path = own if card is None else card.resolve()
    try:
        staging.finish(office.database, path)
        return _Laid(path, read_card(path) if path.exists() else None)
    except CardFileError as error:
        if path != own:
            raise
        return _Laid(path, None, error.problem)


def _standing(office: Office, resident: Resident, laid: _Laid) -> Standing:
    found = look(office.database, resident, laid.data)
    aside = staging.set_aside(laid.path)
    return replace(found, unreadable=laid.unreadable, set_aside=aside)


def _written(
    deed: Deed, card: Path, phone: Path, data: CardData | None
) -> AbstractContextManager[None]:
    """Where the event happens: what was made for a card or a phone is written with it."""
    if deed.made.card is not None:
        before = None if deed.row.written is Written.CARD else data
        return staging.writing(card, deed.id, deed.made.card, before)
    if deed.made.phone is not None:
        return staging.writing(phone, deed.id, deed.made.phone, None)
    return nullcontext()


def _event_id(now: datetime, randomness: Randomness) -> UUID:
    """A UUID of version 7 (RFC 9562, 5.7): of two events, the later has the greater one."""
    number = int(now.timestamp() * 1000) << 80 | int.from_bytes(randomness(10), "big")
    number = number & ~(0xF << 76) | 7 << 76
    return UUID(int=number & ~(0b11 << 62) | 0b10 << 62)


def office_of(
    settings: Settings,
    database: Database,
    now: datetime,
    randomness: Randomness,
    follow: Follow,
) -> Office:
    """The counter of a portal in dev mode, on its data directory."""
    counter = counter_of(settings, now, randomness)
    return Office(database, counter, keys.pseudonyms(settings.keys), settings.cards, follow)


def stand(office: Office, resident: Resident, card: Path | None = None) -> Standing:
    """How a person stands, with their card or another that they brought.

    Raises:
        CardFileError: the file of another card cannot be read.
    """
    return _standing(office, resident, _laid(office, resident, card))


def look(database: Database, resident: Resident, data: CardData | None) -> Standing:
    """How a person stands, with the card that holds `data` before the counter."""
    return database.run(standing_of, resident, data)


def standing_of(connection: Connection, resident: Resident, data: CardData | None) -> Standing:
    """The same, as a part of a unit of work."""
    known = residents.by_id(connection, resident.id) or resident
    held = holdings.of_resident(connection, resident.id)
    cards = [one for one in held if not one.is_phone]
    card = _presented(cards, data)
    phones = tuple(one for one in held if one.is_phone and one.state is State.ACTIVE)
    others = tuple(one for one in cards if one is not card)
    whole = data is not None and data.contents is not None
    return Standing(known, card, phones, others, brought=data is not None, whole=whole)


def _presented(cards: Sequence[Holding], data: CardData | None) -> Holding | None:
    if data is None:
        return next(iter(cards), None)
    name = dict(certificates_of(data))[Kind.USER_AUTHENTICATION].name
    for card in cards:
        if card.authentication is not None and card.authentication.name == name:
            return card
    return None
