"""Access without a person's consent, as units of work.

Nothing here reads or writes an answer of a person's. Each entry of the ledger that would tell
them of a case too early is held back until they may know.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from sqlalchemy import Connection

from consent.errors import KeyReusedError, NoSuchCaseError
from consent.instants import rfc3339
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.service.wishes import Randomness
from consent.store import cases, prohibitions, research
from consent.without import (
    Case,
    Circumstances,
    Objection,
    Policy,
    Refused,
    Wish,
    decide_without,
)

ACCESS = "access.without_consent"
REFUSED = "access.without_consent_refused"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about: the resident, and their pseudonym in the ledger."""

    resident_id: UUID
    holder: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """An officer wishes to look; what comes of it is a new case of this number."""

    subject: Subject
    number: UUID
    wish: Wish
    at: datetime


@dataclass(frozen=True, slots=True)
class Continuation:
    """The officer of a case wishes to look again."""

    subject: Subject
    number: UUID
    officer: str
    at: datetime


Call = Opening | Continuation


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish that was refused, about whom, and from when on they may know of it."""

    holder: bytes
    wish: Wish
    objection: Objection
    told_from: datetime

    @classmethod
    def of(cls, opening: Opening, objection: Objection, policy: Policy) -> Self:
        """Told when it would have been, had it been allowed; never later than is allowed."""
        wish = opening.wish
        told_after = max(min(wish.told_after, policy.latest_notice(wish.basis)), timedelta(0))
        return cls(opening.subject.holder, wish, objection, opening.at + told_after)


def judge(
    connection: Connection, call: Call, policy: Policy, *, lock: bool = False
) -> Case | Refusal:
    """The case under which the officer may look, or why there is none.

    With `lock`, the person can object to medical research only after the commit.

    Raises:
        NoSuchCaseError: there is no case of the number to go on with.
    """
    person = circumstances(connection, call.subject, lock=lock)
    if isinstance(call, Continuation):
        return _gone_on(case_of(connection, call.number), call, person, policy)
    decision = decide_without(call.wish, person, policy, call.at)
    if isinstance(decision, Refused):
        return Refusal.of(call, decision.objection, policy)
    wish = call.wish
    return Case(
        id=call.number,
        holder=call.subject.holder,
        basis=wish.basis,
        authority=wish.authority,
        officer=wish.officer,
        reason=wish.reason,
        categories=tuple(sorted(wish.categories)),
        opened_at=call.at,
        until=decision.until,
        told_from=decision.told_from,
        review_by=decision.review_by,
    )


def circumstances(
    connection: Connection, subject: Subject, *, lock: bool = False
) -> Circumstances:
    """What the rule weighs of a person.

    Nobody can register to be called up yet, since no register of qualifications exists here.
    """
    stands = research.standing(connection, subject.holder, lock=lock)
    placed = prohibitions.placed(connection, subject.resident_id)
    return Circumstances(
        prohibitions=[one.prohibition for one in placed],
        notified_at=stands.notified_at,
        opted_out=stands.opted_out_at is not None,
    )


def open_case(connection: Connection, case: Case) -> None:
    """File a case for review. Raises KeyReusedError if its number is taken."""
    if not cases.add(connection, case):
        raise KeyReusedError(case.id)


def case_of(connection: Connection, case_id: UUID) -> Case:
    """One case. Raises NoSuchCaseError if there is none of this number."""
    found = cases.find(connection, case_id)
    if found is None:
        raise NoSuchCaseError(case_id)
    return found


def enter_access(
    connection: Connection, case: Case, count: int, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that `count` records are about to leave under a case."""
    fields = told(case) | {
        "categories": list(case.categories),
        "count": count,
        "valid_until": rfc3339(case.until),
        "review_by": rfc3339(case.review_by),
    }
    held_until = max(case.told_from, now)
    ledger.append(connection, Entry(ACCESS, fields, case.holder, held_until), now, randomness)


def enter_refusal(
    connection: Connection, refusal: Refusal, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that a wish was refused."""
    wish = refusal.wish
    fields: dict[str, Value] = {
        "legal_basis": wish.basis.value,
        "authority": wish.authority,
        "officer": wish.officer,
        "categories": sorted(wish.categories),
        "reason": refusal.objection.value,
        "told_from": rfc3339(refusal.told_from),
    }
    entry = Entry(REFUSED, fields, refusal.holder, refusal.told_from)
    ledger.append(connection, entry, now, randomness)


def told(case: Case) -> dict[str, Value]:
    """What each entry of the ledger about a case says."""
    return {
        "case": str(case.id),
        "legal_basis": case.basis.value,
        "authority": case.authority,
        "officer": case.officer,
        "reason": case.reason,
        "told_from": rfc3339(case.told_from),
    }


def _gone_on(
    case: Case, call: Continuation, person: Circumstances, policy: Policy
) -> Case | Refusal:
    """The case, if the officer may still look under it; what has changed since counts."""
    own = (case.holder, case.officer) == (call.subject.holder, call.officer)
    wish = Wish(
        case.basis,
        case.authority,
        call.officer,
        case.reason,
        frozenset(case.categories),
        lasts=case.until - case.opened_at,
    )
    decision = decide_without(wish, person, policy, call.at)
    objection = None
    if not own:
        objection = Objection.OTHER_CASE
    elif case.until <= call.at:
        objection = Objection.CASE_ENDED
    elif isinstance(decision, Refused):
        objection = decision.objection
    if objection is None:
        return case
    told_from = max(case.told_from, call.at) if own else call.at
    return Refusal(call.subject.holder, wish, objection, told_from)
