"""Taking back more than one consent at once, or a part of one."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Form, Response
from pydantic import Field
from sqlalchemy import Connection

from consent import service
from consent.mandate import Act
from consent.model import (
    ALIVE,
    ConsentVersion,
    Event,
    Notice,
    Status,
    standing,
)
from consent.store import event
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import ViewerDep, Whom, WhomDep
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.consent_out import ConsentOut
from mynaportal_sim.web.errors import MandateRefusedError, NoSuchConsentError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.question import NOTICE_VERSION
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import PageDep

router = APIRouter(prefix="/consents")


class AllForm(Assisted):
    """A wish to end every consent, or every one with an app; `key` makes repeats one wish."""

    csrf: str = ""
    app: str = ""
    key: UUID = Field(default_factory=uuid4)


class PartForm(Assisted):
    """A wish to give some kinds of data no more; `version` is what the person saw."""

    csrf: str = ""
    version: UUID
    category: list[str] = Field(default_factory=list)
    key: UUID = Field(default_factory=uuid4)


@router.get("/withdraw")
async def before_withdrawing_all(
    page: PageDep, resident: ViewerDep, portal: PortalDep, app: str = ""
) -> Response:
    """Say what would end and what would not, and ask whether it shall."""
    lasting = await portal.db.read(_lasting, resident, app, portal.now)
    shown = [
        ConsentOut.of(one, portal.catalogue, page, portal.now).staying(
            resident.kept_from_ending(one), page
        )
        for one in lasting
    ]
    values: dict[str, object] = {
        "ending": [consent for consent in shown if not consent.stays],
        "staying": [consent for consent in shown if consent.stays],
    }
    return page("withdraw_all.html", values | {"app": app, "key": uuid4()})


@router.post("/withdraw")
async def withdraw_all(
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    form: Annotated[AllForm, Form()],
) -> Response:
    """End every consent, or every one with one app, in one transaction.

    What whoever acts for the person may not end goes on, and the next page says so.
    """
    check_csrf(page.request, portal.settings, form.csrf)
    by = _By(portal, resident, form)
    all_ended = await portal.db.write(_withdraw_all, by, portal.now)
    return see_other(f"/consents?done={'withdrawn' if all_ended else 'withdrawn_some'}")


@router.post("/{arrangement_id}/reduce")
async def reduce(
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    arrangement_id: UUID,
    form: Annotated[PartForm, Form()],
) -> Response:
    """Give some kinds of data no more, and leave the rest as it is."""
    check_csrf(page.request, portal.settings, form.csrf)
    kept = await portal.db.read(service.newest, resident.resident_id, arrangement_id)
    if kept is None or not resident.sees(kept):
        raise NoSuchConsentError
    resident.demand(Act.WITHDRAW, kept.terms.categories, kept.terms.purpose.code)
    wish = service.Reduction(
        key=form.key,
        resident_id=resident.resident_id,
        arrangement_id=arrangement_id,
        version_id=form.version,
        stop=frozenset(form.category),
        notice=Notice(NOTICE_VERSION, page.tag),
        evidence=resident.helped(form.helped_by),
        holder=portal.pseudonyms.holder(resident.resident_id),
        acting=resident.acting,
    )
    await portal.db.write(service.reduce, wish, portal.now, token_bytes)
    return see_other("/consents?done=reduced")


@dataclass(frozen=True, slots=True)
class _By:
    """Who wishes to end what."""

    portal: Portal
    resident: Whom
    form: AllForm

    def key_for(self, version: ConsentVersion) -> UUID:
        """The key under which this wish ends a consent."""
        return uuid5(self.form.key, str(version.id))


def _lasting(
    connection: Connection, resident: Whom, app: str, now: datetime
) -> list[ConsentVersion]:
    """What could still give something and they may see, of one app or of all."""
    versions = [
        version
        for history in service.of_resident(connection, resident.resident_id)
        for version in history.versions
        if resident.sees(version)
    ]
    return [
        version
        for version in standing(versions)
        if version.state in ALIVE
        and version.status(now) is not Status.EXPIRED
        and app in ("", version.app_id)
    ]


def _withdraw_all(connection: Connection, by: _By, now: datetime) -> bool:
    """End what lasts and may be ended; False when something goes on.

    Raises:
        MandateRefusedError: nothing may be ended, nor did this wish end anything before.
    """
    resident = by.resident
    lasting = _lasting(connection, resident, by.form.app, now)
    refusals = {one.id: resident.kept_from_ending(one) for one in lasting}
    reason = next((why for why in refusals.values() if why is not None), None)
    ending = [one for one in lasting if refusals[one.id] is None]
    if reason is not None and not ending and not _ended_before(connection, by):
        raise MandateRefusedError(reason)
    for version in ending:
        wish = service.Change(
            event=Event.WITHDRAW,
            key=by.key_for(version),
            resident_id=resident.resident_id,
            arrangement_id=version.arrangement_id,
            version_id=version.id,
            channel=resident.channel,
            holder=by.portal.pseudonyms.holder(resident.resident_id),
            acting=resident.acting,
            assisted_by=by.form.helped_by,
        )
        service.change(connection, wish, now, token_bytes)
    return reason is None


def _ended_before(connection: Connection, by: _By) -> bool:
    """Whether this wish ended something already: a second click is no second wish."""
    resident_id = by.resident.resident_id
    return any(
        event(connection, resident_id, by.key_for(version)) is not None
        for history in service.of_resident(connection, resident_id)
        for version in history.versions
    )
