"""What the ledger is told of events: no name, address, number or serial in the clear."""

from collections.abc import Mapping
from types import MappingProxyType

from consent.ledger.entry import Entry, Value
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Holding
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.residents.model import Resident

MUNICIPALITY = "municipality"

TYPES: Mapping[LifeEvent, str] = MappingProxyType(
    {
        LifeEvent.ISSUE: "card.issued",
        LifeEvent.RENEW: "card.renewed",
        LifeEvent.CHANGE_NAME: "card.name_changed",
        LifeEvent.MOVE: "card.address_changed",
        LifeEvent.DIE: "card.holder_died",
        LifeEvent.LOSE: "card.lost",
        LifeEvent.FIND: "card.found",
        LifeEvent.NOT_FOUND: "card.given_up",
        LifeEvent.RETURN: "card.returned",
        LifeEvent.REISSUE: "card.reissued",
        LifeEvent.ADD_PHONE: "card.phone_added",
        LifeEvent.LOSE_PHONE: "card.phone_lost",
        LifeEvent.UNBLOCK: "card.pin_unblocked",
        LifeEvent.COME_OF_AGE: "card.came_of_age",
        LifeEvent.CERTIFY: "card.certified",
        LifeEvent.EXTEND_PERMIT: "card.permit_extended",
        LifeEvent.END_PERMIT: "card.permit_ended",
    }
)
"""The type of entry for each event."""


def of_event(
    event: LifeEvent, resident: Resident, holding: Holding | None, names: Pseudonyms
) -> Entry:
    """The entry which says that an event happened; pseudonyms name card and certificates.

    Args:
        holding: the card or phone that it happened to, as it is after it.
    """
    fields: dict[str, Value] = {"by": MUNICIPALITY}
    if holding is not None:
        fields |= {"card": names.card(holding.id), "kind": holding.kind.value}
        fields["state"] = holding.state.value
        if holding.authentication is not None:
            fields["certificate"] = names.serial(*holding.authentication.name)
        if holding.signing is not None:
            fields["signing_certificate"] = names.serial(*holding.signing.name)
    return Entry(TYPES[event], fields, names.holder(resident.id))
