"""Who saw a person's data: their own entries of the ledger, newest first, and their proofs."""

from dataclasses import replace
from http import HTTPStatus
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response

from consent import service
from consent.instants import rfc3339
from consent.japan import day_of
from consent.ledger import store as ledger
from consent.store import cases
from mynaportal_sim import keys
from mynaportal_sim.disclosure import proofs
from mynaportal_sim.disclosure.history import Found, search
from mynaportal_sim.disclosure.witnesses import Sights, sights
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.web.acting import OwnDep, ViewerDep, Whom, agents_of
from mynaportal_sim.web.entry import EntryOut
from mynaportal_sim.web.errors import NoSuchEntryError
from mynaportal_sim.web.history_filter import AskedDep, FilterRead
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import KIND_LABELS

PAGE_LENGTH = 50
router = APIRouter()

BeforeParam = Annotated[int | None, Query(ge=1, lt=2**62)]


@router.get("/history")
async def history(
    page: PageDep,
    resident: ViewerDep,
    portal: PortalDep,
    asked: AskedDep,
    before: BeforeParam = None,
) -> Response:
    """Show who got what, why, on which basis and under whose supervision."""
    if page.for_program:
        found = await _shown(portal, resident, asked, before)
        shown = [entry.plain for entry in await _worded(found, portal, resident, page)]
        answer = {"entries": shown, "older": found.older, "looked": found.looked}
        seen = [one._asdict() for one in (await _sights(portal)).each]
        witnesses = [one | {"at": one["at"] and rfc3339(one["at"])} for one in seen]
        return page.data(answer | {"witnesses": witnesses})
    if asked.unread:
        form = await _form(page, portal, resident, asked)
        nothing: dict[str, object] = {"days": [], "older": None, "looked": 0, "bundle": None}
        nothing |= {"witnesses": Sights(()), "own": True}
        return page("history.html", form | nothing, status=HTTPStatus.BAD_REQUEST)
    found = await _shown(portal, resident, asked, before)
    entries = await _worded(found, portal, resident, page)
    here = asked.query | ({"before": str(before)} if before else {})
    own = resident.mandate is None
    values: dict[str, object] = {
        "days": [
            (day, list(of_day))
            for day, of_day in groupby(entries, lambda entry: day_of(entry.at))
        ],
        "older": found.older and urlencode({**asked.query, "before": found.older}),
        "looked": found.looked,
        "witnesses": await _sights(portal),
        "bundle": urlencode(here) if own and any(entry.proof for entry in entries) else None,
        "own": own,
    }
    return page("history.html", values | await _form(page, portal, resident, asked))


@router.get("/history/proofs.zip")
async def bundle(
    resident: OwnDep, portal: PortalDep, asked: AskedDep, before: BeforeParam = None
) -> Response:
    """Hand a person the proofs of all entries that one page of their history shows."""
    found = await _found(portal, resident, asked, before)
    holder = portal.pseudonyms.holder(resident.resident_id)
    proven = await portal.db.read(proofs.of_events, holder, portal.now, found.entries)
    key = str(keys.ledger_signer(portal.settings.keys).verifier)
    archive = proofs.archive(proven, key, portal.now)
    name = f"proofs-{rfc3339(portal.now)[:10]}.zip"
    return Response(archive, media_type="application/zip", headers=_saved_as(name))


@router.get("/history/{position}/proof")
async def proof(
    resident: OwnDep,
    portal: PortalDep,
    position: Annotated[int, Path(ge=0, lt=2**62)],
) -> Response:
    """Hand a person the proof of one of their entries, which needs no server to be checked."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    evidence = await portal.db.read(ledger.prove_to, holder, portal.now, position)
    if evidence is None:
        raise NoSuchEntryError
    headers = _saved_as(proofs.name_of(position))
    return Response(bytes(evidence), media_type="text/plain", headers=headers)


async def _found(
    portal: Portal, resident: LoggedIn, asked: FilterRead, before: int | None
) -> Found:
    holder = portal.pseudonyms.holder(resident.resident_id)
    whose = (holder, portal.now)
    return await portal.db.read(search, *whose, asked.checked(), PAGE_LENGTH, before)


async def _worded(found: Found, portal: Portal, whom: Whom, page: Page) -> list[EntryOut]:
    """The entries in words: who acted, and how the review of a case stands now."""
    agents = await portal.db.read(agents_of, whom.resident_id)
    reviews = {}
    if any(event.case for event in found.entries):
        holder = portal.pseudonyms.holder(whom.resident_id)
        told = await portal.db.read(cases.told, holder, portal.now)
        reviews = {str(case.id): case.status(portal.now) for case in told}
    known = (portal.catalogue, page, agents, reviews)
    return [EntryOut.of(event, *known) for event in found.entries]


async def _shown(portal: Portal, whom: Whom, asked: FilterRead, before: int | None) -> Found:
    """As `_found`, of what those who act for the person may see: none of their logins."""
    wanted = asked.checked()
    if whom.mandate is not None:
        wanted = replace(wanted, for_agent=True, within=whom.within)
    holder = portal.pseudonyms.holder(whom.resident_id)
    return await portal.db.read(search, holder, portal.now, wanted, PAGE_LENGTH, before)


async def _sights(portal: Portal) -> Sights:
    return await portal.db.read(sights, [place.witness for place in portal.settings.witnesses])


async def _form(
    page: Page, portal: Portal, resident: Whom, asked: FilterRead
) -> dict[str, object]:
    """What the form offers to choose from, and what stands in it."""
    consents = await portal.db.read(service.of_resident, resident.resident_id)
    apps = {
        one.app_id: one.app_name
        for its in consents
        for one in reversed(its.versions)
        if resident.sees(one)
    }
    if asked.wanted.app:
        apps.setdefault(asked.wanted.app, asked.wanted.app)
    return {
        "wanted": asked.wanted,
        "unread": asked.told(page),
        "apps": apps,
        "categories": [
            (one.code, page.choose(one.label_ja, one.label_en, one.label_easy))
            for one in portal.catalogue.categories.values()
        ],
        "kinds": [(code, page.text(label)) for code, label in KIND_LABELS.items()],
    }


def _saved_as(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
