"""Where an app's request meets the person: log in, be asked, answer, and go back."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, NamedTuple
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Response
from sqlalchemy import Connection

from consent import service
from consent.model import (
    ConsentRule,
    ConsentVersion,
    Evidence,
    Notice,
)
from consent.service import Proposal, Randomness
from mynaportal_sim import once
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.errors import LoginRequiredError
from mynaportal_sim.login.sessions import LoggedIn, ResidentDep, SessionDep
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.interaction import Interaction
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.web.choice import Choice, ChoiceForm
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.question import NOTICE_VERSION, Asked, AskOut
from mynaportal_sim.web.redirects import origin_of, see_other
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter(prefix="/interactions")


@router.get("/{interaction_id}")
async def show(
    interaction_id: UUID,
    page: PageDep,
    portal: PortalDep,
    session: SessionDep,
    server: ServerDep,
) -> Response:
    """Go on with an app's request: to the login, the question, or back to the app."""
    taken = await portal.db.write(oauth.take_up, interaction_id, session, portal.now)
    consents: tuple[ConsentVersion, ...] = ()
    if isinstance(session, LoggedIn):
        consents = await portal.db.read(
            service.in_force, session.resident_id, taken.request.client_id, portal.now
        )
    match oauth.next_step(taken, session, consents, portal.now):
        case oauth.LogIn():
            return see_other(f"/login?interaction={interaction_id}")
        case oauth.Refuse(error):
            arguments = (server, taken, session, error, portal.now)
            return see_other(await portal.db.write(oauth.refuse, *arguments))
        case oauth.Issue(version) if isinstance(session, LoggedIn):
            granted = (server, taken, session, version, portal.now)
            return see_other(await portal.db.write(oauth.issue, *granted))
    if not isinstance(session, LoggedIn):
        raise LoginRequiredError
    put = await put_to(portal, page, taken, session)
    await portal.db.write(_ask_once, put.proposal, portal.now, server.randomness)
    return await _question(page, portal, put, None)


@router.post("/{interaction_id}")
async def answer(
    interaction_id: UUID,
    page: PageDep,
    portal: PortalDep,
    session: ResidentDep,
    server: ServerDep,
    form: Annotated[ChoiceForm, Form()],
) -> Response:
    """Record what the person answers, and send them back to the app."""
    check_csrf(page.request, portal.settings, form.csrf)
    taken = await portal.db.write(oauth.take_up, interaction_id, session, portal.now)
    put = await put_to(portal, page, taken, session)
    if form.decision == "later":
        return see_other(await portal.db.write(_put_off, server, put, portal.now))
    granted = [] if form.decision == "deny" else put.granted(form.choice)
    if form.decision != "deny" and not granted:
        return await _question(page, portal, put, page.text(form.problem))
    if form.decision == "sign":
        query = urlencode(form.choice.query)
        return see_other(f"/interactions/{interaction_id}/signature?{query}")
    return see_other(await portal.db.write(settle, server, put, granted, portal.now))


class Put(NamedTuple):
    """A question that is put to the person who is logged in."""

    interaction: Interaction
    session: LoggedIn
    proposal: Proposal
    asked: Asked

    def granted(self, choice: Choice) -> list[ConsentRule]:
        """What the person gives by this choice."""
        return choice.rules(self.proposal.terms.rules, self.asked.prohibited)


def _ask_once(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that the person is asked, however often they look at the question."""
    if once.burn(connection, "asked", str(proposal.id), now + oauth.LIFETIME):
        service.enter_asking(connection, proposal, now, randomness)


def settle(
    connection: Connection,
    server: Server,
    put: Put,
    granted: Sequence[ConsentRule],
    now: datetime,
) -> str:
    """Record the answer and close the interaction; a unit of work."""
    version = service.answer(connection, put.proposal, granted, now, server.randomness)
    if not version.terms.rules:
        refused = (put.interaction, put.session, "access_denied")
        return oauth.refuse(connection, server, *refused, now)
    return oauth.issue(connection, server, put.interaction, put.session, version, now)


def _put_off(connection: Connection, server: Server, put: Put, now: datetime) -> str:
    """Keep the question for later and close the interaction; a unit of work."""
    service.defer(connection, put.proposal, now, server.randomness)
    # As where nobody is to be asked: the app knows that consent is still needed.
    told = (put.interaction, put.session, "consent_required")
    return oauth.refuse(connection, server, *told, now)


def _proposal(
    portal: Portal, page: Page, app: App, taken: Interaction, session: LoggedIn
) -> Proposal:
    return Proposal(
        id=taken.id,
        resident_id=session.resident_id,
        app_id=app.client_id,
        app_name=app.name,
        service="fhir",
        terms=taken.request.wish.terms(
            portal.now, _valid_until(taken), Notice(NOTICE_VERSION, page.tag)
        ),
        evidence=Evidence(session.channel, session.acr or ""),
        holder=portal.pseudonyms.holder(session.resident_id),
    )


async def _question(page: Page, portal: Portal, put: Put, problem: str | None) -> Response:
    asked = AskOut.of(put.asked, portal.catalogue, page)
    if page.for_program:
        return page.data({"csrf": page.visitor.csrf, "problem": problem, **asked.plain})
    status = HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY
    target = origin_of(put.interaction.request.redirect_uri)
    values = {"ask": asked, "problem": problem, "target": urlsplit(target).netloc}
    return page("consent.html", values, status=status, form_action=target)


async def put_to(portal: Portal, page: Page, taken: Interaction, session: LoggedIn) -> Put:
    """The question that an interaction puts to the person who is logged in."""
    app = await portal.db.read(apps.find, taken.request.client_id)
    if app is None:
        raise InteractionGoneError
    prohibited = await portal.db.read(service.prohibitions, session.resident_id)
    proposal = _proposal(portal, page, app, taken, session)
    before = await portal.db.read(
        service.last_granted, session.resident_id, app.client_id, proposal.service
    )
    return Put(taken, session, proposal, Asked(app, proposal.terms, prohibited, before))


def _valid_until(taken: Interaction) -> datetime:
    """When a consent given now would end; reading the page for long does not move it."""
    return taken.begun_at + taken.request.wish.term.validity
