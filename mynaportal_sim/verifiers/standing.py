"""How a certificate and its holder stand, in the few words that a verifier is told.

Of the person only what bears on the certificate is said, never a name, an address or a day.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from card_reader.spec import CardKind
from mynaportal_sim.issuing.life import State as CardLife
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Happened
from mynaportal_sim.issuing.succession import Chain, Link, OnCard
from mynaportal_sim.pki.model import State
from mynaportal_sim.residents.model import CardState, Resident


@unique
class Status(StrEnum):
    """How a certificate stands; what is revoked stays so beyond its end."""

    GOOD = "good"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@unique
class Word(StrEnum):
    """What is known of a holder now, counted from the issue of the certificate on."""

    MOVED = "moved"
    NAME_CHANGED = "name_changed"
    DIED = "died"
    CARD_LOST = "card_lost"


@dataclass(frozen=True, slots=True)
class CertificateStanding:
    """A status, since when it is so, and why: RFC 5280's reason for what was stopped."""

    status: Status
    since: datetime
    why: str | None


def standing(link: Link, now: datetime) -> CertificateStanding:
    """How a certificate stands at `now`."""
    if link.revoked_at is not None and link.state is State.REVOKED:
        return CertificateStanding(Status.REVOKED, link.revoked_at, link.reason)
    if now > link.not_after:
        return CertificateStanding(Status.EXPIRED, link.not_after, None)
    if link.revoked_at is not None:
        return CertificateStanding(Status.SUSPENDED, link.revoked_at, link.reason)
    return CertificateStanding(Status.GOOD, link.since, None)


_PARTICULARS = {LifeEvent.MOVE: Word.MOVED, LifeEvent.CHANGE_NAME: Word.NAME_CHANGED}
_LOST = frozenset({LifeEvent.LOSE, LifeEvent.NOT_FOUND, LifeEvent.LOSE_PHONE})
_BACK = frozenset({LifeEvent.FIND, LifeEvent.RETURN})
_AWAY = frozenset({CardLife.SUSPENDED, CardLife.STOPPED})


def known_of_holder(chain: Chain, resident: Resident, life: Sequence[Happened]) -> list[Word]:
    """What is known of the holder of `chain.of`.

    `life` is what happened to them, the newest first. A phone counts as a card that was lost.
    """
    link = chain.of
    words = {
        _PARTICULARS[one.event]
        for one in life
        if one.event in _PARTICULARS and one.at > link.since
    }
    if _moved_before_all(chain, resident):
        words.add(Word.MOVED)
    if resident.died is not None:
        words.add(Word.DIED)
    if _lost(link.card, life):
        words.add(Word.CARD_LOST)
    return _in_order(words)


def _moved_before_all(chain: Chain, resident: Resident) -> bool:
    """Whether they came into the register as one who had moved since their first card."""
    first = chain.first is not None and chain.first.name == chain.of.name
    return first and resident.card.state is CardState.MOVED


def _lost(card: OnCard, life: Iterable[Happened]) -> bool:
    for one in life:
        if one.card_id == card.id and one.event in _LOST | _BACK:
            return one.event in _LOST
    return card.kind is not CardKind.PHONE and card.state in _AWAY


def _in_order(words: Collection[Word]) -> list[Word]:
    return [word for word in Word if word in words]
