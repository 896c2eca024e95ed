"""Who can be given a card or a phone where no event at the counter is asked for. Pure."""

from collections.abc import Sequence
from datetime import datetime

from card_reader.spec import CardKind
from consent.japan import day_of, reaches_age
from mynaportal_sim.issuing.life import State
from mynaportal_sim.issuing.model import Holding
from mynaportal_sim.issuing.refusals import Reason, Refusal
from mynaportal_sim.residents.model import SIGNING_AGE, Resident


def refused(
    resident: Resident, kind: CardKind, held: Sequence[Holding], now: datetime
) -> Refusal | None:
    """Why a resident who holds `held` can have no other of that kind; None if they can.

    What a phone holds is linked to a signing certificate, which children under 15 have not.
    """
    if resident.died is not None:
        return Refusal(Reason.DEAD)
    if kind is not CardKind.PHONE:
        return None
    of_age = reaches_age(resident.born, SIGNING_AGE)
    if now < of_age:
        return Refusal(Reason.TOO_YOUNG, day=day_of(of_age))
    cards = [one for one in held if not one.is_phone]
    return Refusal(Reason.NO_SIGNING) if cards and signing_card(held, now) is None else None


def signing_card(held: Sequence[Holding], now: datetime) -> Holding | None:
    """The newest card in use whose signing certificate is good."""
    in_use = (one for one in held if not one.is_phone and one.state is State.ACTIVE)
    return next((one for one in in_use if one.signing and one.signing.good(now)), None)


def replaceable(resident: Resident, held: Sequence[Holding]) -> bool:
    """Whether a card of theirs whose file is gone is made again without an event."""
    newest = next((one for one in held if not one.is_phone), None)
    in_use = newest is None or newest.state is State.ACTIVE
    return resident.died is None and in_use
