"""The first page: what this is, and the three ways in."""

from dataclasses import dataclass

from fastapi import APIRouter, Response

from consent import service
from consent.model import Status, standing
from mynaportal_sim.disclosure.history import Filter, search
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.web import alerts
from mynaportal_sim.web.acting import agents_of
from mynaportal_sim.web.entry import EntryOut
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.render import Page, PageDep

LATEST = 3
router = APIRouter()


@dataclass(frozen=True, slots=True)
class AtAGlance:
    """How things stand for a person.

    Consents in force, those that end soon, questions that wait, alerts not seen, what was last.
    """

    consents: int
    ending: int
    waiting: int
    alerts: int
    latest: list[EntryOut]


@router.get("/")
async def start(page: PageDep, portal: PortalDep) -> Response:
    """Say what this is and where to go."""
    session = page.visitor.session
    standing = None
    if isinstance(session, LoggedIn) and session.errand is None:
        standing = await _standing(page, portal, session)
    values: dict[str, object] = {
        "issuer": portal.settings.issuer,
        "sample_app": page.request.app.state.sample_app,
        "counter": page.request.app.state.soft_cards is not None,
        "standing": standing,
        "done": page.request.query_params.get("done"),
    }
    return page("start.html", values)


async def _standing(page: Page, portal: Portal, session: LoggedIn) -> AtAGlance:
    histories = await portal.db.read(service.of_resident, session.resident_id)
    holder = portal.pseudonyms.holder(session.resident_id)
    latest = await portal.db.read(search, holder, portal.now, Filter(), LATEST, None)
    agents = await portal.db.read(agents_of, session.resident_id)
    versions = [version for history in histories for version in history.versions]
    in_force = [one for one in versions if one.status(portal.now) is Status.GRANTED]
    return AtAGlance(
        len(in_force),
        sum(one.ends_soon(portal.now) for one in standing(versions)),
        sum(one.status(portal.now) is Status.DEFERRED for one in versions),
        await alerts.count_unseen(portal, session),
        [EntryOut.of(event, portal.catalogue, page, agents) for event in latest.entries],
    )
