"""What a person lets nobody have, whatever they consent to, and what others prohibited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated, Self
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Response
from pydantic import Field
from sqlalchemy import Connection

from consent import service
from consent.instants import rfc3339
from consent.mandate import Act, may_lift
from consent.model import Prohibition, Prohibitor, Role
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps import store
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import WholeDep, Whom, WhomDep, agents_of
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.entry import actor_line
from mynaportal_sim.web.errors import UnknownChoiceError
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import OFFICES, ROLES

router = APIRouter(prefix="/prohibitions")


@dataclass(frozen=True, slots=True)
class ProhibitionOut:
    """Something prohibited, in words; `app` and `category` are empty for any.

    `own` says that whoever reads it may lift it.
    """

    id: str
    app: str
    category: str
    by: str
    reason: str
    since: datetime
    own: bool

    @classmethod
    def of(
        cls,
        placed: service.Placed,
        by: str,
        whom: Whom,
        names: Mapping[str, str],
        portal: Portal,
        page: Page,
    ) -> Self:
        """What is prohibited, in the reader's language."""
        what = placed.prohibition
        category = [] if what.category is None else [what.category]
        return cls(
            id=str(what.id),
            app="" if what.app_id is None else names.get(what.app_id, what.app_id),
            category="".join(category_labels(portal.catalogue, category, page)),
            by=by,
            reason=placed.reason,
            since=placed.since,
            own=what.by is Prohibitor.PERSON
            and may_lift(placed.placed_as, whom.acting, whom.band),
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "since": rfc3339(self.since)
        }


class ProhibitForm(Assisted):
    """What to prohibit, empty for any; `key` makes a double click one wish."""

    csrf: str = ""
    app: str = ""
    category: str = ""
    key: UUID = Field(default_factory=uuid4)


class LiftForm(Assisted):
    """A wish that a prohibition stand no longer."""

    csrf: str = ""


@router.get("")
async def prohibitions(page: PageDep, resident: WholeDep, portal: PortalDep) -> Response:
    """Show what is prohibited, with the way to prohibit more and to lift what is one's own."""
    names, placed, agents = await portal.db.read(_look, resident.resident_id)
    shown = [
        ProhibitionOut.of(one, _by(one, resident, agents, page), resident, names, portal, page)
        for one in placed
    ]
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
        assisted_by=form.helped_by,
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
    """Let a prohibition of one's own stand no longer.

    Whoever acts for another must be able to consent for them, since this gives again.
    """
    check_csrf(page.request, portal.settings, form.csrf)
    if resident.mandate is not None:
        resident.demand(Act.GRANT, portal.catalogue.categories)
    wish = service.Lift(
        resident_id=resident.resident_id,
        prohibition_id=prohibition_id,
        by=Prohibitor.PERSON,
        holder=portal.pseudonyms.holder(resident.resident_id),
        channel=resident.channel,
        acting=resident.acting,
        band=resident.band,
        assisted_by=form.helped_by,
    )
    await portal.db.write(apps.lift, wish, portal.now, token_bytes)
    return see_other("/prohibitions?done=lifted")


def _names(connection: Connection) -> dict[str, str]:
    return {app.client_id: app.name for app in store.every(connection)}


def _look(
    connection: Connection, resident_id: UUID
) -> tuple[dict[str, str], list[service.Placed], dict[str, str]]:
    """The apps, what is prohibited, and who acts or acted for the person, on one snapshot."""
    placed = service.prohibited(connection, resident_id)
    return _names(connection), placed, agents_of(connection, resident_id)


def _by(placed: service.Placed, whom: Whom, agents: Mapping[str, str], page: Page) -> str:
    """Who placed a prohibition, as the one who reads it would say."""
    by, placed_as = placed.prohibition.by, placed.placed_as
    if placed_as.role is not Role.SELF:
        name = agents.get(str(placed_as.mandate_id), "")
        return actor_line(page.text(ROLES[placed_as.role]), name, page)
    if by is Prohibitor.PERSON and whom.mandate is not None:
        return whom.subject.name.full
    return page.text(marked("You") if by is Prohibitor.PERSON else OFFICES[by])
