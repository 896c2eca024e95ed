"""Records of provision to apps, disclosed to the person: a page to print, JSON, and a sheet."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Connection
from starlette.responses import StreamingResponse

from consent.japan import day_of
from mynaportal_sim.apps import store as apps
from mynaportal_sim.disclosure import sheet, walk
from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.disclosure.provisions import KEPT_YEARS, Party, Record, document, of_event
from mynaportal_sim.disclosure.walk import Period, Whose
from mynaportal_sim.web.acting import WholeDep, Whom
from mynaportal_sim.web.errors import UnreadableFilterError
from mynaportal_sim.web.history_filter import days
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page, PageDep, page_headers

PAGE_LENGTH = 50
PROVIDER = marked("Portal simulator")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Whose records are disclosed to whom, for which days, in which language."""

    page: Page
    portal: Portal
    resident: Whom
    period: Period

    @property
    def whose(self) -> Whose:
        return Whose.person(self.portal.pseudonyms.holder(self.resident.resident_id))

    @property
    def query(self) -> dict[str, str]:
        """The period as it stands in an address."""
        days = {"from": self.period.since, "to": self.period.until}
        return {name: day.isoformat() for name, day in days.items() if day}

    async def records(self, events: list[Event]) -> list[Record]:
        """The records of these provisions, in the reader's words."""
        organisations = await self.portal.db.read(_organisations, {e.app_id for e in events})
        provider = Party(
            self.page.text(PROVIDER), address=self.portal.settings.issuer.rstrip("/")
        )
        return [
            of_event(
                event,
                provider,
                Party(event.app_name, organisations.get(event.app_id, "")),
                self.resident.subject.name.full,
                self.page.language,
            )
            for event in events
        ]


async def _disclosure(
    page: PageDep,
    portal: PortalDep,
    resident: WholeDep,
    since: Annotated[str, Query(alias="from", max_length=32)] = "",
    until: Annotated[str, Query(alias="to", max_length=32)] = "",
) -> Disclosure:
    first, last, unread = days(since, until)
    if unread:
        raise UnreadableFilterError(unread)
    usual = Period.kept(day_of(portal.now))
    return Disclosure(page, portal, resident, Period(first or usual.since, last))


DisclosureDep = Annotated[Disclosure, Depends(_disclosure)]


@router.get("/provision-records")
async def provision_records(
    wanted: DisclosureDep, before: Annotated[int | None, Query(ge=1, lt=2**62)] = None
) -> Response:
    """Show the records of what was handed to apps, newest first."""
    page, portal = wanted.page, wanted.portal
    asked = (wanted.whose, wanted.period, PAGE_LENGTH, before)
    found = await portal.db.read(walk.search, *asked)
    records = await wanted.records(found.events)
    if page.for_program:
        return page.data({"records": [document(one) for one in records], "older": found.older})
    values: dict[str, object] = {
        "records": [
            (one, sheet.values(one, portal.catalogue, page.language)) for one in records
        ],
        "period": wanted.period,
        "query": urlencode(wanted.query),
        "older": found.older and urlencode({**wanted.query, "before": found.older}),
        "kept_years": KEPT_YEARS,
        "issued": portal.now,
    }
    return page("provision_records.html", values)


@router.get("/provision-records.csv")
async def as_sheet(wanted: DisclosureDep) -> Response:
    """Hand out all records of the period as a sheet, line by line."""
    return _download(_lines(wanted), "text/csv; charset=utf-8; header=present", "csv")


@router.get("/provision-records.json")
async def as_json(wanted: DisclosureDep) -> Response:
    """Hand out all records of the period as JSON, record by record."""
    return _download(_members(wanted), "application/json", "json")


async def _lines(wanted: Disclosure) -> AsyncIterator[bytes]:
    catalogue, language = wanted.portal.catalogue, wanted.page.language
    yield sheet.heading(language)
    async for events in walk.pages(wanted.portal.db, wanted.whose, wanted.period):
        for record in await wanted.records(events):
            yield sheet.line(record, catalogue, language)


async def _members(wanted: Disclosure) -> AsyncIterator[bytes]:
    yield b'{"records":['
    before = b""
    async for events in walk.pages(wanted.portal.db, wanted.whose, wanted.period):
        for record in await wanted.records(events):
            yield before + json.dumps(document(record), ensure_ascii=False).encode()
            before = b","
    yield b"]}"


def _download(content: AsyncIterator[bytes], media_type: str, suffix: str) -> Response:
    attached = f'attachment; filename="provision-records.{suffix}"'
    headers = {**page_headers(), "Content-Disposition": attached}
    return StreamingResponse(content, headers=headers, media_type=media_type)


def _organisations(connection: Connection, app_ids: set[str]) -> dict[str, str]:
    found = (apps.find(connection, app_id) for app_id in app_ids)
    return {app.client_id: app.organisation for app in found if app is not None}
