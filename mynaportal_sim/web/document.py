"""Where a person reads a document that an app asks them to sign, and signs it or says no."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_bytes
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel, Field

from card_reader.spec import Kind
from consent.instants import rfc3339
from consent.ledger.entry import canonical
from mynaportal_sim.documents import service
from mynaportal_sim.documents.errors import DocumentNotSignedError
from mynaportal_sim.documents.model import MediaType
from mynaportal_sim.documents.service import Desk, Signing
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import revocation
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.errors import (
    LoginRequiredError,
    NoSuchPersonaError,
    SoftCardsOffError,
)
from mynaportal_sim.login.limit import RateLimited, SecondDevicesLimited
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.second_device import service as second_device
from mynaportal_sim.login.second_device.model import State, ToSign
from mynaportal_sim.login.second_device.service import Begin
from mynaportal_sim.login.service import Refused
from mynaportal_sim.login.sessions import LoggedIn, SessionDep
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import LoginToken, parse
from mynaportal_sim.login.trust import Trust, TrustDep
from mynaportal_sim.oauth.form import as_uuid
from mynaportal_sim.residents import store as residents
from mynaportal_sim.web.errors import NoSuchDocumentError, OnlyInPersonError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.login import OF_THE_PIN, SoftCardsDep
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.second_device import around
from mynaportal_sim.web.wording import LOGIN_PROBLEMS, SIGNING_PROBLEMS

router = APIRouter(prefix="/documents/{request_id}")

_CONTENT = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class SignForm(BaseModel):
    """What a person's card signs by: `pin` for a soft card, or the `token` of another.

    `reader` names the second device whose card has signed.
    """

    csrf: str = ""
    pin: str = Field("", max_length=64, repr=False)
    last_try: bool = False
    token: str = Field("", max_length=16_384, repr=False)
    reader: UUID | None = None


class PlainForm(BaseModel):
    """What a person wants who has nothing to fill in."""

    csrf: str = ""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whoever is logged in, before a document that is theirs to sign."""

    page: Page
    portal: Portal
    signing: Signing
    cards: SoftCards | None
    trust: Trust

    @property
    def desk(self) -> Desk:
        """What the units of work need of the portal."""
        return Desk(self.trust, self.portal.now, token_bytes)

    @property
    def described(self) -> dict[str, object]:
        """The document in plain values, for whoever signs it elsewhere."""
        request = self.signing.request
        return {
            "app": self.signing.app_name,
            "title": request.title,
            "media_type": request.media_type.value,
            "format": request.form.value,
            "size": request.size,
            "sha256": request.sha256,
        }

    @property
    def here(self) -> str:
        """The address of the page."""
        return f"/documents/{self.signing.request.id}"


async def _signatory(
    request_id: UUID,
    page: PageDep,
    portal: PortalDep,
    session: SessionDep,
    cards: SoftCardsDep,
    trust: TrustDep,
) -> Signatory:
    if not isinstance(session, LoggedIn):
        raise LoginRequiredError
    if session.errand is not None:  # whose card it is would not be whose signature is asked
        raise OnlyInPersonError
    signing = await portal.db.read(service.of_person, request_id, session)
    if signing is None:
        raise NoSuchDocumentError
    return Signatory(page, portal, signing, cards, trust)


SignatoryDep = Annotated[Signatory, Depends(_signatory)]


@router.get("")
async def show(
    request_id: UUID,
    page: PageDep,
    portal: PortalDep,
    session: SessionDep,
    cards: SoftCardsDep,
    trust: TrustDep,
) -> Response:
    """Show the document and who asks, behind a login; a program gets a challenge with it."""
    if not isinstance(session, LoggedIn) and not page.for_program:
        return see_other(f"/login?interaction={request_id}")
    at = await _signatory(request_id, page, portal, session, cards, trust)
    if page.for_program:
        return await _challenge(at)
    return await _form(at, {"signed_by": await _signed_by(at)})


@router.get("/content")
async def content(at: SignatoryDep) -> Response:
    """The document itself, to be kept or opened in a program of its own."""
    request = at.signing.request
    if request.document is None or not request.waits(at.portal.now):
        raise NoSuchDocumentError
    ending = "pdf" if request.media_type is MediaType.PDF else "txt"
    name = {"Content-Disposition": f'attachment; filename="{request.id}.{ending}"'}
    return Response(
        request.document, headers=_CONTENT | name, media_type=request.media_type.value
    )


@router.post("/signature", dependencies=[RateLimited])
async def sign(at: SignatoryDep, form: Annotated[SignForm, Form()]) -> Response:
    """Take a card's signature of the document, and keep it for the app."""
    check_csrf(at.page.request, at.portal.settings, form.csrf)
    if form.reader is not None:
        mine = (form.reader, at.signing.session.id, at.portal.now)
        token, channel = await at.portal.db.write(second_device.take, *mine), Channel.QR
    elif form.token:
        token, channel = parse(form.token.encode()), Channel.AGENT
    else:
        token, channel = await _by_soft_card(at, form), Channel.SOFT
    outcome = await _given(at, token, channel)
    if outcome is None:
        return see_other(at.here)
    return await _refused(at, outcome)


@router.post("/reader", dependencies=[RateLimited, SecondDevicesLimited])
async def begin_at_reader(at: SignatoryDep, form: Annotated[PlainForm, Form()]) -> Response:
    """Begin a signature by a card that lies in a reader, here or on another computer."""
    check_csrf(at.page.request, at.portal.settings, form.csrf)
    wanted = at.signing.wanted(at.trust.origin, Channel.QR)
    bound = str(at.signing.request.id)
    text, kind = canonical(at.described), Kind.SIGNING.value
    to_sign = ToSign(text, kind, wanted.purpose, bound, "")
    session_id, around_ = at.signing.session.id, around(at.page.request)
    wish = Begin(session_id, None, around_, to_sign)
    begun = await at.portal.db.write(second_device.begin, wish, at.portal.now, token_bytes)
    return see_other(f"/login/second-device/{begun.id}")


@router.post("/refuse")
async def refuse(at: SignatoryDep, form: Annotated[PlainForm, Form()]) -> Response:
    """Say no; the app learns that, and no more."""
    check_csrf(at.page.request, at.portal.settings, form.csrf)
    await at.portal.db.write(service.refuse, at.signing, at.desk)
    return see_other(at.here)


async def _given(
    at: Signatory, token: LoginToken | Refusal, channel: Channel
) -> Refused | None:
    """Have what a card gave judged; None where it was taken."""
    db, given = at.portal.db, token
    if isinstance(given, LoginToken):
        presented = await db.read(service.presented, at.signing, given, channel)
        if not isinstance(presented, Refusal):
            presented = await revocation.asked(
                db, presented, at.trust, at.portal.now, token_bytes
            )
        return await db.write(service.accept, at.signing, presented, at.desk)
    return await db.write(service.accept, at.signing, given, at.desk)


async def _by_soft_card(at: Signatory, form: SignForm) -> LoginToken | Refusal:
    """Have the soft card of whoever is logged in sign.

    Raises:
        SoftCardsOffError: there are none here.
    """
    request = at.signing.request
    if at.cards is None:
        raise SoftCardsOffError
    if request.document is None:
        return Refusal(Code.LOGIN_ENDED)
    wanted = at.signing.wanted(at.trust.origin, Channel.SOFT)
    challenge = await at.portal.db.write(challenges.issue, wanted, at.portal.now, token_bytes)
    persona, asked = await _persona(at), (request.form, request.document)
    return await at.cards.sign_document(
        persona, form.pin, asked, challenge, last_try=form.last_try
    )


async def _challenge(at: Signatory) -> Response:
    """What a program needs to have a card sign; of what was answered, how it went."""
    request, now = at.signing.request, at.portal.now
    told: dict[str, object] = {
        "csrf": at.page.visitor.csrf,
        "state": request.state_at(now),
        **at.described,
        "expires_at": rfc3339(request.expires_at),
        "challenge": None,
    }
    if request.waits(now):
        wanted = at.signing.wanted(at.trust.origin, Channel.AGENT)
        issued = await at.portal.db.write(challenges.issue, wanted, now, token_bytes)
        told["challenge"] = issued.as_json()
    return at.page.data(told)


async def _refused(at: Signatory, outcome: Refused) -> Response:
    """The page again, saying what was wrong.

    Raises:
        DocumentNotSignedError: a program asked, which has no use for a form.
    """
    page, refusal = at.page, outcome.refusal
    if page.for_program:
        raise DocumentNotSignedError(refusal, outcome.reference)
    words = LOGIN_PROBLEMS | SIGNING_PROBLEMS
    problem = page.text(words[refusal.code], left=refusal.tries_left)
    of_pin = refusal.code in OF_THE_PIN
    said = {
        "problem": None if of_pin else problem,
        "pin_problem": problem if of_pin else None,
        "last_try": refusal.code is Code.PIN_LAST_TRY,
    }
    return await _form(at, said)


async def _form(at: Signatory, said: Mapping[str, object]) -> Response:
    request, now = at.signing.request, at.portal.now
    text = None
    if request.document is not None and request.media_type is MediaType.TEXT:
        text = request.document.decode()
    values: dict[str, object] = {
        "state": request.state_at(now),
        "request": request,
        "app_name": at.signing.app_name,
        "text": text,
        "here_is": at.here,
        "soft": await _can_sign(at),
        "signed_by": None,
        "problem": None,
        "pin_problem": None,
        "last_try": False,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if "problem" in said else HTTPStatus.OK
    return at.page("document.html", {**values, **said}, status=status)


async def _signed_by(at: Signatory) -> UUID | None:
    """The second device that the address names, if it has signed this for this browser."""
    reader = as_uuid(at.page.request.query_params.get("reader", ""))
    if reader is None:
        return None
    mine = (reader, at.signing.session.id)
    found = await at.portal.db.read(second_device.of_browser, *mine)
    if isinstance(found, Refusal) or found.to_sign is None or found.state is not State.SIGNED:
        return None
    return found.id if found.to_sign.bound_to == str(at.signing.request.id) else None


async def _can_sign(at: Signatory) -> bool:
    """Whether the soft card of whoever is logged in can sign a document."""
    if at.cards is None:
        return False
    try:
        return await at.cards.can_sign(await _persona(at)) is True
    except NoSuchPersonaError:
        return False


async def _persona(at: Signatory) -> str:
    resident_id = at.signing.session.resident_id
    resident = await at.portal.db.read(residents.by_id, resident_id)
    if resident is None:
        raise NoSuchPersonaError
    return resident.persona
