"""Asking a person, and what they answer, as units of work."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.errors import (
    IllegalTransitionError,
    KeyReusedError,
    NotEntitledError,
    StaleVersionError,
)
from consent.ledger import store as ledger
from consent.mandate import Act, Band, Wish, may_lift
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


class Part(NamedTuple):
    """What is left of a consent, who takes the rest back, and when a use of it last began."""

    left: Sequence[ConsentRule]
    acting: Granter
    used_at: datetime | None


class _Course(NamedTuple):
    """How an answer is meant: the event, what that takes of whose mandate, and who answers.

    `agreed` says that it awaits another's word, `used_at` when a use of what it gives began.
    """

    event: Event
    wish: Wish
    under: Granter
    by: Granter
    agreed: bool = False
    used_at: datetime | None = None


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
    by: Granter | None = None,
) -> ConsentVersion:
    """Record what a resident answers: some or all of the rules asked, or none for a denial.

    A grant supersedes the version in force; a denial leaves it. A proposal answered before
    keeps its first answer, which is returned; one that was put off is answered now. `by` is who
    answers where it is not the granter, as a minor who assents.

    Raises:
        InvalidTermsError: nobody may be asked these terms, or rules were not asked for.
        IllegalTransitionError: the request was cancelled, or has run out.
        KeyReusedError: the id was used for something else.
        MandateNotInForceError: somebody acts for the person who may not, or would end by it
            more than they may.
        NotEntitledError: another has suspended what this would take the place of.
        StaleVersionError: another version stands than the one that is amended.
    """
    given, granter = proposal.terms.narrowed(granted), proposal.granter
    event = Event.GRANT if given.rules else Event.DENY
    course = _Course(event, _wish(given, event), granter, by or granter)
    return _settle(connection, proposal, given, course, now, randomness)


def defer(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> ConsentVersion:
    """Record that a resident will answer later; what was put off before gives way.

    Raises as `answer` does.
    """
    granter = proposal.granter
    course = _Course(Event.DEFER, Wish(Act.WITHDRAW), granter, granter)
    return _settle(connection, proposal, proposal.terms, course, now, randomness)


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
    given, granter = proposal.terms.narrowed(granted), proposal.granter
    course = _Course(Event.DEFER, _wish(given, Event.GRANT), granter, granter, agreed=True)
    return _settle(connection, proposal, given, course, now, randomness)


def narrow(
    connection: Connection,
    proposal: Proposal,
    part: Part,
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Keep what is left of a consent whose granter stays; it takes no more than to withdraw.

    Raises as `answer` does.
    """
    given, acting = proposal.terms.narrowed(part.left), part.acting
    course = _Course(Event.GRANT, Wish(Act.WITHDRAW), acting, acting, used_at=part.used_at)
    return _settle(connection, proposal, given, course, now, randomness)


def _settle(
    connection: Connection,
    proposal: Proposal,
    given: Terms,
    course: _Course,
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    event, agreed = course.event, course.agreed
    proposal.terms.check()
    demand(connection, proposal.resident_id, course.under, course.wish, now)
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
    answered = replace(_numbered(asked.after(event, now), earlier), used_at=course.used_at)
    others = [one for one in earlier if one is not known]
    if answered.state is State.GRANTED:
        _demand_what_was_seen(proposal, standing(others))
        _demand_the_place(connection, standing(others), answered, course.by, now)
    _make_way(connection, others, answered, proposal.holder, now, randomness)
    key = answered.id if known is None else _uuid(randomness)
    happening = Happening(event, key, answered.state_by, proposal.holder)
    _keep(connection, answered, known, happening)
    if proposal.signature is not None:
        signatures.add(connection, answered.resident_id, answered.id, proposal.signature)
    told = entries.agreed if agreed else entries.answered
    entry = told(answered, proposal.holder, course.under)
    ledger.append(connection, entry, now, randomness)
    return answered


def _demand_what_was_seen(proposal: Proposal, stands: Iterable[ConsentVersion]) -> None:
    """Make sure that terms made from one version do not take the place of another."""
    seen = proposal.amends
    if seen is not None and all(one.id != seen for one in stands):
        raise StaleVersionError(seen)


def _demand_the_place(
    connection: Connection,
    others: Iterable[ConsentVersion],
    answered: ConsentVersion,
    by: Granter,
    now: datetime,
) -> None:
    """Make sure that whoever answers may end what the answer takes the place of.

    What somebody else suspended is not given again by asking anew, and who acts for the person
    ends no more by an answer than by a withdrawal.
    """
    for version in others:
        if now >= version.gives_until or version.state not in ALIVE:
            continue
        if version.state is State.SUSPENDED and (
            version.state_by is not Actor.PERSON
            or not may_lift(version.state_as, by, Band.ADULT)
        ):
            raise NotEntitledError(by.role, Event.GRANT)
        lost = no_longer_given(version.terms.rules, answered.terms.rules)
        if lost:
            wish = Wish(Act.WITHDRAW, lost, version.terms.purpose.code)
            demand(connection, version.resident_id, by, wish, now)


def _wish(given: Terms, event: Event) -> Wish:
    """What the answer amounts to; to give nothing takes no more than to withdraw does."""
    if event is Event.GRANT:
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
