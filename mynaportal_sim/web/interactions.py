"""Where an app's request meets the person: log in, be asked, answer, and go back."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from consent import service
from consent.catalogue import LegalBasis
from consent.model import (
    ConsentRule,
    ConsentVersion,
    Evidence,
    Notice,
    Supervision,
    Term,
    Terms,
)
from consent.service import Proposal, Randomness
from mynaportal_sim import once
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.sessions import LoggedIn, ResidentDep, SessionDep
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.interaction import Interaction
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.web.dates import iso
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels, purpose_label
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.redirects import origin_of, see_other
from mynaportal_sim.web.render import Page, PageDep

NOTICE_VERSION = "consent-1"
router = APIRouter(prefix="/interactions")


@dataclass(frozen=True, slots=True)
class CategoryOut:
    """One kind of data, in plain words."""

    code: str
    label: str
    explanation: str
    sensitive: bool


@dataclass(frozen=True, slots=True)
class AskOut:
    """What a person must know before they answer."""

    app_name: str
    organisation: str
    supervisor: str
    purpose_label: str
    purpose_text: str
    recipients: list[str]
    categories: list[CategoryOut]
    period_from: date
    period_to: date
    valid_until: datetime
    legal_basis: str
    once: bool


class AnswerForm(BaseModel):
    """What the person chose; with nothing chosen, `allow` is asked again."""

    csrf: str = ""
    decision: Literal["allow", "deny"]
    category: list[str] = []


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
    if isinstance(session, LoggedIn):
        proposal = _proposal(portal, page, await _app(portal, taken), taken, session)
        await portal.db.write(_ask_once, proposal, portal.now, server.randomness)
    return await _question(page, portal, taken, None)


@router.post("/{interaction_id}")
async def answer(
    interaction_id: UUID,
    page: PageDep,
    portal: PortalDep,
    session: ResidentDep,
    server: ServerDep,
    form: Annotated[AnswerForm, Form()],
) -> Response:
    """Record what the person answers, and send them back to the app."""
    check_csrf(page.request, portal.settings, form.csrf)
    taken = await portal.db.write(oauth.take_up, interaction_id, session, portal.now)
    chosen = set(form.category) if form.decision == "allow" else set()
    if form.decision == "allow" and not chosen:
        problem = marked("Choose at least one kind of data, or hand over nothing.")
        return await _question(page, portal, taken, page.text(problem))
    granted = tuple(rule for rule in taken.request.wish.rules if rule.category in chosen)
    app = await _app(portal, taken)
    given = _Answer(taken, session, _proposal(portal, page, app, taken, session), granted)
    return see_other(await portal.db.write(_settle, server, given, portal.now))


@dataclass(frozen=True, slots=True)
class _Answer:
    """An interaction, and what the person who is logged in gives on it."""

    interaction: Interaction
    session: LoggedIn
    proposal: Proposal
    granted: tuple[ConsentRule, ...]


def _ask_once(
    connection: Connection, proposal: Proposal, now: datetime, randomness: Randomness
) -> None:
    """Enter in the ledger that the person is asked, however often they look at the question."""
    if once.burn(connection, "asked", str(proposal.id), now + oauth.LIFETIME):
        service.enter_asking(connection, proposal, now, randomness)


def _settle(connection: Connection, server: Server, given: _Answer, now: datetime) -> str:
    """Record the answer and close the interaction; a unit of work."""
    version = service.answer(connection, given.proposal, given.granted, now, server.randomness)
    if not version.terms.rules:
        refused = (given.interaction, given.session, "access_denied")
        return oauth.refuse(connection, server, *refused, now)
    return oauth.issue(connection, server, given.interaction, given.session, version, now)


def _proposal(
    portal: Portal, page: Page, app: App, taken: Interaction, session: LoggedIn
) -> Proposal:
    wish = taken.request.wish
    return Proposal(
        id=taken.id,
        resident_id=session.resident_id,
        app_id=app.client_id,
        app_name=app.name,
        service="fhir",
        terms=Terms(
            rules=wish.rules,
            purpose=wish.purpose,
            recipients=wish.recipients,
            valid_from=portal.now,
            valid_until=_valid_until(taken),
            notice=Notice(NOTICE_VERSION, page.language),
            supervision=Supervision(app.supervisor),
            legal_basis=LegalBasis.CONSENT,
            usage=wish.term.usage,
        ),
        evidence=Evidence(session.channel, session.acr or ""),
        holder=portal.pseudonyms.holder(session.resident_id),
    )


async def _question(
    page: Page, portal: Portal, taken: Interaction, problem: str | None
) -> Response:
    app = await _app(portal, taken)
    asked = _asked(page, portal, app, taken)
    if page.for_program:
        return page.data({"csrf": page.visitor.csrf, "problem": problem, **_plain(asked)})
    status = HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY
    target = origin_of(taken.request.redirect_uri)
    values = {"ask": asked, "problem": problem, "target": urlsplit(target).netloc}
    return page("consent.html", values, status=status, form_action=target)


async def _app(portal: Portal, taken: Interaction) -> App:
    app = await portal.db.read(apps.find, taken.request.client_id)
    if app is None:
        raise InteractionGoneError
    return app


def _asked(page: Page, portal: Portal, app: App, taken: Interaction) -> AskOut:
    wish, catalogue = taken.request.wish, portal.catalogue
    basis = LegalBasis.CONSENT
    codes = list(dict.fromkeys(rule.category for rule in wish.rules))
    labels = category_labels(catalogue, codes, page)
    known = [catalogue.categories[code] for code in codes]
    return AskOut(
        app_name=app.name,
        organisation=app.organisation,
        supervisor=app.supervisor,
        purpose_label=purpose_label(catalogue, wish.purpose.code, page),
        purpose_text=wish.purpose.text,
        recipients=[one.shown for one in wish.recipients],
        categories=[
            CategoryOut(
                one.code,
                label,
                page.choose(one.explanation_ja, one.explanation_en),
                one.sensitive,
            )
            for label, one in zip(labels, known, strict=True)
        ],
        period_from=min(rule.period_from for rule in wish.rules),
        period_to=max(rule.period_to for rule in wish.rules),
        valid_until=_valid_until(taken),
        legal_basis=f"{page.choose(basis.label_ja, basis.label_en)} ({basis.value})",
        once=wish.term is Term.ONCE,
    )


def _plain(asked: AskOut) -> dict[str, object]:
    """The question as programs read it."""
    return {
        "app": {
            "name": asked.app_name,
            "organisation": asked.organisation,
            "supervisor": asked.supervisor,
        },
        "purpose": {"label": asked.purpose_label, "text": asked.purpose_text},
        "recipients": asked.recipients,
        "categories": [asdict(category) for category in asked.categories],
        "period": {"from": asked.period_from.isoformat(), "to": asked.period_to.isoformat()},
        "valid_until": iso(asked.valid_until),
        "legal_basis": asked.legal_basis,
        "once": asked.once,
    }


def _valid_until(taken: Interaction) -> datetime:
    """When a consent given now would end; reading the page for long does not move it."""
    return taken.begun_at + taken.request.wish.term.validity
