"""Asking a person, and what they answer, as units of work."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.errors import IllegalTransitionError, KeyReusedError
from consent.ledger import store as ledger
from consent.mandate import Act, Wish
from consent.model import (
    ALIVE,
    UNANSWERED,
    Actor,
    Arrangement,
    ConsentRule,
    ConsentVersion,
    Event,
    Granter,
    State,
    Status,
    Terms,
    no_longer_given,
    standing,
)
from consent.service import entries
from consent.service.acting import demand
from consent.service.moving import Happening, move
from consent.service.wishes import Proposal, Randomness
from consent.store import signatures
from consent.store.outbox import Circumstances


def enter_asking(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that a resident is shown what an app asks."""
    ledger.append(connection, entries.asked(proposal), now, randomness)


def answer(
    connection: Connection,
    proposal: Proposal,
    granted: Iterable[ConsentRule],
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Record what a resident answers: some or all of the rules asked, or none for a denial.

    A grant supersedes the version in force; a denial leaves it. A proposal answered before
    keeps its first answer, which is returned; one that was put off is answered now.

    Raises:
        InvalidTermsError: nobody may be asked these terms, or rules were not asked for.
        IllegalTransitionError: the request was cancelled, or has run out.
        KeyReusedError: the id was used for something else.
        MandateNotInForceError: somebody acts for the person who may not.
    """
    given = proposal.terms.narrowed(granted)
    event = Event.GRANT if given.rules else Event.DENY
    return _settle(connection, proposal, given, event, now, randomness)


def defer(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> ConsentVersion:
    """Record that a resident will answer later; what was put off before gives way.

    Raises as `answer` does.
    """
    return _settle(connection, proposal, proposal.terms, Event.DEFER, now, randomness)


def agree_to(
    connection: Connection,
    proposal: Proposal,
    granted: Iterable[ConsentRule],
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Keep what a guardian agrees to; as long as nobody else has, it is put off.

    Raises as `answer` does.
    """
    given = proposal.terms.narrowed(granted)
    return _settle(connection, proposal, given, Event.DEFER, now, randomness, agreed=True)


def narrow(
    connection: Connection,
    proposal: Proposal,
    left: Iterable[ConsentRule],
    acting: Granter,
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Keep what is left of a consent whose granter stays; it takes no more than to withdraw.

    Raises as `answer` does.
    """
    given = proposal.terms.narrowed(left)
    return _settle(connection, proposal, given, Event.GRANT, now, randomness, acting=acting)


def _settle(  # noqa: PLR0913  a unit of work, and what is to come of it
    connection: Connection,
    proposal: Proposal,
    given: Terms,
    event: Event,
    now: datetime,
    randomness: Randomness,
    *,
    agreed: bool = False,
    acting: Granter | None = None,
) -> ConsentVersion:
    proposal.terms.check()
    wish = _wish(given, event, agreed) if acting is None else Wish(Act.WITHDRAW)
    demand(connection, proposal.resident_id, acting or proposal.granter, wish, now)
    now = now.replace(microsecond=0)
    arrangement = store.find_or_add_arrangement(
        connection,
        Arrangement(
            proposal.resident_id, _uuid(randomness), proposal.app_id, proposal.service, now
        ),
    )
    earlier = store.versions_of_arrangement(connection, proposal.resident_id, arrangement.id)
    known = next((version for version in earlier if version.id == proposal.id), None)
    repeated = event is Event.DEFER and not agreed
    if known is not None and (known.state not in UNANSWERED or repeated):
        return _first_answer(known, event)
    if known is not None and known.status(now) is Status.EXPIRED:
        raise IllegalTransitionError(Status.EXPIRED, event)
    asked = _requested(proposal, given, arrangement.id, now)
    if known is not None and not agreed:
        asked = replace(asked, state=known.state)
    answered = _numbered(asked.after(event, now), earlier)
    others = [one for one in earlier if one is not known]
    _make_way(connection, others, answered, proposal.holder, now, randomness)
    key = answered.id if known is None else _uuid(randomness)
    happening = Happening(event, key, answered.state_by, proposal.holder)
    _keep(connection, answered, known, happening)
    if proposal.signature is not None:
        signatures.add(connection, answered.resident_id, answered.id, proposal.signature)
    told = entries.agreed if agreed else entries.answered
    entry = told(answered, proposal.holder, acting or answered.granter)
    ledger.append(connection, entry, now, randomness)
    return answered


def _wish(given: Terms, event: Event, agreed: bool) -> Wish:
    """What the answer amounts to; to give nothing takes no more than to withdraw does."""
    if event is Event.GRANT or agreed:
        return Wish(Act.GRANT, given.categories, given.purpose.code)
    return Wish(Act.WITHDRAW)


def _first_answer(known: ConsentVersion, event: Event) -> ConsentVersion:
    if known.state is State.CANCELLED:
        raise IllegalTransitionError(known.state, event)
    return known


def _requested(
    proposal: Proposal, given: Terms, arrangement_id: UUID, now: datetime
) -> ConsentVersion:
    return ConsentVersion(
        resident_id=proposal.resident_id,
        id=proposal.id,
        arrangement_id=arrangement_id,
        number=0,
        supersedes=None,
        app_id=proposal.app_id,
        app_name=proposal.app_name,
        asked=proposal.terms.rules,
        terms=replace(
            given,
            valid_from=given.valid_from.replace(microsecond=0),
            valid_until=given.valid_until.replace(microsecond=0),
        ),
        evidence=proposal.known_by,
        state=State.REQUESTED,
        answered_at=now,
        state_since=now,
        granter=proposal.granter,
    )


def _numbered(version: ConsentVersion, earlier: Sequence[ConsentVersion]) -> ConsentVersion:
    """A version in its place: an answer after every other, a request before all."""
    numbers = [0, *(one.number for one in earlier)]
    if version.state in UNANSWERED:
        return replace(version, number=min(numbers) - 1)
    last = next((one.id for one in earlier if one.number == max(numbers)), None)
    return replace(version, number=max(numbers) + 1, supersedes=last)


def _make_way(
    connection: Connection,
    earlier: Sequence[ConsentVersion],
    answered: ConsentVersion,
    holder: bytes,
    now: datetime,
    randomness: Randomness,
) -> None:
    """End what a new answer leaves no room for."""
    for version in earlier:
        if version.state is State.DEFERRED:
            cancelled = Happening(Event.CANCEL, _uuid(randomness), Actor.PORTAL, holder)
            move(connection, version, cancelled, now)
    if answered.state is State.GRANTED:
        for version in standing(earlier):
            if version.state in ALIVE:
                key = _uuid(randomness)
                lost = no_longer_given(version.terms.rules, answered.terms.rules)
                replaced = Happening(Event.SUPERSEDE, key, Actor.PERSON, holder, lost=lost)
                move(connection, version, replaced, now)


def _keep(
    connection: Connection,
    answered: ConsentVersion,
    known: ConsentVersion | None,
    happening: Happening,
) -> None:
    """Store an answer under its proposal's id; that of a deferral has been used for it."""
    if known is None:
        kept = store.add_version(connection, answered)
    else:
        kept = store.save_answer(connection, answered, known.state)
    event, key, _, holder, *_ = happening
    if not (kept and store.add_event(connection, key, event, answered, Circumstances(holder))):
        raise KeyReusedError(answered.id)


def _uuid(randomness: Randomness) -> UUID:
    return UUID(bytes=randomness(16), version=4)
