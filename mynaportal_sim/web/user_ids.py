"""Which apps have tied an id to a person's certificates, and the way to release one."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from card_reader.spec import Kind
from consent.instants import rfc3339
from mynaportal_sim.apps import store as apps
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.oauth.keys.following import SigningKeys
from mynaportal_sim.verifiers import ties
from mynaportal_sim.verifiers.ties import Held, Telling, TieDesk
from mynaportal_sim.web.acting import OwnDep
from mynaportal_sim.web.errors import NoSuchUserIdError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter(prefix="/user-ids")

KINDS = {
    Kind.USER_AUTHENTICATION: marked("Certificate for user authentication"),
    Kind.SIGNING: marked("Certificate for digital signatures"),
}


@dataclass(frozen=True, slots=True)
class UserIdOut:
    """An id of an app's, in words; `rests` while no certificate of the person's is good."""

    id: str
    app: str
    name: str
    user_id: str
    kind: str
    tied_at: datetime
    rests: bool

    @classmethod
    def of(cls, held: Held, name: str, portal: Portal, page: Page) -> "UserIdOut":
        """`held` in the reader's language."""
        tie = held.tie
        return cls(
            id=str(tie.id),
            app=tie.app_id,
            name=name,
            user_id=tie.user_id,
            kind=page.text(KINDS[held.newest.kind]),
            tied_at=tie.tied_at,
            rests=not held.newest.good(portal.now),
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "tied_at": rfc3339(self.tied_at)
        }


class ReleaseForm(BaseModel):
    """A wish that an app know the person by their certificate no longer."""

    csrf: str = ""


@router.get("")
async def user_ids(page: PageDep, resident: OwnDep, portal: PortalDep) -> Response:
    """Show which apps know the person by their certificates."""
    found = await portal.db.read(_look, resident.resident_id)
    shown = [UserIdOut.of(held, name, portal, page) for held, name in found]
    if page.for_program:
        document = {"csrf": page.visitor.csrf, "user_ids": [one.plain for one in shown]}
        return page.data(document)
    done = page.request.query_params.get("done") == "released"
    return page("user_ids.html", {"user_ids": shown, "done": done})


@router.post("/{tie_id}/release")
async def release(
    request: Request,
    resident: OwnDep,
    portal: PortalDep,
    tie_id: UUID,
    form: Annotated[ReleaseForm, Form()],
) -> Response:
    """Let an app know the person by their certificate no longer; it is told so."""
    check_csrf(request, portal.settings, form.csrf)
    keys: SigningKeys = request.app.state.token_keys
    told = Telling(portal.settings.issuer.rstrip("/"), (await keys.fresh()).sign)
    desk = TieDesk(portal.now, portal.pseudonyms, token_bytes)
    asked = (desk, resident.resident_id, tie_id, told)
    if not await portal.db.write(ties.release_of_person, *asked):
        raise NoSuchUserIdError
    return see_other("/user-ids?done=released")


def _look(connection: Connection, resident_id: UUID) -> list[tuple[Held, str]]:
    """What is tied to a person's certificates, each with the name of the app."""
    names = {app.client_id: app.name for app in apps.every(connection)}
    held = ties.of_person(connection, resident_id)
    return [(one, names.get(one.tie.app_id, one.tie.app_id)) for one in held]
