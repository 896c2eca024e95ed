"""The one gate to people's data: decide, read, log, release.

Consents and records are read in one snapshot. Then one transaction looks at the consent again,
uses the DPoP proof up and writes the ledger entry; only after its commit does `access` return,
so that whatever left the portal is in the ledger. A refusal is entered too, and is a value.

Authorities whom a law lets look without consent have a door and a rule of their own. The
person, or whoever acts for them, is shown which records a consent gives.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import policy, service, without
from consent.japan import day_of
from consent.ledger import store as ledger
from consent.model import ConsentVersion, Datum, Granter, Prohibition, Role
from consent.policy import (
    AccessRequest,
    Consume,
    Deny,
    Filter,
    MinimumCell,
    Obligation,
    Permit,
    Reason,
    Redact,
    Step,
)
from consent.service import without as cases
from consent.token import AccessToken
from mynaportal_sim import once
from mynaportal_sim.apps import store as apps
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import CATEGORIES_OF
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records import entries, store
from mynaportal_sim.records.demand import Answer, Demand, Refused, Released, TokenFault
from mynaportal_sim.records.lawful import Handed, queries, reach
from mynaportal_sim.records.model import ANY_TYPE, Page, Query, Read, Reader, Stored

ResidentOf = Callable[[Connection, AccessToken], UUID | None]

_NOTHING = Page((), 0)
# `settle` counts the use; the store cuts out by the filter what is kept back.
_KEPT = (Consume, Redact)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate works with.

    `resident_of` is the way from a token to the person it is about, None once the token or what
    it came of has been revoked; it is asked in the snapshot in which the consent is read.
    """

    database: Database
    pseudonyms: Pseudonyms
    randomness: Randomness
    resident_of: ResidentOf

    async def access(self, demand: Demand) -> Answer:
        """Judge, read, enter in the ledger, and only then hand over.

        Raises UnknownAnchorError for a page that cannot be gone on from.
        """
        seen = await self.database.read(look, demand, self.pseudonyms, self.resident_of)
        return await self.database.write(settle, demand, seen, self.randomness)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one snapshot showed of a resident: an objection, or a page and what it rests on.

    `counts` says that a use of the version begins with this access.
    """

    resident_id: UUID
    holder: bytes
    version: ConsentVersion | None
    objection: Reason | None
    grounds: Sequence[Step] = ()
    page: Page = _NOTHING
    categories: frozenset[str] = frozenset()
    counts: bool = False


def look(
    connection: Connection, demand: Demand, pseudonyms: Pseudonyms, resident_of: ResidentOf
) -> Sight | None:
    """Decide and read, on one snapshot; None if the token leads to nobody any more."""
    token = demand.token
    resident_id = resident_of(connection, token)
    if resident_id is None:
        return None
    holder = pseudonyms.holder(resident_id)
    versions = service.covering(connection, resident_id, token.client_id, demand.at)
    version = _named(token, versions)
    begun = _begun(connection, demand, version)
    weighed = Weighed(
        resident_id,
        apps.purpose_version(connection, token.client_id),
        begun,
        service.prohibitions(connection, resident_id),
    )
    decision = _decide(demand, weighed, versions)
    if isinstance(decision, Deny):
        history = _history(connection, resident_id)
        reason = _nearest(demand, weighed, history)
        return Sight(resident_id, holder, _named(token, history), reason)
    unkept = _unkept(decision.obligations)
    if unkept is not None:
        return Sight(resident_id, holder, version, unkept)
    if _asks_for_another(demand.wish, pseudonyms.logical_id(token.client_id, resident_id)):
        return Sight(resident_id, holder, version, Reason.OTHER_PARTY)
    reader = Reader(resident_id, token.client_id)
    page = _read(connection, reader, demand.wish, decision)
    categories = decision.filter.categories
    counts = any(isinstance(one, Consume) for one in decision.obligations)
    return Sight(
        resident_id, holder, version, None, decision.grounds, page, categories, counts=counts
    )


def settle(
    connection: Connection, demand: Demand, seen: Sight | None, randomness: Randomness
) -> Answer:
    """Use the proof up, look at the consent again, enter what happens; a unit of work."""
    reason = _objection(connection, demand, seen)
    if seen is None or reason is not None:
        refused = Refused(reason or TokenFault.REVOKED)
        known = (None, None) if seen is None else (seen.version, seen.holder)
        entry = entries.refused(demand, refused.reason, *known)
        ledger.append(connection, entry, demand.at, randomness)
        return refused
    entry = entries.permitted(demand, seen.page, seen.categories, seen.version, seen.holder)
    ledger.append(connection, entry, demand.at, randomness)
    return Released(seen.resident_id, seen.page)


def _objection(
    connection: Connection, demand: Demand, seen: Sight | None
) -> Reason | TokenFault | None:
    """The first thing that stands against release, now that it is about to happen."""
    if demand.proof is not None and not once.burn(connection, "dpop", *demand.proof):
        return TokenFault.REPLAYED_PROOF
    if seen is None:
        return TokenFault.REVOKED
    return seen.objection or _lapsed(connection, demand, seen)


class Weighed(NamedTuple):
    """What a decision needs to know beside the demand and the consents."""

    resident_id: UUID
    declared: int | None
    begun: frozenset[UUID]
    prohibitions: Sequence[Prohibition]


def _decide(
    demand: Demand, weighed: Weighed, versions: Sequence[ConsentVersion]
) -> Permit | Deny:
    token = demand.token
    request = AccessRequest(
        resident_id=weighed.resident_id,
        app_id=token.client_id,
        categories=CATEGORIES_OF[demand.wish.resource_type],
        arrangement_id=token.arrangement_id,
        version_id=token.version_id,
        purpose=token.purpose,
        declared=weighed.declared,
        begun=weighed.begun,
    )
    return policy.decide(request, versions, demand.at, weighed.prohibitions)


def _unkept(obligations: Collection[Obligation]) -> Reason | None:
    """Why nothing may be released, if a permit obliges to what this gate does not keep."""
    left = [one for one in obligations if not isinstance(one, _KEPT)]
    if any(isinstance(one, MinimumCell) for one in left):
        return Reason.ONLY_STATISTICS
    return Reason.DUTY_UNKEPT if left else None


def _read(connection: Connection, reader: Reader, wish: Query | Read, permit: Permit) -> Page:
    if isinstance(wish, Read):
        return store.read(connection, reader, wish, permit.filter)
    return store.search(connection, reader, wish, permit.filter)


def _asks_for_another(wish: Query | Read, patient: str) -> bool:
    return isinstance(wish, Query) and not wish.patients <= {patient}


def _lapsed(connection: Connection, demand: Demand, seen: Sight) -> Reason | None:
    """Why the permit no longer stands, if a version it rests on has ended since."""
    resident_id, at = seen.resident_id, demand.at
    for step in seen.grounds:
        named = (step.arrangement_id, step.version_id)
        if not service.recheck(connection, resident_id, *named, at):
            weighed = Weighed(resident_id, None, frozenset(), ())
            return _nearest(demand, weighed, _history(connection, resident_id))
    if _prohibited(connection, demand, seen):
        return Reason.PROHIBITED
    if seen.counts and seen.version is not None:
        begun = service.begin_use(connection, seen.version, demand.token.jti, at)
        return None if begun else Reason.EXHAUSTED
    return None


def _prohibited(connection: Connection, demand: Demand, seen: Sight) -> bool:
    """Whether something about to be released has been prohibited since it was decided on."""
    return any(
        one.covers(demand.token.client_id, category)
        for one in service.prohibitions(connection, seen.resident_id)
        for category in seen.categories
    )


def _begun(
    connection: Connection, demand: Demand, version: ConsentVersion | None
) -> frozenset[UUID]:
    """The version of the token, if its uses are counted and this token's has begun."""
    if version is None or not version.terms.usage.limited:
        return frozenset()
    begun = service.has_begun(connection, version, demand.token.jti)
    return frozenset({version.id}) if begun else frozenset()


def _history(connection: Connection, resident_id: UUID) -> list[ConsentVersion]:
    """Every answer of a resident: only these tell why, when nothing in force permits."""
    return [
        version
        for answered in service.of_resident(connection, resident_id)
        for version in answered.versions
    ]


def _nearest(demand: Demand, weighed: Weighed, history: Sequence[ConsentVersion]) -> Reason:
    decision = _decide(demand, weighed, history)
    return decision.reason if isinstance(decision, Deny) else Reason.NO_CONSENT


def _named(token: AccessToken, versions: Sequence[ConsentVersion]) -> ConsentVersion | None:
    return next((version for version in versions if version.id == token.version_id), None)


@dataclass(frozen=True, slots=True)
class Listing:
    """Which records a consent gives at an instant, and which it would but for their names.

    `holder` is the person's pseudonym in the ledger, `acting` as what somebody looks.
    """

    version: ConsentVersion
    holder: bytes
    acting: Granter
    at: datetime

    @property
    def within(self) -> Filter:
        """What the consent would give if no record were left out of it by its name."""
        terms = self.version.terms
        rules = [rule for rule in terms.rules if not rule.names_items]
        return policy.union([policy.share(rules, terms.categories, day_of(self.at))])

    def leaves_out(self, record: Stored) -> bool:
        """Whether a record is kept back by its name."""
        datum = _datum(record)
        return any(rule.leaves_out(datum) for rule in self.version.terms.rules)


def list_given(
    connection: Connection, listing: Listing, query: Query, randomness: Randomness
) -> Page:
    """Show the person's side one page of the records that a consent is about; a unit of work.

    The person's own look at what is theirs is not entered; anybody's who acts for them is.
    Raises UnknownAnchorError for a page that cannot be gone on from.
    """
    page = _listed(connection, listing, query)
    if listing.acting.role is not Role.SELF:
        entry = entries.listed(listing.version, page, listing.acting, listing.holder)
        ledger.append(connection, entry, listing.at, randomness)
    return page


def data_given(
    connection: Connection, listing: Listing, ids: frozenset[UUID]
) -> frozenset[Datum]:
    """As much of these records as rules look at, without any that the consent is not about."""
    page = _listed(connection, listing, Query(ANY_TYPE, ids=ids, count=len(ids)))
    return frozenset(map(_datum, page.records))


def _listed(connection: Connection, listing: Listing, query: Query) -> Page:
    # No app: so that nothing is shown that was planted for one.
    nobody = Reader(listing.version.resident_id, "")
    return store.search(connection, nobody, query, listing.within)


def _datum(record: Stored) -> Datum:
    return Datum(record.id, record.category, record.on)


@dataclass(frozen=True, slots=True)
class Door:
    """The way in for authorities, whom a law lets look without consent."""

    database: Database
    policy: without.Policy
    randomness: Randomness

    async def without_consent(self, call: cases.Call) -> Handed | without.Refused:
        """Judge, read, open or find the case, enter it in the ledger, only then hand over.

        Raises NoSuchCaseError if a case to go on with does not exist.
        """
        seen = await self.database.read(look_without, call, self.policy)
        return await self.database.write(
            settle_without, call, seen, self.policy, self.randomness
        )


def look_without(connection: Connection, call: cases.Call, rules: without.Policy) -> list[Page]:
    """All that the case would reach, on one snapshot; nothing if it may not be looked at."""
    judged = cases.judge(connection, call, rules)
    if isinstance(judged, cases.Refusal):
        return []
    return _everything(connection, call.subject.resident_id, judged.categories)


def settle_without(
    connection: Connection,
    call: cases.Call,
    seen: Sequence[Page],
    rules: without.Policy,
    randomness: Randomness,
) -> Handed | without.Refused:
    """Judge again, file the case and enter what happens; a unit of work."""
    judged = cases.judge(connection, call, rules, lock=True)
    if isinstance(judged, cases.Refusal):
        cases.enter_refusal(connection, judged, call.at, randomness)
        return without.Refused(judged.objection)
    records: list[Stored] = [record for page in seen for record in page.records]
    if not isinstance(call, cases.Continuation):
        cases.open_case(connection, judged)
    cases.enter_access(connection, judged, len(records), call.at, randomness)
    hidden = frozenset().union(*(page.hidden for page in seen))
    return Handed(judged, tuple(records), hidden)


def _everything(
    connection: Connection, resident_id: UUID, categories: Sequence[str]
) -> list[Page]:
    pages: list[Page] = []
    # No app: so that nothing is read that was planted for one.
    nobody = Reader(resident_id, "")
    for query in queries(categories):
        page = store.search(connection, nobody, query, reach(categories))
        pages.append(page)
        while page.more:
            further = replace(query, after=page.records[-1].id)
            page = store.search(connection, nobody, further, reach(categories))
            pages.append(page)
    return pages
