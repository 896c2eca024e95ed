"""The review of what was done without consent, as units of work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.errors import CaseSettledError
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.service.wishes import Randomness
from consent.service.without import case_of, told
from consent.store import cases
from consent.without import Act, Case, State

ENTRIES: Mapping[State, str] = {
    State.UPHELD: "review.upheld",
    State.OBJECTED: "review.objected",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody found who reviewed a case."""

    case_id: UUID
    act: Act
    reviewer: str
    text: str


def settle(
    connection: Connection, finding: Finding, now: datetime, randomness: Randomness
) -> Case:
    """Store and enter in the ledger what a review found.

    Raises:
        NoSuchCaseError: there is no such case.
        CaseSettledError: it was reviewed before.
        OwnCaseError: the reviewer is who looked.
        NoReasonError: the finding says nothing.
    """
    case = case_of(connection, finding.case_id)
    settled = case.settled(finding.act, finding.reviewer, finding.text, now)
    if not cases.save_finding(connection, settled):
        raise CaseSettledError(case_of(connection, case.id).state)
    fields: dict[str, Value] = told(settled)
    fields |= {"reason": finding.text, "reviewer": finding.reviewer}
    held_until = max(case.told_from, now)
    entry = Entry(ENTRIES[settled.state], fields, case.holder, held_until)
    ledger.append(connection, entry, now, randomness)
    return settled
