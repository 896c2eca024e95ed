"""What a person lets nobody have, whatever they consent to, and what others prohibited."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from consent import service
from consent.mandate import Act
from consent.model import Prohibition, Prohibitor
from mynaportal_sim.apps import store as apps
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import WholeDep, WhomDep
from mynaportal_sim.web.dates import iso
from mynaportal_sim.web.errors import UnknownChoiceError
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter(prefix="/prohibitions")

_BY = {
    Prohibitor.PERSON: marked("You"),
    Prohibitor.AUTHORITY: marked("An authority"),
    Prohibitor.COURT: marked("A court"),
}


@dataclass(frozen=True, slots=True)
class ProhibitionOut:
    """Something prohibited, in words; `app` and `category` are empty for any."""

    id: str
    app: str
    category: str
    by: str
    reason: str
    since: datetime
    own: bool

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "since": iso(self.since)
        }


class ProhibitForm(BaseModel):
    """What to prohibit, empty for any; `key` makes a double click one wish."""

    csrf: str = ""
    app: str = ""
    category: str = ""
    key: UUID = Field(default_factory=uuid4)


class LiftForm(BaseModel):
    """A wish that a prohibition stand no longer."""

    csrf: str = ""


@router.get("")
async def prohibitions(page: PageDep, resident: WholeDep, portal: PortalDep) -> Response:
    """Show what is prohibited, with the way to prohibit more and to lift what is one's own."""
    placed = await portal.db.read(service.prohibited, resident.resident_id)
    names = await portal.db.read(_names)
    shown = [_shown(one, names, portal, page) for one in placed]
    if page.for_program:
        document = {"csrf": page.visitor.csrf, "prohibitions": [one.plain for one in shown]}
        return page.data(document)
    codes = list(portal.catalogue.categories)
    values: dict[str, object] = {
        "prohibitions": shown,
        "apps": names,
        "categories": dict(
            zip(codes, category_labels(portal.catalogue, codes, page), strict=True)
        ),
        "key": uuid4(),
        "done": page.request.query_params.get("done"),
    }
    return page("prohibitions.html", values)


@router.post("")
async def prohibit(
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    form: Annotated[ProhibitForm, Form()],
) -> Response:
    """Prohibit something; it binds from the very next access on."""
    check_csrf(page.request, portal.settings, form.csrf)
    names = await portal.db.read(_names)
    if form.category not in {"", *portal.catalogue.categories} or form.app not in {"", *names}:
        raise UnknownChoiceError
    concerned = {form.category} if form.category else portal.catalogue.categories
    resident.demand(Act.WITHDRAW, concerned)
    wish = service.Prohibit(
        resident_id=resident.resident_id,
        prohibition=Prohibition(
            form.key, Prohibitor.PERSON, form.app or None, form.category or None
        ),
        holder=portal.pseudonyms.holder(resident.resident_id),
        channel=resident.channel,
        app_name=names.get(form.app, ""),
        acting=resident.acting,
    )
    await portal.db.write(service.prohibit, wish, portal.now, token_bytes)
    return see_other("/prohibitions?done=prohibited")


@router.post("/{prohibition_id}/lift")
async def lift(
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    prohibition_id: UUID,
    form: Annotated[LiftForm, Form()],
) -> Response:
    """Let a prohibition of one's own stand no longer."""
    check_csrf(page.request, portal.settings, form.csrf)
    resident.demand(Act.GRANT, portal.catalogue.categories)
    wish = service.Lift(
        resident_id=resident.resident_id,
        prohibition_id=prohibition_id,
        by=Prohibitor.PERSON,
        holder=portal.pseudonyms.holder(resident.resident_id),
        channel=resident.channel,
        acting=resident.acting,
    )
    await portal.db.write(service.lift, wish, portal.now, token_bytes)
    return see_other("/prohibitions?done=lifted")


def _names(connection: Connection) -> dict[str, str]:
    return {app.client_id: app.name for app in apps.every(connection)}


def _shown(
    placed: service.Placed, names: dict[str, str], portal: Portal, page: Page
) -> ProhibitionOut:
    what = placed.prohibition
    category = [] if what.category is None else [what.category]
    return ProhibitionOut(
        id=str(what.id),
        app="" if what.app_id is None else names.get(what.app_id, what.app_id),
        category="".join(category_labels(portal.catalogue, category, page)),
        by=page.text(_BY[what.by]),
        reason=placed.reason,
        since=placed.since,
        own=what.by is Prohibitor.PERSON,
    )
