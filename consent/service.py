"""What a person does with their consents, as units of work.

Each takes a connection first and leaves the commit to its caller. A change locks the
arrangement, moves states only by the life-cycle table, stores an event and writes a ledger
entry in the same transaction. Changes carry an idempotency key: a double click is one event.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.errors import KeyReusedError, NoSuchArrangementError, StaleVersionError
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.model import (
    Arrangement,
    ConsentRule,
    ConsentVersion,
    Event,
    Evidence,
    State,
    Status,
    Terms,
    standing,
)

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an app asks of a resident, and how the one who answers is known.

    `id` is the idempotency key of the answer and becomes the id of its version. `terms.rules`
    is what is asked. `holder` is the resident's pseudonym in the ledger.
    """

    id: UUID
    resident_id: UUID
    app_id: str
    app_name: str
    service: str
    terms: Terms
    evidence: Evidence
    holder: bytes


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A resident's wish to end what an arrangement gives.

    `version_id` is the version the resident saw; `key` makes repeats of one wish one event.
    """

    key: UUID
    resident_id: UUID
    arrangement_id: UUID
    version_id: UUID
    channel: str
    holder: bytes


@dataclass(frozen=True, slots=True)
class History:
    """An arrangement and every answer given under it, newest first."""

    arrangement: Arrangement
    versions: tuple[ConsentVersion, ...]


def ask(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that a resident is shown what an app asks."""
    asked: dict[str, Value] = {
        "app_id": proposal.app_id,
        "app_name": proposal.app_name,
        "consent_version": str(proposal.id),
        "categories": sorted(proposal.terms.categories),
    }
    entry = Entry("consent.requested", asked | _told(proposal.terms), proposal.holder)
    ledger.append(connection, entry, now, randomness)


def answer(
    connection: Connection,
    proposal: Proposal,
    granted: Iterable[ConsentRule],
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Record what a resident answers: some or all of the rules asked, or none for a denial.

    A grant supersedes the version in force; a denial leaves it. A proposal answered before
    keeps its first answer, which is returned. Raises InvalidTermsError for terms nobody may be
    asked or rules that were not asked, KeyReusedError for an id used for something else.
    """
    now = now.replace(microsecond=0)
    proposal.terms.check()
    given = proposal.terms.narrowed(granted)
    arrangement = store.find_or_add_arrangement(
        connection,
        Arrangement(
            proposal.resident_id, _uuid(randomness), proposal.app_id, proposal.service, now
        ),
    )
    earlier = store.versions_of_arrangement(connection, proposal.resident_id, arrangement.id)
    repeated = next((version for version in earlier if version.id == proposal.id), None)
    if repeated is not None:
        return repeated
    event = Event.GRANT if given.rules else Event.DENY
    answered = _requested(proposal, given, arrangement.id, earlier, now).after(event, now)
    if event is Event.GRANT:
        _supersede(connection, earlier, now, randomness)
    added = store.add_version(connection, answered)
    if not (added and store.add_event(connection, proposal.id, event, answered)):
        raise KeyReusedError(proposal.id)
    entry = _entry(answered, proposal.evidence.channel, proposal.holder)
    ledger.append(connection, entry, now, randomness)
    return answered


def withdraw(
    connection: Connection, withdrawal: Withdrawal, now: datetime, randomness: Randomness
) -> ConsentVersion:
    """End what an arrangement gives; from the commit on, no access is permitted by it.

    Repeated under the same key it changes nothing and returns the version. Raises
    NoSuchArrangementError, StaleVersionError if the resident saw another version than the one
    that stands, IllegalTransitionError if that was withdrawn under another key, and
    KeyReusedError for a key used for something else.
    """
    resident_id, arrangement_id = withdrawal.resident_id, withdrawal.arrangement_id
    store.lock_arrangement(connection, resident_id, arrangement_id)
    versions = store.versions_of_arrangement(connection, resident_id, arrangement_id)
    newest = standing(versions)
    if not newest:
        raise NoSuchArrangementError(arrangement_id)
    happened = store.event(connection, resident_id, withdrawal.key)
    if happened is not None:
        if happened != (withdrawal.version_id, Event.WITHDRAW):
            raise KeyReusedError(withdrawal.key)
        return next(version for version in versions if version.id == withdrawal.version_id)
    [current] = newest
    if current.id != withdrawal.version_id:
        raise StaleVersionError(withdrawal.version_id)
    now = now.replace(microsecond=0)
    withdrawn = _move(connection, current, Event.WITHDRAW, withdrawal.key, now)
    entry = _entry(withdrawn, withdrawal.channel, withdrawal.holder)
    ledger.append(connection, entry, now, randomness)
    return withdrawn


def in_force(
    connection: Connection, resident_id: UUID, app_id: str, now: datetime
) -> tuple[ConsentVersion, ...]:
    """The versions by which an app may have something of a resident at `now`."""
    versions = standing(store.versions_of_app(connection, resident_id, app_id))
    return tuple(version for version in versions if version.status(now) is Status.GRANTED)


def recheck(
    connection: Connection,
    resident_id: UUID,
    arrangement_id: UUID,
    version_id: UUID,
    now: datetime,
) -> bool:
    """Whether a version still gives something at `now`, and will until the transaction ends.

    The last look before data is released: it waits for a withdrawal that is under way, and a
    withdrawal that comes later waits for it.
    """
    validity = store.lock_granted(connection, resident_id, arrangement_id, version_id)
    return validity is not None and validity[0] <= now < validity[1]


def of_resident(connection: Connection, resident_id: UUID) -> tuple[History, ...]:
    """All that a resident ever answered, by arrangement, newest first."""
    answers: dict[UUID, list[ConsentVersion]] = {}
    for version in store.versions_of_resident(connection, resident_id):
        answers.setdefault(version.arrangement_id, []).append(version)
    return tuple(
        History(
            arrangement,
            tuple(sorted(answers[arrangement.id], key=lambda one: one.number, reverse=True)),
        )
        for arrangement in store.arrangements_of(connection, resident_id)
    )


def _requested(
    proposal: Proposal,
    given: Terms,
    arrangement_id: UUID,
    earlier: Iterable[ConsentVersion],
    now: datetime,
) -> ConsentVersion:
    last = max(earlier, key=lambda version: version.number, default=None)
    return ConsentVersion(
        resident_id=proposal.resident_id,
        id=proposal.id,
        arrangement_id=arrangement_id,
        number=1 if last is None else last.number + 1,
        supersedes=None if last is None else last.id,
        app_id=proposal.app_id,
        app_name=proposal.app_name,
        asked=proposal.terms.rules,
        terms=replace(
            given,
            valid_from=given.valid_from.replace(microsecond=0),
            valid_until=given.valid_until.replace(microsecond=0),
        ),
        evidence=proposal.evidence,
        state=State.REQUESTED,
        answered_at=now,
        state_since=now,
    )


def _supersede(
    connection: Connection,
    earlier: Iterable[ConsentVersion],
    now: datetime,
    randomness: Randomness,
) -> None:
    for version in standing(earlier):
        if version.state is State.GRANTED:
            _move(connection, version, Event.SUPERSEDE, _uuid(randomness), now)


def _move(
    connection: Connection, version: ConsentVersion, event: Event, key: UUID, now: datetime
) -> ConsentVersion:
    moved = version.after(event, now)
    if not store.save_state(connection, moved, version.state):
        raise StaleVersionError(version.id)
    if not store.add_event(connection, key, event, moved):
        raise KeyReusedError(key)
    return moved


def _entry(version: ConsentVersion, channel: str, holder: bytes) -> Entry:
    terms = version.terms
    fields: dict[str, Value] = {
        "app_id": version.app_id,
        "app_name": version.app_name,
        "arrangement": str(version.arrangement_id),
        "consent_version": str(version.id),
        "number": version.number,
        "asked": sorted({rule.category for rule in version.asked}),
        "categories": sorted(terms.categories),
        "channel": channel,
    }
    return Entry(f"consent.{version.state}", fields | _told(terms), holder)


def _told(terms: Terms) -> dict[str, Value]:
    """What the ledger says of terms, but for what is asked or given."""
    return {
        "purpose": terms.purpose.code,
        "purpose_text": terms.purpose.text,
        "legal_basis": terms.legal_basis.value,
        "supervisor": terms.supervisor,
        "recipients": list(terms.recipients),
        "valid_from": _utc(terms.valid_from),
        "valid_until": _utc(terms.valid_until),
    }


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def _uuid(randomness: Randomness) -> UUID:
    return UUID(bytes=randomness(16), version=4)
