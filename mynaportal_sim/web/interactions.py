"""Where an app's request meets the person: log in, be asked, answer, and go back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, NamedTuple
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Response
from sqlalchemy import Connection

from consent import service
from consent.mandate import Act, Refusal, Wish
from consent.model import UNANSWERED, ConsentRule, ConsentVersion, Notice
from consent.service import Proposal, Randomness
from mynaportal_sim import once
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.documents import store as documents
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.errors import LoginRequiredError
from mynaportal_sim.login.sessions import LoggedIn, Session, SessionDep
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.interaction import Interaction
from mynaportal_sim.oauth.managed import Action
from mynaportal_sim.oauth.place import Place, place
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.web.acting import Whom, WhomDep
from mynaportal_sim.web.acting import whom as whom_of
from mynaportal_sim.web.answering import AnswererOut, demanded, settle
from mynaportal_sim.web.choice import Choice, ChoiceForm
from mynaportal_sim.web.errors import MandateRefusedError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.question import NOTICE_VERSION, Addition, AppQuestion, AskOut
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
    known = (session, portal.now, portal.pseudonyms)
    try:
        taken = await portal.db.write(oauth.take_up, interaction_id, *known)
    except InteractionGoneError:
        if await portal.db.read(documents.known, interaction_id):  # what a login was for
            return see_other(f"/documents/{interaction_id}")
        raise
    page.suit(taken.request.ui_locales)
    response = await _go_on(page, portal, session, server, taken)
    page.remember(response)
    return response


async def _go_on(
    page: Page, portal: Portal, session: Session | None, server: Server, taken: Interaction
) -> Response:
    consents: tuple[ConsentVersion, ...] = ()
    if isinstance(session, LoggedIn):
        consents = await portal.db.read(
            service.in_force, session.whom, taken.request.client_id, portal.now
        )
    match oauth.next_step(taken, session, consents, portal.now):
        case oauth.LogIn():
            return see_other(f"/login?interaction={taken.id}")
        case oauth.Turn():
            return see_other(f"/acting-for?interaction={taken.id}")
        case oauth.Refuse(error):
            arguments = (server, taken, session, error, portal.now)
            return see_other(await portal.db.write(oauth.refuse, *arguments))
        case oauth.Issue(version) if isinstance(session, LoggedIn):
            issued = (_whom(session, page, portal), server, taken, version, portal.now)
            return see_other(await portal.db.write(_issue, *issued))
    if not isinstance(session, LoggedIn):
        raise LoginRequiredError
    put = await put_to(portal, page, taken, _whom(session, page, portal))
    AnswererOut.of(put.whom, put.proposal.terms, page)
    await portal.db.write(_ask_once, put.proposal, portal.now, server.randomness)
    return await _question(page, portal, put, None)


@router.post("/{interaction_id}")
async def answer(
    interaction_id: UUID,
    page: PageDep,
    portal: PortalDep,
    whom: WhomDep,
    server: ServerDep,
    form: Annotated[ChoiceForm, Form()],
) -> Response:
    """Record what the person answers, and send them back to the app."""
    check_csrf(page.request, portal.settings, form.csrf)
    taken = await portal.db.write(
        oauth.take_up, interaction_id, whom.session, portal.now, portal.pseudonyms
    )
    put = (await put_to(portal, page, taken, whom)).helped(form.helped_by)
    granted = [] if form.decision == "deny" else put.granted(form.choice)
    if form.decision in {"allow", "sign"} and not granted:
        return await _question(page, portal, put, page.text(form.problem))
    assent = demanded(whom, form.act, granted, put.proposal.terms)
    if form.decision == "later":
        return see_other(await portal.db.write(_put_off, server, put, portal.now))
    if form.decision == "sign":
        helped = [("helped_by", form.helped_by)] if form.helped_by else []
        query = urlencode(form.choice.query + helped)
        return see_other(f"/interactions/{interaction_id}/signature?{query}")
    arguments = (server, put, granted, assent, portal.now)
    return see_other(await portal.db.write(record, *arguments))


class Put(NamedTuple):
    """A question that is put to the person who is logged in, or to whoever acts for one."""

    interaction: Interaction
    whom: Whom
    proposal: Proposal
    asked: AppQuestion

    def helped(self, by: str) -> "Put":
        """The same question, which somebody helps to answer."""
        proposal = replace(self.proposal, evidence=self.whom.helped(by))
        return self._replace(proposal=proposal)

    def granted(self, choice: Choice) -> list[ConsentRule]:
        """What the person gives by this choice."""
        rules = self.proposal.terms.rules
        return choice.rules(rules, self.asked.barred, self.asked.left_out)


def _ask_once(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that the person is asked, however often they look at the question."""
    mandate = proposal.granter.mandate_id
    asked = f"{proposal.id}{'' if mandate is None else f'/{mandate}'}"
    if once.burn(connection, "asked", asked, now + oauth.LIFETIME):
        service.enter_asking(connection, proposal, now, randomness)


def record(
    connection: Connection,
    server: Server,
    put: Put,
    granted: Sequence[ConsentRule],
    assent: bool,
    now: datetime,
) -> str:
    """Record the answer and close the interaction; a unit of work."""
    session = put.whom.session
    version = settle(connection, put.proposal, granted, assent, now, server.randomness)
    if version.state in UNANSWERED:
        told = (put.interaction, session, "consent_required")
        return oauth.refuse(connection, server, *told, now)
    if not version.terms.rules:
        told = (put.interaction, session, "access_denied")
        return oauth.refuse(connection, server, *told, now)
    ground = oauth.Ground(version, put.whom.mandate_ends)
    return oauth.issue(connection, server, put.interaction, session, ground, now)


def _issue(
    connection: Connection,
    whom: Whom,
    server: Server,
    taken: Interaction,
    version: ConsentVersion,
    now: datetime,
) -> str:
    """Close the interaction under a consent that stands; a unit of work.

    Raises:
        MandateRefusedError: somebody acts for the person who could not have given it.
    """
    if whom.mandate is not None:
        categories, purpose = version.terms.categories, version.terms.purpose.code
        whom.demand(Act.GRANT, categories, purpose)
        wish = Wish(Act.GRANT, categories, purpose)
        service.demand(connection, whom.resident_id, whom.acting, wish, now)
    ground = oauth.Ground(version, whom.mandate_ends)
    return oauth.issue(connection, server, taken, whom.session, ground, now)


def _put_off(connection: Connection, server: Server, put: Put, now: datetime) -> str:
    """Keep the question for later and close the interaction; a unit of work."""
    service.defer(connection, put.proposal, now, server.randomness)
    # As where nobody is to be asked: the app knows that consent is still needed.
    told = (put.interaction, put.whom.session, "consent_required")
    return oauth.refuse(connection, server, *told, now)


def _proposal(
    portal: Portal, page: Page, app: App, taken: Interaction, whom: Whom, at: Place
) -> Proposal:
    return Proposal(
        id=taken.id,
        resident_id=whom.resident_id,
        app_id=app.client_id,
        app_name=app.name,
        service=at.service,
        terms=at.terms(taken, portal.now, Notice(NOTICE_VERSION, page.tag)),
        evidence=whom.evidence,
        holder=portal.pseudonyms.holder(whom.resident_id),
        granter=whom.acting,
        amends=at.before.id if at.amends and at.before is not None else None,
    )


async def _question(page: Page, portal: Portal, put: Put, problem: str | None) -> Response:
    asked = AskOut.of(put.asked, portal.catalogue, page)
    answerer = AnswererOut.of(put.whom, put.proposal.terms, page)
    device = put.interaction.device
    user_code = device and device.user_code
    if page.for_program:
        told = {"csrf": page.visitor.csrf, "problem": problem, "user_code": user_code}
        return page.data({**told, "answerer": answerer._asdict(), **asked.plain})
    status = HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY
    target = origin_of(put.interaction.request.redirect_uri)
    values: dict[str, object] = {"ask": asked, "problem": problem}
    values["target"] = urlsplit(target).netloc
    values |= {"answerer": answerer, "agreed": False, "signs": True, "user_code": user_code}
    mine = await portal.db.read(service.represented_by, put.whom.session.resident_id)
    values["others"] = str(put.interaction.id) if mine else ""
    return page("consent.html", values, status=status, form_action=target)


def _whom(session: LoggedIn, page: Page, portal: Portal) -> Whom:
    return whom_of(session, page.visitor, portal.settings.bands, portal.now)


async def put_to(portal: Portal, page: Page, taken: Interaction, whom: Whom) -> Put:
    """The question that an interaction puts to a person, or to whoever acts for them.

    Raises:
        StaleVersionError: the grant that is to be amended has changed.
        MandateRefusedError: somebody acts for the person who may not see that grant.
    """
    app = await portal.db.read(apps.find, taken.request.client_id)
    if app is None:
        raise InteractionGoneError
    prohibited = await portal.db.read(service.prohibitions, whom.resident_id)
    at = await portal.db.read(place, whom.resident_id, taken, portal.now)
    seen = at.before if at.before is not None and whom.sees(at.before) else None
    if at.amends and seen is None:  # it would show what they are not to see
        raise MandateRefusedError(Refusal.CATEGORY_OUT_OF_SCOPE)
    proposal = _proposal(portal, page, app, taken, whom, at)
    asked = AppQuestion(
        app, proposal.terms, prohibited, seen, whom.within, _addition(taken, at)
    )
    return Put(taken, whom, proposal, asked)


def _addition(taken: Interaction, at: Place) -> Addition:
    """How the answer would stand to what was granted before."""
    managing = taken.request.managing
    if managing is not None and managing.action is Action.MERGE:
        return Addition.UNDER
    return Addition.BESIDE if at.beside else Addition.NONE
