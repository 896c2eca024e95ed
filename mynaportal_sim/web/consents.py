"""What a person has agreed to, and the button that ends it."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from enum import StrEnum, unique
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Response
from pydantic import Field
from sqlalchemy import Connection

from consent import service
from consent.mandate import Act, to_review
from consent.model import ConsentVersion, Event
from consent.store import signatures
from mynaportal_sim.disclosure import latency
from mynaportal_sim.disclosure.documents import formats_of
from mynaportal_sim.erasure import store as erasures
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import ViewerDep, Whom, WhomDep, agents_of
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.consent_out import NOBODY, ConsentOut, Represented
from mynaportal_sim.web.declared_since import declared_since
from mynaportal_sim.web.difference import Difference, differences
from mynaportal_sim.web.entry import basis_line
from mynaportal_sim.web.erasures import ErasureOut
from mynaportal_sim.web.errors import NoSuchConsentError
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.lateness import line
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import CHANNELS, SIGNED_WITH

router = APIRouter()


@unique
class Wish(StrEnum):
    """What a person can wish of a consent they gave."""

    WITHDRAW = "withdraw"
    SUSPEND = "suspend"
    RESUME = "resume"


_WISHES = {
    Wish.WITHDRAW: (Event.WITHDRAW, "withdrawn"),
    Wish.SUSPEND: (Event.SUSPEND, "suspended"),
    Wish.RESUME: (Event.RESUME, "resumed"),
}


class ChangeForm(Assisted):
    """`version` is what the person saw; `key` makes a double click one wish."""

    csrf: str = ""
    version: UUID
    key: UUID = Field(default_factory=uuid4)


@router.get("/consents")
async def consents(page: PageDep, resident: ViewerDep, portal: PortalDep) -> Response:
    """Show each consent that the person has given or refused."""
    versions, represented = await portal.db.read(_look, resident, portal.now)
    seen = [version for version in versions if resident.sees(version)]
    shown = await _shown(portal, page, resident, seen, represented)
    shown.sort(key=lambda consent: (consent.active, consent.decided), reverse=True)
    if page.for_program:
        plain = [consent.plain for consent in shown]
        return page.data({"csrf": page.visitor.csrf, "consents": plain})
    values: dict[str, object] = {
        "active": [consent for consent in shown if consent.active],
        "waiting": [consent for consent in shown if consent.waiting],
        "past": [one for one in shown if not one.active and not one.waiting],
        "staying": [consent for consent in shown if consent.active and consent.stays],
        "done": page.request.query_params.get("done"),
        "keys": {consent.version_id: uuid4() for consent in shown if consent.active},
    }
    return page("consents.html", values)


@router.get("/consents/{arrangement_id}/withdraw")
async def before_withdrawing(
    page: PageDep, resident: ViewerDep, portal: PortalDep, arrangement_id: UUID, version: UUID
) -> Response:
    """Say what stops with a consent and what does not, and ask whether it shall."""
    kept = await kept_version(portal, resident, arrangement_id, version)
    [consent] = await _shown(portal, page, resident, [kept])
    return page("withdraw.html", {"consent": consent, "key": uuid4()})


@router.get("/consents/{arrangement_id}/{version_id}")
async def receipt(
    page: PageDep,
    resident: ViewerDep,
    portal: PortalDep,
    arrangement_id: UUID,
    version_id: UUID,
) -> Response:
    """Show one answer with all that was agreed, in a form to print and keep."""
    kept = await kept_version(portal, resident, arrangement_id, version_id)
    _, represented = await portal.db.read(_look, resident, portal.now)
    [consent] = await _shown(portal, page, resident, [kept], represented)
    afterwards = await _afterwards(portal, page, resident, kept)
    if page.for_program:
        return page.data({**consent.plain, "afterwards": afterwards})
    given = kept.terms.categories
    refused = [rule.category for rule in kept.asked if rule.category not in given]
    values: dict[str, object] = {
        "consent": consent,
        "afterwards": afterwards,
        "differences": await _changed(portal, page, resident, kept),
        "refused": category_labels(portal.catalogue, refused, page),
        "basis": basis_line(kept.terms.legal_basis.value, page),
        "notice_version": kept.terms.notice.version,
        "number": kept.number,
        "channel": page.text(CHANNELS[Channel(kept.evidence.channel)]),
        "signed": await _signed(page, portal, kept),
        "helped_by": kept.evidence.assisted_by,
        "app_id": kept.app_id,
        "formats": formats_of(kept, portal.pseudonyms, portal.now),
        "issued": portal.now,
    }
    return page("receipt.html", values)


@router.post("/consents/{arrangement_id}/{what}")
async def change(
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    arrangement_id: UUID,
    what: Wish,
    form: Annotated[ChangeForm, Form()],
) -> Response:
    """End a consent, or let it rest and give again; it binds from the very next access on."""
    check_csrf(page.request, portal.settings, form.csrf)
    event, done = _WISHES[what]
    kept = await _find(portal, resident, arrangement_id, form.version)
    if kept is not None:
        act = Act.GRANT if event is Event.RESUME else Act.WITHDRAW
        if resident.mandate is not None or act is Act.WITHDRAW:
            resident.demand(act, kept.terms.categories, kept.terms.purpose.code)
    elif resident.mandate is not None:
        raise NoSuchConsentError
    wish = service.Change(
        event=event,
        key=form.key,
        resident_id=resident.resident_id,
        arrangement_id=arrangement_id,
        version_id=form.version,
        channel=resident.channel,
        holder=portal.pseudonyms.holder(resident.resident_id),
        acting=resident.acting,
        assisted_by=form.helped_by,
        band=resident.band,
    )
    await portal.db.write(service.change, wish, portal.now, token_bytes)
    return see_other(f"/consents?done={done}")


async def _signed(page: Page, portal: Portal, kept: ConsentVersion) -> dict[str, object] | None:
    """How an answer was signed, in words; None where it was not."""
    signature = await portal.db.read(signatures.find, kept.resident_id, kept.id)
    if signature is None:
        return None
    return {
        "with": page.text(SIGNED_WITH[signature.kind]),
        "lines": json.loads(signature.text)["shown"],
        "statement": signature.statement_sha256,
    }


def _look(
    connection: Connection, whom: Whom, now: datetime
) -> tuple[list[ConsentVersion], Represented]:
    """All answers of a person, and what of them others gave, on one snapshot."""
    resident_id = whom.resident_id
    histories = service.of_resident(connection, resident_id)
    versions = [version for history in histories for version in history.versions]
    represented = Represented(
        agents_of(connection, resident_id),
        to_review(versions, service.acting_for(connection, resident_id), now),
        service.awaiting_assent(connection, resident_id),
        whom.acting,
        whom.band,
    )
    return versions, represented


async def kept_version(
    portal: Portal, resident: Whom, arrangement_id: UUID, version_id: UUID
) -> ConsentVersion:
    """One of the person's answers. Raises NoSuchConsentError where they may see none."""
    found = await _find(portal, resident, arrangement_id, version_id)
    if found is None:
        raise NoSuchConsentError
    return found


async def _find(
    portal: Portal, resident: Whom, arrangement_id: UUID, version_id: UUID
) -> ConsentVersion | None:
    """One of the person's answers, if it is within what may be seen."""
    histories = await portal.db.read(service.of_resident, resident.resident_id)
    for history in histories:
        for version in history.versions:
            named = (version.arrangement_id, version.id)
            if named == (arrangement_id, version_id) and resident.sees(version):
                return version
    return None


async def _shown(
    portal: Portal,
    page: Page,
    resident: Whom,
    versions: Collection[ConsentVersion],
    represented: Represented = NOBODY,
) -> list[ConsentOut]:
    """Answers as they stand now, with what their apps did and declared since."""
    found = [
        ConsentOut.of(one, portal.catalogue, page, portal.now, represented).staying(
            resident.kept_from_ending(one), page
        )
        for one in versions
    ]
    cases = await portal.db.read(erasures.of_versions, [UUID(one.version_id) for one in found])
    said = {
        str(version_id): ErasureOut.of(case, portal.catalogue, page, portal.now)
        for version_id, case in cases.items()
    }
    matters = {UUID(one.version_id) for one in found if one.active or one.waiting}
    since = await declared_since(portal, page, [one for one in versions if one.id in matters])
    return [
        replace(
            one,
            erasure=said.get(one.version_id),
            declared_since=since.get(UUID(one.version_id)),
        )
        for one in found
    ]


async def _changed(
    portal: Portal, page: Page, resident: Whom, version: ConsentVersion
) -> list[Difference]:
    """What is different in a consent from the one before it, if there was one."""
    if version.supersedes is None or not version.terms.rules:
        return []
    before = await kept_version(portal, resident, version.arrangement_id, version.supersedes)
    return differences(before.terms, version.terms, portal.catalogue, page)


async def _afterwards(
    portal: Portal, page: Page, resident: Whom, version: ConsentVersion
) -> str | None:
    """What the log says came after a consent was taken back; None where it was not."""
    if f"consent.{version.state}" not in latency.ENDINGS:
        return None
    holder = portal.pseudonyms.holder(resident.resident_id)
    found = await portal.db.read(latency.of_version, holder, portal.now, str(version.id))
    return None if found is None else line(found, page)
