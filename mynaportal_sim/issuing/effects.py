"""What an event does, as one unit of work: registers, sessions, consents and the ledger.

It does what the event's row of LIFE_EVENTS says, to whatever the person has of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from card_reader.emulator.personalise import CardData
from card_reader.spec import CardKind, Kind
from consent.ledger.store import append
from mynaportal_sim.issuing import entries, holdings
from mynaportal_sim.issuing.cards import certificates_of, number_of
from mynaportal_sim.issuing.deaths import end_agreements
from mynaportal_sim.issuing.errors import (
    NumberTakenError,
    OvertakenError,
    UnknownAuthorityError,
)
from mynaportal_sim.issuing.life import TRANSITIONS, State
from mynaportal_sim.issuing.life_events import Change, Fate, LifeEvent, Written
from mynaportal_sim.issuing.making import Desk, Made
from mynaportal_sim.issuing.model import Certificate, Happened, Holding
from mynaportal_sim.login import sessions
from mynaportal_sim.pki import service, store
from mynaportal_sim.pki.errors import SerialTakenError
from mynaportal_sim.pki.model import RevocationReason
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident

_Held = Mapping[Kind, Certificate]
Follow = Callable[[Connection, Resident, datetime], None]
"""What lets all that says the same follow the register of residents; part of a unit of work."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An event that was judged to be possible, with all that was made for it.

    `id` names it among the events of lives; `becomes` is the resident as it leaves them.
    """

    id: UUID
    desk: Desk
    becomes: Resident
    made: Made
    names: Pseudonyms
    follow: Follow

    @property
    def row(self) -> Change:
        return self.desk.row

    @property
    def now(self) -> datetime:
        return self.desk.now

    @property
    def randomness(self) -> Callable[[int], bytes]:
        return self.desk.counter.randomness


def take_place(connection: Connection, deed: Deed) -> None:
    """Let the event happen; a unit of work.

    Raises:
        OvertakenError: the card was dealt with since it was looked at.
        SerialTakenError: an authority has given a serial before; repeat it.
    """
    _change_resident(connection, deed)
    about = _change_card(connection, deed)
    _change_others(connection, deed)
    about = _change_phone(connection, deed) or about
    _end_what_ends(connection, deed)
    event = deed.desk.wish.event
    happened = Happened(event, deed.now, None if about is None else about.id)
    holdings.note(connection, deed.id, deed.becomes.id, happened)
    entry = entries.of_event(event, deed.becomes, about, deed.names)
    append(connection, entry, deed.now, deed.randomness)


def _change_resident(connection: Connection, deed: Deed) -> None:
    if deed.becomes != deed.desk.standing.resident:
        residents.change(connection, deed.becomes)
        deed.follow(connection, deed.becomes, deed.now)


def _change_card(connection: Connection, deed: Deed) -> Holding | None:
    """The card that it happened to, as it is now: a new one where one is issued."""
    card, made = deed.desk.standing.card, deed.made
    if made.card is None or deed.row.written is Written.PINS:
        return None if card is None else _changed(connection, deed, card, {})
    new = dict(certificates_of(made.card))
    if deed.row.written is not Written.CARD:
        assert card is not None  # noqa: S101  it was rewritten
        fresh = {kind: one for kind, one in new.items() if one.name not in _names(card)}
        return _changed(connection, deed, card, fresh)
    issued = _issued(deed, made.card, new)
    if card is not None:
        _changed(connection, deed, card, new, on_another=True)
    return _entered(connection, deed, issued, new)


def _changed(
    connection: Connection,
    deed: Deed,
    card: Holding,
    new: _Held,
    *,
    on_another: bool = False,
) -> Holding:
    """The card on the counter after the event; `new` lies on it, or on the one after it."""
    fates = ((deed.row.authentication, card.authentication), (deed.row.signing, card.signing))
    for kind, (fate, held) in zip(Kind, fates, strict=True):
        if held is not None:
            _let(connection, deed, held, fate if kind not in new else Fate.NEW)
        if not on_another and kind in new:
            _register(connection, deed, kind, new[kind])
            holdings.hold_now(connection, card.id, kind, new[kind].name, deed.now)
            if held is not None:
                holdings.succeed(connection, held.name, new[kind].name)
    state = card.state
    if deed.row.card is not None:
        state = TRANSITIONS.get((state, deed.row.card), state)
    moved = replace(
        card,
        state=state,
        since=card.since if state is card.state else deed.now.replace(microsecond=0),
    )
    if new and not on_another:
        authentication = new.get(Kind.USER_AUTHENTICATION, card.authentication)
        signing = new.get(Kind.SIGNING, card.signing)
        ends = deed.made.card_ends or card.expires
        moved = replace(moved, authentication=authentication, signing=signing, expires=ends)
    if not holdings.change(connection, card, moved):
        raise OvertakenError
    return moved


def _let(connection: Connection, deed: Deed, held: Certificate, fate: Fate) -> None:
    """Let a certificate meet its fate; one that is revoked already stays so."""
    authority = deed.desk.counter.authorities.by_key(held.name.issuer)
    if authority is None:
        raise UnknownAuthorityError
    match fate:
        case Fate.HELD:
            service.hold(connection, authority, held.name.serial, deed.now)
        case Fate.RELEASED:
            service.release(connection, authority, held.name.serial, deed.now)
        case Fate.REVOKED | Fate.NEW:
            reason = deed.row.reason or RevocationReason.SUPERSEDED
            service.revoke(connection, authority, held.name.serial, reason, deed.now)
        case Fate.KEPT:
            pass


def _change_others(connection: Connection, deed: Deed) -> None:
    """Other cards of the person's, where it is they who changed."""
    if not deed.row.every_card:
        return
    for other in deed.desk.standing.others:
        _changed(connection, deed, other, {})


def _change_phone(connection: Connection, deed: Deed) -> Holding | None:
    """The phone, if it is what the event is about; others of theirs fare as it does."""
    if deed.made.phone is not None:
        new = dict(certificates_of(deed.made.phone))
        return _entered(connection, deed, _issued(deed, deed.made.phone, new), new)
    if deed.row.phone is Fate.KEPT:
        return None
    stopped = [_stopped(connection, deed, phone) for phone in deed.desk.standing.phones]
    return next(iter(stopped), None) if deed.desk.wish.event is LifeEvent.LOSE_PHONE else None


def _stopped(connection: Connection, deed: Deed, phone: Holding) -> Holding:
    for held in (phone.authentication, phone.signing):
        if held is not None:
            _let(connection, deed, held, deed.row.phone)
    since = deed.now.replace(microsecond=0)
    stopped = replace(phone, state=State.STOPPED, since=since)
    if not holdings.change(connection, phone, stopped):
        raise OvertakenError
    return stopped


def _entered(connection: Connection, deed: Deed, holding: Holding, new: _Held) -> Holding:
    """A new card or phone, with its certificates in both registers."""
    for kind, certificate in new.items():
        _register(connection, deed, kind, certificate)
    if not holdings.add(connection, holding):
        raise NumberTakenError
    before = deed.desk.standing.card
    if before is not None and holding.kind is not CardKind.PHONE:
        held = (before.authentication, before.signing)
        for kind, old in zip(Kind, held, strict=True):
            if old is not None and kind in new:
                holdings.succeed(connection, old.name, new[kind].name)
    return holding


def _issued(deed: Deed, data: CardData, new: _Held) -> Holding:
    now = deed.now.replace(microsecond=0)
    card = deed.desk.standing.card
    return Holding(
        id=number_of(data),
        resident_id=deed.becomes.id,
        kind=data.kind,
        state=State.ACTIVE,
        since=now,
        issued=now,
        expires=deed.made.card_ends or now,
        replaces=card.id if card is not None and data.kind is not CardKind.PHONE else None,
        linked_to=card.id if card is not None and data.kind is CardKind.PHONE else None,
        authentication=new.get(Kind.USER_AUTHENTICATION),
        signing=new.get(Kind.SIGNING),
    )


def _register(connection: Connection, deed: Deed, kind: Kind, new: Certificate) -> None:
    issued = new.issued(kind, deed.becomes.id)
    if not store.register(connection, issued):
        raise SerialTakenError(new.name.serial)


def _names(card: Holding) -> set[object]:
    return {held.name for held in (card.authentication, card.signing) if held is not None}


def _end_what_ends(connection: Connection, deed: Deed) -> None:
    resident_id = deed.becomes.id
    if deed.row.ends_sessions:
        sessions.end_all(connection, resident_id, deed.now)
    if deed.row.ends_agreements:
        end_agreements(connection, resident_id, deed.names, deed.now, deed.randomness)
