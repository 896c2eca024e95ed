"""Taking back a part of what was given, as a unit of work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent import store
from consent.errors import (
    IllegalTransitionError,
    InvalidTermsError,
    KeyReusedError,
    NoSuchArrangementError,
    StaleVersionError,
)
from consent.mandate import Act, Wish
from consent.model import (
    ConsentRule,
    ConsentVersion,
    Datum,
    Effect,
    Event,
    Evidence,
    Granter,
    Notice,
    Status,
    Terms,
    standing,
)
from consent.service.acting import demand
from consent.service.answers import Part, narrow
from consent.service.wishes import Proposal, Randomness


@dataclass(frozen=True, slots=True)
class Reduction:
    """A wish that something be given no more under an arrangement, and the rest go on.

    `stop` are categories, `leave_out` single records of others. `key` makes repeats of one wish
    one event, and becomes the id of the version that is left. `acting` is as what whoever
    wishes it does so.
    """

    key: UUID
    resident_id: UUID
    arrangement_id: UUID
    version_id: UUID
    stop: frozenset[str]
    notice: Notice
    evidence: Evidence
    holder: bytes
    acting: Granter
    leave_out: frozenset[Datum] = frozenset()

    def left_of(self, terms: Terms) -> list[ConsentRule]:
        """What rules are left of terms, beside those that keep something back already."""
        rules = [rule for rule in terms.rules if rule.category not in self.stop]
        return [*rules, *_keeping_back(terms, self.leave_out)]


def reduce(
    connection: Connection, wish: Reduction, now: datetime, randomness: Randomness
) -> ConsentVersion:
    """Let a narrower version take the place of the one in force, for as long as that had left.

    Raises:
        NoSuchArrangementError: nothing was ever granted under it.
        StaleVersionError: another version stands than the one that was seen.
        IllegalTransitionError: that version is not in force.
        InvalidTermsError: nothing would be stopped, or nothing left; or a record is not of what
            is given, or left out already.
        KeyReusedError: the key was used for something else.
        MandateNotInForceError: somebody acts for the person who may not.
    """
    # The mandate before the arrangement, as whatever ends a mandate locks them.
    demand(connection, wish.resident_id, wish.acting, Wish(Act.WITHDRAW), now)
    arrangement = store.lock_arrangement(connection, wish.resident_id, wish.arrangement_id)
    versions = store.versions_of_arrangement(connection, wish.resident_id, wish.arrangement_id)
    known = next((one for one in versions if one.id == wish.key), None)
    if known is not None:
        return _repeated(known, versions, wish)
    current = next(iter(standing(versions)), None)
    if arrangement is None or current is None:
        raise NoSuchArrangementError(wish.arrangement_id)
    if current.id != wish.version_id:
        raise StaleVersionError(wish.version_id)
    status = current.status(now)
    if status is not Status.GRANTED:
        raise IllegalTransitionError(status, Event.SUPERSEDE)
    _check(current.terms, wish)
    proposal = Proposal(
        id=wish.key,
        resident_id=wish.resident_id,
        app_id=current.app_id,
        app_name=current.app_name,
        service=arrangement.service,
        terms=_what_is_left(current, now, wish.notice),
        evidence=wish.evidence,
        holder=wish.holder,
        granter=current.granter,  # to take a part back gives nothing
    )
    part = Part(wish.left_of(current.terms), wish.acting, current.used_at)
    return narrow(connection, proposal, part, now, randomness)


def _check(terms: Terms, wish: Reduction) -> None:
    """Make sure that the wish takes something, leaves something, and names what is given."""
    left = terms.categories - wish.stop
    if not wish.stop <= terms.categories or not left or not (wish.stop or wish.leave_out):
        raise InvalidTermsError("choose some of what is given, and not all: withdraw that")
    kept = [rule for rule in terms.rules if rule.names_items]
    for datum in wish.leave_out:
        if datum.category not in left or any(rule.leaves_out(datum) for rule in kept):
            raise InvalidTermsError("choose records that are given and not left out yet")


def _keeping_back(terms: Terms, leave_out: Iterable[Datum]) -> Iterator[ConsentRule]:
    """A rule for each category of which records are left out, for all days that are given."""
    for category in sorted({datum.category for datum in leave_out}):
        given = [rule for rule in terms.rules if rule.permits and rule.category == category]
        if given:
            yield ConsentRule(
                category,
                min(rule.period_from for rule in given),
                max(rule.period_to for rule in given),
                items=tuple(sorted(one.id for one in leave_out if one.category == category)),
                effect=Effect.DENY,
            )


def _repeated(
    known: ConsentVersion, versions: Iterable[ConsentVersion], wish: Reduction
) -> ConsentVersion:
    """What the same wish came to before; its key is for no other."""
    before = next((one for one in versions if one.id == wish.version_id), None)
    if (
        before is None
        or known.supersedes != before.id
        or known.terms.rules != before.terms.narrowed(wish.left_of(before.terms)).rules
    ):
        raise KeyReusedError(wish.key)
    return known


def _what_is_left(current: ConsentVersion, now: datetime, notice: Notice) -> Terms:
    """The terms from now on: what is used up stays so, and the end stays where it is."""
    return replace(current.terms, valid_from=now, usage=current.usage_left, notice=notice)
