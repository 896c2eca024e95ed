"""Whether an event can happen to a person as they stand: the first check that fails decides."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from card_reader.spec import (
    AUTHENTICATION_PIN,
    RESIDENT_PIN,
    SIGNING_PASSWORD,
    TEXT_PIN,
    CardKind,
    PinRule,
)
from consent.japan import day_of, reaches_age
from mynaportal_sim.issuing.life_events import LIFE_EVENTS, Fate, LifeEvent, Written
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.refusals import Reason, Refusal
from mynaportal_sim.issuing.wishes import Wish, changed
from mynaportal_sim.pki.validity import renewable_from
from mynaportal_sim.residents.characters import is_kana, is_romaji, unfit
from mynaportal_sim.residents.model import SIGNING_AGE, TEXT_MAX, Resident


class Petition(NamedTuple):
    """A wish beside how the one it is about stands."""

    standing: Standing
    wish: Wish
    now: datetime

    @property
    def resident(self) -> Resident:
        return self.standing.resident


Check = Callable[[Petition], Refusal | None]


def judge(standing: Standing, wish: Wish, now: datetime) -> Refusal | None:
    """Why the wish cannot come true; None if it can. Pure."""
    asked = Petition(standing, wish, now)
    checks = (*ALWAYS, *CHECKS.get(wish.event, ()), _malformed_pin)
    return next((found for check in checks if (found := check(asked))), None)


def possible(standing: Standing, event: LifeEvent, now: datetime) -> Refusal | None:
    """Why an event cannot happen whatever is filled in; None if it can."""
    asked = Petition(standing, Wish(event=event), now)
    checks = (check for check in CHECKS.get(event, ()) if check not in OF_WHAT_IS_FILLED_IN)
    return next((found for check in (*ALWAYS, *checks) if (found := check(asked))), None)


def _dead(asked: Petition) -> Refusal | None:
    return None if asked.resident.died is None else Refusal(Reason.DEAD)


def _not_theirs(asked: Petition) -> Refusal | None:
    foreign = asked.standing.brought and asked.standing.card is None
    return Refusal(Reason.NOT_THEIRS) if foreign else None


def _other_state(asked: Petition) -> Refusal | None:
    status, on = asked.standing.status(asked.now), LIFE_EVENTS[asked.wish.event].on
    if status in on:
        return None
    if status is None:
        return Refusal(Reason.NO_CARD)
    if asked.wish.event is LifeEvent.ISSUE:
        return Refusal(Reason.HAS_CARD)
    return Refusal(Reason.NOT_SO, status=status)


def _not_here(asked: Petition) -> Refusal | None:
    takes_it = LIFE_EVENTS[asked.wish.event].written in ON_THE_CARD
    if not takes_it or asked.standing.brought:
        return None
    return Refusal(Reason.UNREADABLE if asked.standing.unreadable else Reason.NOT_HERE)


def _too_early(asked: Petition) -> Refusal | None:
    card = asked.standing.card
    if card is None or card.authentication is None:
        return Refusal(Reason.NO_CARD)
    first = renewable_from(card.authentication.not_after)
    return Refusal(Reason.TOO_EARLY, day=first) if day_of(asked.now) < first else None


def _ends_with_card(asked: Petition) -> Refusal | None:
    """Where a renewed certificate could be good for no longer."""
    card = asked.standing.card
    if card is None:
        return None
    held = (card.authentication, card.signing)
    longest = all(one.not_after >= card.expires for one in held if one and one.good(asked.now))
    return Refusal(Reason.ENDS_WITH_CARD) if longest and _authenticates(asked) else None


def _authentication_over(asked: Petition) -> Refusal | None:
    """A signing certificate cannot outlive the other one."""
    wanted = LIFE_EVENTS[asked.wish.event].signing is Fate.NEW or asked.wish.certify
    return None if not wanted or _authenticates(asked) else Refusal(Reason.RENEW_FIRST)


def _authenticates(asked: Petition) -> bool:
    card = asked.standing.card
    held = None if card is None else card.authentication
    return held is not None and asked.now < held.not_after


def _too_young(asked: Petition) -> Refusal | None:
    """Only where a signing certificate is all that is asked for."""
    row = LIFE_EVENTS[asked.wish.event]
    wanted = row.signing is Fate.NEW or asked.wish.certify
    of_age = reaches_age(asked.resident.born, SIGNING_AGE)
    if wanted and asked.now < of_age:
        return Refusal(Reason.TOO_YOUNG, day=day_of(of_age))
    return None


def _has_signing(asked: Petition) -> Refusal | None:
    return Refusal(Reason.HAS_SIGNING) if _signs(asked) else None


def _cannot_sign(asked: Petition) -> Refusal | None:
    return None if _signs(asked) else Refusal(Reason.NO_SIGNING)


def _signs(asked: Petition) -> bool:
    card = asked.standing.card
    return card is not None and card.signing is not None and card.signing.good(asked.now)


def _had_signing(asked: Petition) -> Refusal | None:
    card = asked.standing.card
    return Refusal(Reason.HAD_SIGNING) if card is not None and card.signing else None


def _never_signing(asked: Petition) -> Refusal | None:
    card = asked.standing.card
    return Refusal(Reason.NEVER_SIGNING) if card is not None and not card.signing else None


def _has_phone(asked: Petition) -> Refusal | None:
    return Refusal(Reason.HAS_PHONE) if asked.standing.phone else None


def _no_phone(asked: Petition) -> Refusal | None:
    return None if asked.standing.phone else Refusal(Reason.NO_PHONE)


def _no_permit(asked: Petition) -> Refusal | None:
    return None if asked.resident.permitted_until else Refusal(Reason.NO_PERMIT)


def _permit_unheard_of(asked: Petition) -> Refusal | None:
    return None if asked.wish.until is None else _no_permit(asked)


def _permit_runs(asked: Petition) -> Refusal | None:
    until = asked.resident.permitted_until
    if until is not None and day_of(asked.now) <= until:
        return Refusal(Reason.PERMIT_RUNS, day=until)
    return None


def _permit_over(asked: Petition) -> Refusal | None:
    until = changed(asked.resident, asked.wish, asked.now).permitted_until
    if until is not None and day_of(asked.now) > until:
        return Refusal(Reason.PERMIT_OVER, day=until)
    return None


def _not_later(asked: Petition) -> Refusal | None:
    until = max(asked.resident.permitted_until or day_of(asked.now), day_of(asked.now))
    if asked.wish.until is None or asked.wish.until <= until:
        return Refusal(Reason.NOT_LATER, day=until)
    return None


def _nothing_new(asked: Petition) -> Refusal | None:
    same = changed(asked.resident, asked.wish, asked.now) == asked.resident
    return Refusal(Reason.NOTHING_NEW) if same else None


def _address_stays(asked: Petition) -> Refusal | None:
    becomes = changed(asked.resident, asked.wish, asked.now)
    return Refusal(Reason.ADDRESS_STAYS) if becomes.address == asked.resident.address else None


def _unfit_text(asked: Petition) -> Refusal | None:
    becomes = changed(asked.resident, asked.wish, asked.now)
    readings = (one.full for one in (asked.wish.kana, asked.wish.romaji) if one is not None)
    for text in (becomes.name.full, becomes.address, *readings):
        plain = text.replace("\u3000", "").replace(" ", "")
        if not plain or not plain.isprintable() or len(text) > TEXT_MAX:
            return Refusal(Reason.UNFIT_TEXT, text=text[:20])
        if character := unfit(text, becomes.substitutes):
            return Refusal(Reason.UNFIT_TEXT, text=character)
    return None


def _misread(asked: Petition) -> Refusal | None:
    wish = asked.wish
    if wish.kana is not None and not is_kana(wish.kana.full):
        return Refusal(Reason.NO_KANA, text=wish.kana.full)
    if wish.romaji is not None and not is_romaji(wish.romaji.full):
        return Refusal(Reason.NO_ROMAJI, text=wish.romaji.full)
    return None


def _no_pin_given(asked: Petition) -> Refusal | None:
    given = any(value is not None for _, value in _pins(asked.wish))
    return None if given else Refusal(Reason.NO_PIN_GIVEN)


def _malformed_pin(asked: Petition) -> Refusal | None:
    if all(value is None or rule.accepts(value) for rule, value in _pins(asked.wish)):
        return None
    return Refusal(Reason.MALFORMED_PIN)


def _pins(wish: Wish) -> tuple[tuple[PinRule, str | None], ...]:
    return (
        (AUTHENTICATION_PIN, wish.pin),
        (SIGNING_PASSWORD, wish.password),
        (TEXT_PIN, wish.text_pin),
        (RESIDENT_PIN, wish.register_pin),
    )


def _jpki_alone(asked: Petition) -> Refusal | None:
    wanted = asked.wish.text_pin is not None or asked.wish.register_pin is not None
    return Refusal(Reason.JPKI_ALONE) if wanted and not asked.standing.whole else None


def _without_a_pin(asked: Petition) -> Refusal | None:
    card, row = asked.standing.card, LIFE_EVENTS[asked.wish.event]
    wanted = row.written is Written.PINS or row.signing is Fate.NEW or asked.wish.certify
    if wanted and card is not None and card.kind is CardKind.NO_PIN:
        return Refusal(Reason.WITHOUT_A_PIN)
    return None


def _no_password_there(asked: Petition) -> Refusal | None:
    return None if asked.wish.password is None else _never_signing(asked)


ON_THE_CARD = frozenset({Written.DATA, Written.CERTIFICATES, Written.PINS, Written.PHONE})
"""What takes the card itself: what a phone gets is linked to the card that is shown."""
ALWAYS: tuple[Check, ...] = (_dead, _not_theirs, _other_state, _not_here)
_OF_PARTICULARS = (_unfit_text, _without_a_pin, _too_young, _authentication_over)
CHECKS: Mapping[LifeEvent, tuple[Check, ...]] = MappingProxyType(
    {
        LifeEvent.ISSUE: (_permit_unheard_of, _permit_over),
        LifeEvent.RENEW: (_too_early, _ends_with_card),
        LifeEvent.CHANGE_NAME: (_nothing_new, *_OF_PARTICULARS, _misread),
        LifeEvent.MOVE: (_nothing_new, _address_stays, *_OF_PARTICULARS),
        LifeEvent.REISSUE: (_permit_unheard_of, _permit_over),
        LifeEvent.ADD_PHONE: (_cannot_sign, _has_phone),
        LifeEvent.LOSE_PHONE: (_no_phone,),
        LifeEvent.UNBLOCK: (_without_a_pin, _no_pin_given, _no_password_there, _jpki_alone),
        LifeEvent.COME_OF_AGE: (
            _without_a_pin,
            _had_signing,
            _too_young,
            _authentication_over,
        ),
        LifeEvent.CERTIFY: (
            _without_a_pin,
            _never_signing,
            _has_signing,
            _too_young,
            _authentication_over,
        ),
        LifeEvent.EXTEND_PERMIT: (_no_permit, _not_later),
        LifeEvent.END_PERMIT: (_no_permit, _permit_runs),
    }
)
OF_WHAT_IS_FILLED_IN: frozenset[Check] = frozenset(
    {
        _permit_unheard_of,
        _permit_over,
        _nothing_new,
        _address_stays,
        _unfit_text,
        _misread,
        _not_later,
        _no_pin_given,
        _no_password_there,
        _jpki_alone,
    }
)
