"""What an event puts on cards: made before anything is registered, so that nothing waits."""

from dataclasses import dataclass, replace
from datetime import datetime

from card_reader.emulator.personalise import CardData
from card_reader.spec import (
    AUTHENTICATION_PIN,
    RESIDENT_PIN,
    SIGNING_PASSWORD,
    TEXT_PIN,
    CardKind,
    Kind,
)
from consent.japan import day_of
from mynaportal_sim.issuing.cards import Counter, Validity, card_end
from mynaportal_sim.issuing.life_events import LIFE_EVENTS, Change, Fate, LifeEvent, Written
from mynaportal_sim.issuing.model import Holding, Standing
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.pki.model import State
from mynaportal_sim.residents.model import CardOrder, Resident


@dataclass(frozen=True, slots=True)
class Made:
    """What is to be written: on the card, on a phone; None where that stays as it is.

    `card_ends` is until when the card is good from now on, or what lies on a phone.
    """

    card: CardData | None = None
    phone: CardData | None = None
    card_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The counter at one instant, with what somebody brought to it."""

    counter: Counter
    standing: Standing
    wish: Wish
    now: datetime

    @property
    def row(self) -> Change:
        """What the event changes."""
        return LIFE_EVENTS[self.wish.event]


def make(desk: Desk, becomes: Resident, data: CardData | None) -> Made:
    """What is to be written for a wish that was judged to be possible.

    Args:
        becomes: the resident as the event leaves them.
        data: what the card on the counter holds; None where there is none.
    """
    if desk.row.written is Written.CARD:
        kind = CardKind.CARD if desk.standing.card is None else desk.standing.card.kind
        [keys] = desk.counter.keys(1, kind)
        card = desk.counter.make(_ordered(desk, becomes), keys, desk.now, kind)
        return Made(card=card, card_ends=card_end(becomes, desk.now))
    if data is None or desk.standing.card is None:
        return Made()
    if desk.row.written is Written.PHONE:
        return _phone(desk, becomes, desk.standing.card)
    if desk.row.written is Written.PINS:
        return Made(card=_with_pins(data, desk.wish))
    if desk.row.written is Written.NOTHING:
        return Made()
    return _rewritten(desk, becomes, data, desk.standing.card)


def _rewritten(desk: Desk, becomes: Resident, data: CardData, card: Holding) -> Made:
    extended = desk.wish.event is LifeEvent.EXTEND_PERMIT
    ends = card_end(becomes, card.issued) if extended else card.expires
    counter, kinds = desk.counter, _new_kinds(desk, becomes, data.kind)
    if kinds:
        [keys] = counter.keys(1, data.kind)
        for kind in kinds:
            held = card.authentication if kind is Kind.USER_AUTHENTICATION else card.signing
            renews = held.not_after if held and held.state is State.GOOD else None
            good = Validity(desk.now, ends, renews)
            data = counter.recertified(data, kind, _ordered(desk, becomes), keys, good)
    if desk.row.resident is not None:
        data = counter.retold(data, becomes, ends)
    return Made(card=data, card_ends=ends)


def _phone(desk: Desk, becomes: Resident, card: Holding) -> Made:
    """A phone's certificates end with the card's signing certificate, if not before."""
    [keys] = desk.counter.keys(1, CardKind.PHONE)
    ends = card.expires if card.signing is None else card.signing.not_after
    ordered = _ordered(desk, becomes)
    phone = desk.counter.make(ordered, keys, desk.now, CardKind.PHONE, ends)
    return Made(phone=phone, card_ends=ends)


def _ordered(desk: Desk, resident: Resident) -> Resident:
    """The resident with a sound card to be made, by the PIN and password that were wished."""
    pin, password = desk.wish.pin, desk.wish.password
    order = CardOrder(pin=pin or resident.card.pin, password=password or resident.card.password)
    return replace(resident, card=order)


def _new_kinds(desk: Desk, resident: Resident, carrier: CardKind) -> tuple[Kind, ...]:
    """Which certificates the event has issued for the card."""
    row = desk.row
    signing = row.signing is Fate.NEW or (row.may_certify and desk.wish.certify)
    may_sign = carrier is not CardKind.NO_PIN and resident.may_sign_on(day_of(desk.now))
    wanted = {
        Kind.USER_AUTHENTICATION: row.authentication is Fate.NEW,
        Kind.SIGNING: signing and may_sign,
    }
    return tuple(kind for kind in Kind if wanted[kind])


def _with_pins(data: CardData, wish: Wish) -> CardData:
    if wish.pin is not None:
        data = replace(data, pin=wish.pin, pin_tries=AUTHENTICATION_PIN.tries)
    if wish.password is not None:
        data = replace(data, password=wish.password, password_tries=SIGNING_PASSWORD.tries)
    if data.contents is None:
        return data
    text, register = data.contents.text, data.contents.register
    if wish.text_pin is not None:
        text = replace(text, pin=wish.text_pin, pin_tries=TEXT_PIN.tries)
    if wish.register_pin is not None:
        register = replace(
            register,
            pin=wish.register_pin,
            common_pin=None,
            juki_tries=RESIDENT_PIN.tries,
            common_tries=RESIDENT_PIN.tries,
        )
    return replace(data, contents=replace(data.contents, text=text, register=register))
