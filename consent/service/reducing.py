"""Taking back a part of what was given, as a unit of work."""

from collections.abc import Iterable
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
    ConsentVersion,
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
    """A wish that categories be given no more under an arrangement, and the rest go on.

    `key` makes repeats of one wish one event, and becomes the id of the version that is left.
    `acting` is as what whoever wishes it does so.
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


def reduce(
    connection: Connection, wish: Reduction, now: datetime, randomness: Randomness
) -> ConsentVersion:
    """Let a narrower version take the place of the one in force, for as long as that had left.

    Raises:
        NoSuchArrangementError: nothing was ever granted under it.
        StaleVersionError: another version stands than the one that was seen.
        IllegalTransitionError: that version is not in force.
        InvalidTermsError: nothing would be stopped, or nothing left.
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
    given = current.terms.categories
    left = [rule for rule in current.terms.rules if rule.category not in wish.stop]
    if not wish.stop <= given or not any(rule.permits for rule in left) or not wish.stop:
        raise InvalidTermsError("choose some of what is given, and not all: withdraw that")
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
    part = Part(left, wish.acting, current.used_at)
    return narrow(connection, proposal, part, now, randomness)


def _repeated(
    known: ConsentVersion, versions: Iterable[ConsentVersion], wish: Reduction
) -> ConsentVersion:
    """What the same wish came to before; its key is for no other."""
    before = next((one for one in versions if one.id == wish.version_id), None)
    if (
        before is None
        or known.supersedes != before.id
        or known.terms.categories != before.terms.categories - wish.stop
    ):
        raise KeyReusedError(wish.key)
    return known


def _what_is_left(current: ConsentVersion, now: datetime, notice: Notice) -> Terms:
    """The terms from now on: what is used up stays so, and the end stays where it is."""
    usage = current.terms.usage
    if usage.max_uses is not None:
        usage = replace(usage, max_uses=usage.max_uses - current.uses)
    return replace(current.terms, valid_from=now, usage=usage, notice=notice)
