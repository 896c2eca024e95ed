"""How the ledger puts an exchange, and how it is read again.

What a marked record says beside its time and ground stands in fields that begin with
`undisclosed_`: the leaf commits to them, and no copy for the person opens them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from consent.instants import rfc3339
from consent.ledger.copies import UNDISCLOSED
from consent.ledger.entry import Entry, Logged, Opening, Value, read_body, read_leaf
from consent.ledger.errors import MalformedError
from mynaportal_sim.exchange.model import LEGAL_BASIS, Exchange, Ground

PROVIDED = "exchange.provided"
WITHHELD = "exchange.withheld"
TYPES = (PROVIDED, WITHHELD)

_SECOND = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An exchange as the ledger holds it; `position` is None until it is indexed."""

    position: int | None
    exchange: Exchange


def entry(exchange: Exchange, holder: bytes) -> Entry:
    """What is logged of an exchange about the person filed under `holder`."""
    particulars: dict[str, Value] = {
        "inquirer": exchange.inquirer,
        "provider": exchange.provider,
        "purpose_text": exchange.affair,
        "items": list(exchange.items),
        "provided_at": rfc3339(exchange.provided_at),
    }
    shared: dict[str, Value] = {
        "requested_at": rfc3339(exchange.requested_at),
        "legal_basis": LEGAL_BASIS,
    }
    if exchange.ground is None:
        return Entry(PROVIDED, particulars | shared, holder)
    shut = {f"{UNDISCLOSED}{name}": value for name, value in particulars.items()}
    return Entry(WITHHELD, {**shut, **shared, "reason": exchange.ground.value}, holder)


def read(logged: Logged) -> Recorded:
    """The exchange that a stored entry of this room tells of; its body must not be erased.

    Raises:
        MalformedError: the entry is another's, or damaged.
    """
    openings = read_body(logged.body or b"")
    withheld = read_leaf(logged.leaf).type == WITHHELD
    try:
        return Recorded(logged.position, _exchange(openings, withheld=withheld))
    except (KeyError, ValueError, TypeError) as error:
        raise MalformedError("this is no entry of an exchange") from error


def _exchange(openings: Mapping[str, Opening], *, withheld: bool) -> Exchange:
    prefix = UNDISCLOSED if withheld else ""
    items = openings[f"{prefix}items"].value
    if not isinstance(items, list):
        raise TypeError("items are a list")
    return Exchange(
        inquirer=str(openings[f"{prefix}inquirer"].value),
        provider=str(openings[f"{prefix}provider"].value),
        affair=str(openings[f"{prefix}purpose_text"].value),
        items=tuple(items),
        requested_at=_instant(openings["requested_at"].value),
        provided_at=_instant(openings[f"{prefix}provided_at"].value),
        ground=Ground(str(openings["reason"].value)) if withheld else None,
    )


def _instant(value: Value) -> datetime:
    return datetime.strptime(str(value), _SECOND).replace(tzinfo=UTC)
