"""Choosing whom the pages are about: oneself, or somebody whom one acts for."""

from secrets import token_bytes
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from consent import service
from consent.mandate import Mandate, MandateStatus, Refusal
from consent.model import Role, Status
from mynaportal_sim.login import cookies, sessions
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.errors import SessionEndedError
from mynaportal_sim.login.sessions import Errand, LoggedIn, ResidentDep
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.web.acting import name_of
from mynaportal_sim.web.errors import MandateRefusedError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.mandate_out import MandateOut
from mynaportal_sim.web.on_the_way import on_the_way_to
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import PageDep

router = APIRouter(prefix="/acting-for")


class ChooseForm(BaseModel):
    """The mandate to act under, empty for oneself, and the question to go on to, if any."""

    csrf: str = ""
    mandate: UUID | Literal[""] = ""
    interaction: UUID | Literal[""] = ""


@router.get("")
async def acting_for(
    page: PageDep,
    session: ResidentDep,
    portal: PortalDep,
    interaction: Annotated[UUID | None, Query()] = None,
) -> Response:
    """Show for whom the person can act, and for whom they do."""
    found = await portal.db.read(_look, session.resident_id)
    lasting = {MandateStatus.ACTIVE, MandateStatus.SUSPENDED}
    shown = [
        MandateOut.of(one, name, portal, page)
        for one, name in found
        if one.status(portal.now) in lasting
    ]
    current = "" if session.errand is None else str(session.errand.mandate_id)
    alone = await portal.db.read(_decided_alone, session.resident_id, portal)
    if page.for_program:
        answer = {"csrf": page.visitor.csrf, "mandates": [one.plain for one in shown]}
        return page.data({**answer, "current": current or None, "decided_alone": alone})
    values: dict[str, object] = {
        "mandates": shown,
        "current": current,
        "alone": alone,
        "interaction": interaction or "",
        "done": page.request.query_params.get("done"),
    }
    way = await on_the_way_to(page, portal, interaction)
    return page("acting_for.html", values, form_action=way.target)


@router.post("")
async def choose(
    page: PageDep,
    session: ResidentDep,
    portal: PortalDep,
    form: Annotated[ChooseForm, Form()],
) -> Response:
    """Make all pages of this session about somebody else, or about oneself again."""
    check_csrf(page.request, portal.settings, form.csrf)
    turned = await portal.db.write(_turn, portal, session, form.mandate or None)
    usual = "/consents" if turned.errand else "/acting-for"
    response = see_other(f"/interactions/{form.interaction}" if form.interaction else usual)
    cookies.write(response, turned.id, portal.settings)
    return response


def _turn(
    connection: Connection, portal: Portal, session: LoggedIn, mandate_id: UUID | None
) -> LoggedIn:
    """Turn a session to whom a mandate is for; a unit of work.

    Raises:
        MandateRefusedError: the person has no such mandate that is in force.
        SessionEndedError: the session has ended meanwhile.
    """
    errand = None
    if mandate_id is not None:
        chosen = _mandate(connection, session.resident_id, mandate_id)
        status = chosen.status(portal.now)
        if status is not MandateStatus.ACTIVE:
            suspended = status is MandateStatus.SUSPENDED
            reason = Refusal.MANDATE_SUSPENDED if suspended else Refusal.NOT_ACTING
            raise MandateRefusedError(reason)
        errand = Errand(chosen.principal, chosen.id)
        holder = portal.pseudonyms.holder(chosen.principal)
        service.begin_acting(connection, chosen, holder, portal.now, token_bytes)
    turned = sessions.turn(connection, session, errand, token_bytes)
    if turned is None:
        raise SessionEndedError
    oauth.hand_over(connection, session, turned)
    return turned


def _mandate(connection: Connection, agent: UUID, mandate_id: UUID) -> Mandate:
    for one in service.represented_by(connection, agent):
        if one.id == mandate_id:
            return one
    raise MandateRefusedError(Refusal.NOT_ACTING)


def _look(connection: Connection, agent: UUID) -> list[tuple[Mandate, str]]:
    return [
        (one, name_of(connection, one.principal))
        for one in service.represented_by(connection, agent)
    ]


def _decided_alone(connection: Connection, agent: UUID, portal: Portal) -> list[dict[str, str]]:
    """What minors whom this person is guardian of have consented to by themselves."""
    return [
        {"person": name_of(connection, one.principal), "app": version.app_name}
        for one in service.represented_by(connection, agent)
        if one.role is Role.GUARDIAN and one.status(portal.now) is MandateStatus.ACTIVE
        for history in service.of_resident(connection, one.principal)
        for version in history.versions
        if version.granter.role is Role.SELF and version.status(portal.now) is Status.GRANTED
    ]
