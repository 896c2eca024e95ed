"""Who acts for a person, and for whom they act: to invite, to accept and to end."""

from base64 import b32encode
from datetime import timedelta
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Response
from pydantic import Field
from sqlalchemy import Connection

from consent import service
from consent.mandate import Act, Mandate, MandateEvent, MandateState, Party, Scope
from consent.model import Role
from consent.service import Known, MandateChange
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.oauth import acting as oauth
from mynaportal_sim.web.acting import OwnDep, name_of, whom
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.errors import UnknownChoiceError
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.mandate_out import MandateOut
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import PageDep
from mynaportal_sim.web.wording import ACTS

router = APIRouter(prefix="/proxies")
_CODE_BYTES = 10  # 80 bits; a guess takes a login by card
_DAYS = (90, 365, 1095)


class InviteForm(Assisted):
    """Whom to let act: for which acts and kinds of data (none is all), for how many days."""

    csrf: str = ""
    act: list[Act] = Field(min_length=1)
    category: list[str] = Field(default_factory=list)
    days: int = Field(default=90, ge=1, le=1095)
    key: UUID = Field(default_factory=uuid4)


class AcceptForm(Assisted):
    """The code that somebody was given; `confirmed` once they saw for whom they would act."""

    csrf: str = ""
    code: str = Field(max_length=64)
    confirmed: bool = False


class EndForm(Assisted):
    """A wish that a mandate be over."""

    csrf: str = ""


@router.get("")
async def proxies(page: PageDep, session: OwnDep, portal: PortalDep) -> Response:
    """Show who acts for the person and for whom they act, with the ways to begin and end it."""
    for_me, by_me = await portal.db.read(_look, session.resident_id)
    kept = await portal.db.read(service.kept_away, session.resident_id)
    mine = [
        MandateOut.of(one, name, portal, page, kept_away=one.agent in kept)
        for one, name in for_me
    ]
    others = [
        MandateOut.of(one, name, portal, page)
        for one, name in by_me
        if one.status(portal.now).value in {"active", "suspended"}
    ]
    if page.for_program:
        lists = {"for_me": mine, "by_me": others}
        plain = {name: [one.plain for one in ones] for name, ones in lists.items()}
        return page.data({"csrf": page.visitor.csrf, **plain})
    codes = list(portal.catalogue.categories)
    values: dict[str, object] = {
        "mine": mine,
        "others": others,
        "choices": {act: page.text(label) for act, label in ACTS.items()},
        "categories": dict(
            zip(codes, category_labels(portal.catalogue, codes, page), strict=True)
        ),
        "days": _DAYS,
        "key": uuid4(),
        "done": page.request.query_params.get("done"),
    }
    return page("proxies.html", values)


@router.post("")
async def invite(
    page: PageDep, session: OwnDep, portal: PortalDep, form: Annotated[InviteForm, Form()]
) -> Response:
    """Make a code by which whoever gets it can accept; it is shown this once."""
    check_csrf(page.request, portal.settings, form.csrf)
    if not set(form.category) <= set(portal.catalogue.categories):
        raise UnknownChoiceError
    whom(session, page.visitor, portal.settings.bands, portal.now).demand(Act.GRANT)
    code = _written(b32encode(token_bytes(_CODE_BYTES)).decode())
    new = _proposal(portal, session, form)
    known = Known(portal.pseudonyms.holder, session.channel, form.helped_by)
    await portal.db.write(service.invite, new, code, known, portal.now, token_bytes)
    if page.for_program:
        return page.data({"id": str(new.id), "code": code})
    return page("proxy_code.html", {"code": code})


@router.post("/accept")
async def accept(
    page: PageDep, session: OwnDep, portal: PortalDep, form: Annotated[AcceptForm, Form()]
) -> Response:
    """Show what a code is for and, once that is confirmed, begin to be somebody's proxy."""
    check_csrf(page.request, portal.settings, form.csrf)
    if form.confirmed:
        known = Known(portal.pseudonyms.holder, session.channel, form.helped_by)
        accepted = (form.code, session.resident_id, known)
        await portal.db.write(service.accept, *accepted, portal.now, token_bytes)
        return see_other("/acting-for?done=accepted")
    asked = (form.code, session.resident_id, portal.now)
    proposed = await portal.db.read(service.invited, *asked)
    name = await portal.db.read(name_of, proposed.principal)
    shown = MandateOut.of(proposed, name, portal, page)
    if page.for_program:
        return page.data({"csrf": page.visitor.csrf, "mandate": shown.plain})
    return page("proxy_accept.html", {"mandate": shown, "code": form.code})


@router.post("/{mandate_id}/end")
async def end(
    page: PageDep,
    session: OwnDep,
    portal: PortalDep,
    mandate_id: UUID,
    form: Annotated[EndForm, Form()],
) -> Response:
    """Let nobody act under a mandate any more; either of the two ends what they agreed on."""
    check_csrf(page.request, portal.settings, form.csrf)
    await portal.db.write(_end, portal, session, mandate_id, form.helped_by)
    return see_other("/proxies?done=ended")


def _look(
    connection: Connection, resident_id: UUID
) -> tuple[list[tuple[Mandate, str]], list[tuple[Mandate, str]]]:
    """The mandates to act for somebody, and those by which they act, with the others' names."""
    for_me = [
        (one, "" if one.agent is None else name_of(connection, one.agent))
        for one in service.acting_for(connection, resident_id)
    ]
    by_me = [
        (one, name_of(connection, one.principal))
        for one in service.represented_by(connection, resident_id)
    ]
    return for_me, by_me


def _end(
    connection: Connection,
    portal: Portal,
    session: LoggedIn,
    mandate_id: UUID,
    helper: str,
) -> None:
    """End a mandate as its principal or as its agent, whichever the person is."""
    acted = service.represented_by(connection, session.resident_id)
    principal = next((one.principal for one in acted if one.id == mandate_id), None)
    wish = MandateChange(
        event=MandateEvent.END,
        principal=principal or session.resident_id,
        mandate_id=mandate_id,
        party=Party.AGENT if principal else Party.PRINCIPAL,
        holder=portal.pseudonyms.holder(principal or session.resident_id),
        channel=session.channel,
        assisted_by=helper,
    )
    oauth.change_mandate(connection, portal.pseudonyms, wish, portal.now, token_bytes)


def _proposal(portal: Portal, session: LoggedIn, form: InviteForm) -> Mandate:
    now = portal.now.replace(microsecond=0)
    return Mandate(
        id=form.key,
        principal=session.resident_id,
        agent=None,
        role=Role.PROXY,
        scope=Scope(frozenset(form.act), frozenset(form.category) or None),
        valid_from=now,
        valid_until=now + timedelta(days=form.days),
        lapses_at=None,
        evidence="",
        state=MandateState.PROPOSED,
        state_since=now,
    )


def _written(code: str) -> str:
    """A code in groups of four, as people read it out."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
