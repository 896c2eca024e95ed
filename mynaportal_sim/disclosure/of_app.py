"""What an app may read of itself: its accesses, its refusals, the answers people gave it."""

from dataclasses import dataclass
from enum import StrEnum, unique

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.copies import Copy
from mynaportal_sim.disclosure.event import Event, head, read

SCAN_MAX = 2_000
"""Entries looked through for a page; an app's entries are filed by app, not by type."""
_STEP = 250


@unique
class Listing(StrEnum):
    """What an app can ask for."""

    ACCESSES = "accesses"
    REFUSALS = "refusals"
    RECEIPTS = "receipts"

    @property
    def types(self) -> frozenset[str]:
        """The types of entries that belong to it."""
        return _TYPES[self]


_TYPES = {
    Listing.ACCESSES: frozenset({"access.permitted"}),
    Listing.REFUSALS: frozenset({"access.refused", "token.refused"}),
    Listing.RECEIPTS: frozenset(
        {
            "consent.granted",
            "consent.denied",
            "consent.deferred",
            "consent.cancelled",
            "consent.suspended",
            "consent.resumed",
            "consent.withdrawn",
            "consent.revoked",
            "consent.invalidated",
            "consent.lapsed",
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in the app's copy; `proof` is a C2SP tlog-proof, None until it is indexed."""

    event: Event
    proof: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows, newest first; `older` is the id to go on before, None at the end.

    `older` may be set though no row was found: then those looked through were of other types.
    """

    rows: list[Row]
    older: int | None


def search(
    connection: Connection, app_id: str, listing: Listing, limit: int, before: int | None
) -> Found:
    """The newest entries of an app of one listing, each with its proof.

    Raises:
        MalformedError: a stored leaf, body or tile is damaged.
    """
    found: list[Row] = []
    for _ in range(SCAN_MAX // _STEP):
        step = ledger.of_app(connection, app_id, _STEP, before)
        for logged in step:
            if head(logged.leaf).type not in listing.types:
                continue
            if len(found) == limit:
                return Found(found, found[-1].event.id)
            event = read(logged, Copy.APP.shut)
            found.append(Row(event, _proof(connection, app_id, event.position)))
        if len(step) < _STEP:
            return Found(found, None)
        before = step[-1].id
    return Found(found, before)


def _proof(connection: Connection, app_id: str, position: int | None) -> str | None:
    if position is None:
        return None
    evidence = ledger.prove_to_app(connection, app_id, position)
    return None if evidence is None else bytes(evidence).decode()
