"""Questions that a person put off: answered later, without the app."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from secrets import token_bytes
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Form, Response
from sqlalchemy import Connection

from consent import service
from consent.model import MYSELF, Arrangement, ConsentVersion, Notice, Status, Terms
from consent.service import Proposal
from mynaportal_sim.apps import store as apps
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import ViewerDep, Whom, WhomDep
from mynaportal_sim.web.answering import AnswererOut, demanded, settle
from mynaportal_sim.web.choice import ChoiceForm
from mynaportal_sim.web.errors import AwaitsAssentError, NoSuchRequestError, NotSignedLaterError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.question import NOTICE_VERSION, AppQuestion, AskOut
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter(prefix="/requests")


class _Waiting(NamedTuple):
    """A question put off, as it is asked now; `agreed` by a guardian, it awaits an assent."""

    proposal: Proposal
    asked: AppQuestion
    agreed: bool


@router.get("/{version_id}")
async def show(
    version_id: UUID, page: PageDep, resident: ViewerDep, portal: PortalDep
) -> Response:
    """Ask again what was put off."""
    waiting = await portal.db.read(_find, portal, page, resident, version_id)
    return _question(page, portal, waiting, resident, None)


@router.post("/{version_id}")
async def answer(
    version_id: UUID,
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    form: Annotated[ChoiceForm, Form()],
) -> Response:
    """Record the answer; the app gets what was granted when it asks the next time."""
    check_csrf(page.request, portal.settings, form.csrf)
    if form.decision == "later":
        return see_other("/consents")
    if form.decision == "sign":  # never to be taken for a no
        raise NotSignedLaterError
    waiting = await portal.db.read(_find, portal, page, resident, version_id)
    own = resident.helped(form.helped_by)
    asked, rules = waiting.asked, waiting.proposal.terms.rules
    chosen = form.choice.rules(rules, asked.barred, asked.left_out)
    granted = chosen if form.decision == "allow" else []
    if form.decision == "allow" and not granted:
        return _question(page, portal, waiting, resident, page.text(form.problem))
    if waiting.agreed and granted:
        given = (waiting.proposal, granted, own)
        await portal.db.write(service.assent, *given, portal.now, token_bytes)
        return see_other("/consents?done=answered")
    if waiting.agreed:  # what the minor does not want is their own answer
        refusal = replace(waiting.proposal, granter=MYSELF, evidence=own)
        await portal.db.write(service.answer, refusal, granted, portal.now, token_bytes)
        return see_other("/consents?done=answered")
    assent = demanded(resident, form.act, granted, waiting.proposal.terms)
    given_up = (replace(waiting.proposal, evidence=own), granted, assent)
    await portal.db.write(settle, *given_up, portal.now, token_bytes)
    return see_other(f"/consents?done={'agreed' if assent else 'answered'}")


def _question(
    page: Page, portal: Portal, waiting: _Waiting, whom: Whom, problem: str | None
) -> Response:
    asked = AskOut.of(waiting.asked, portal.catalogue, page)
    answerer = AnswererOut.of(whom, waiting.asked.terms, page)
    if waiting.agreed:
        answerer = answerer._replace(refusal="")
    if page.for_program:
        told = {"csrf": page.visitor.csrf, "problem": problem, "answerer": answerer._asdict()}
        return page.data({**told, **asked.plain})
    status = HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY
    values: dict[str, object] = {
        "ask": asked,
        "problem": problem,
        "target": "",
        "answerer": answerer,
    }
    values |= {"agreed": waiting.agreed, "others": "", "signs": False, "user_code": None}
    return page("consent.html", values, status=status)


def _find(
    connection: Connection, portal: Portal, page: Page, resident: Whom, version_id: UUID
) -> _Waiting:
    """The question that was put off, from now on; a unit of work.

    Raises:
        NoSuchRequestError: none waits by this id, or the app has declared another purpose.
        AwaitsAssentError: a guardian has agreed, and only the minor answers now.
    """
    found = _deferred(connection, resident.resident_id, version_id, portal.now)
    if found is None:
        raise NoSuchRequestError
    arrangement, version = found
    app = apps.find(connection, version.app_id)
    if app is None or app.purpose != version.terms.purpose or not resident.sees(version):
        raise NoSuchRequestError
    agreed = version.id in service.awaiting_assent(connection, version.resident_id)
    if agreed and resident.mandate is not None:
        raise AwaitsAssentError
    asked = AppQuestion(
        app,
        _from_now(version.terms, portal.now, page.tag),
        service.prohibitions(connection, version.resident_id),
        service.newest(connection, version.resident_id, arrangement.id),
        resident.within,
    )
    proposal = _proposal(portal, resident, asked, arrangement, version)
    if agreed:  # it stays the guardian's consent
        proposal = replace(proposal, granter=version.granter, evidence=version.evidence)
    return _Waiting(proposal, asked, agreed)


def _deferred(
    connection: Connection, resident_id: UUID, version_id: UUID, now: datetime
) -> tuple[Arrangement, ConsentVersion] | None:
    for history in service.of_resident(connection, resident_id):
        for version in history.versions:
            if version.id == version_id and version.status(now) is Status.DEFERRED:
                return history.arrangement, version
    return None


def _from_now(terms: Terms, now: datetime, language: str) -> Terms:
    """The same terms for as long as they were asked for, on the page as it is now."""
    lasts = terms.valid_until - terms.valid_from
    return replace(
        terms,
        valid_from=now,
        valid_until=now + lasts,
        notice=Notice(NOTICE_VERSION, language),
    )


def _proposal(
    portal: Portal,
    resident: Whom,
    asked: AppQuestion,
    arrangement: Arrangement,
    version: ConsentVersion,
) -> Proposal:
    return Proposal(
        id=version.id,
        resident_id=version.resident_id,
        app_id=version.app_id,
        app_name=asked.app.name,
        service=arrangement.service,
        terms=asked.terms,
        evidence=resident.evidence,
        holder=portal.pseudonyms.holder(version.resident_id),
        granter=resident.acting,
    )
