"""Leaving single records out of a consent, whose other records go on."""

import json
from datetime import date
from itertools import groupby
from secrets import token_bytes
from typing import Annotated, NamedTuple
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Response
from pydantic import Field

from consent import service
from consent.mandate import Act
from consent.model import ConsentVersion, Notice
from mynaportal_sim.disclosure.documents import PERSON
from mynaportal_sim.domains.catalogue import entitle
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.records.access import Listing, data_given, list_given
from mynaportal_sim.records.errors import UnknownAnchorError
from mynaportal_sim.records.model import ANY_TYPE, Query, Stored
from mynaportal_sim.web.acting import ViewerDep, Whom
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.consent_out import ConsentOut
from mynaportal_sim.web.consents import kept_version
from mynaportal_sim.web.errors import NoSuchConsentError, NoSuchRecordError
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.question import NOTICE_VERSION
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep

PAGE_LENGTH = 50
router = APIRouter(prefix="/consents")


class RecordsForm(Assisted):
    """A wish to give some records no more; `version` is what the person saw."""

    csrf: str = ""
    version: UUID
    record: list[str] = Field(default=[], max_length=PAGE_LENGTH)
    key: UUID = Field(default_factory=uuid4)


class RecordOut(NamedTuple):
    """A record as the person's pages name it; its id is the one in their copies of consents."""

    id: str
    day: date | None
    kind: str
    title: str
    left_out: bool

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {**self._asdict(), "day": self.day and self.day.isoformat()}


@router.get("/{arrangement_id}/records")
async def records(
    page: PageDep,
    resident: ViewerDep,
    portal: PortalDep,
    arrangement_id: UUID,
    after: str = "",
) -> Response:
    """Show which records a consent gives, and which were left out of it."""
    kept = await portal.db.read(service.newest, resident.resident_id, arrangement_id)
    if kept is None or not resident.sees(kept):
        raise NoSuchConsentError
    query = Query(ANY_TYPE, count=PAGE_LENGTH, after=_id(portal, after) if after else None)
    listing = _listing(portal, resident, kept)
    try:
        found = await portal.db.write(list_given, listing, query, token_bytes)
    except UnknownAnchorError:
        raise NoSuchRecordError from None
    shown = [_record(portal, page, listing, one) for one in found.records]
    older = _name(portal, found.records[-1]) if found.more else None
    consent = ConsentOut.of(kept, portal.catalogue, page, portal.now)
    consent = consent.staying(resident.kept_from_ending(kept), page)
    told: dict[str, object] = {
        "left_out": len(kept.terms.left_out),
        "total": found.total,
        "older": older,
    }
    if page.for_program:
        known = {"version_id": consent.version_id, "state": consent.state}
        plain = {"csrf": page.visitor.csrf, "records": [one.plain for one in shown]}
        return page.data(plain | known | told)
    days = [(day, list(of_day)) for day, of_day in groupby(shown, lambda one: one.day)]
    return page("records.html", told | {"consent": consent, "days": days, "key": uuid4()})


@router.post("/{arrangement_id}/records")
async def leave_out(
    page: PageDep,
    resident: ViewerDep,
    portal: PortalDep,
    arrangement_id: UUID,
    form: Annotated[RecordsForm, Form()],
) -> Response:
    """Give these records no more, and leave the rest as it is."""
    check_csrf(page.request, portal.settings, form.csrf)
    kept = await kept_version(portal, resident, arrangement_id, form.version)
    resident.demand(Act.WITHDRAW, kept.terms.categories, kept.terms.purpose.code)
    ids = frozenset(_id(portal, name) for name in form.record)
    listing = _listing(portal, resident, kept)
    data = await portal.db.read(data_given, listing, ids)
    if {one.id for one in data} != ids:
        raise NoSuchRecordError
    wish = service.Reduction(
        key=form.key,
        resident_id=resident.resident_id,
        arrangement_id=arrangement_id,
        version_id=form.version,
        stop=frozenset(),
        notice=Notice(NOTICE_VERSION, page.tag),
        evidence=resident.helped(form.helped_by),
        holder=listing.holder,
        acting=resident.acting,
        leave_out=data,
    )
    await portal.db.write(service.reduce, wish, portal.now, token_bytes)
    return see_other("/consents?done=left_out")


def _listing(portal: Portal, resident: Whom, version: ConsentVersion) -> Listing:
    holder = portal.pseudonyms.holder(resident.resident_id)
    return Listing(version, holder, resident.acting, portal.now)


def _record(portal: Portal, page: Page, listing: Listing, record: Stored) -> RecordOut:
    title = entitle(record.category, json.loads(record.resource))
    [kind] = category_labels(portal.catalogue, [record.category], page)
    named = page.choose(title.ja, title.en)
    left_out = listing.leaves_out(record)
    return RecordOut(_name(portal, record), record.on, kind, named, left_out)


def _name(portal: Portal, record: Stored) -> str:
    return str(UUID(hex=portal.pseudonyms.logical_id(PERSON, record.id)))


def _id(portal: Portal, name: str) -> UUID:
    """The record that the person's pages name so, if there is one."""
    found = portal.pseudonyms.record_id(PERSON, name.replace("-", ""))
    if found is None:
        raise NoSuchRecordError
    return found
