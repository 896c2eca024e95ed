"""Where a person signs with their card what they hand over, and goes back to the app."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from secrets import token_bytes
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import Field
from sqlalchemy import Connection

from card_reader.spec import Kind
from consent.mandate import Act
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.errors import NoSuchPersonaError, SoftCardsOffError
from mynaportal_sim.login.limit import RateLimited, SecondDevicesLimited
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.second_device import service as second_device
from mynaportal_sim.login.second_device.model import SecondDevice, State, ToSign
from mynaportal_sim.login.second_device.service import Begin
from mynaportal_sim.login.service import Refused
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import parse
from mynaportal_sim.login.trust import Trust, TrustDep
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.residents import store as residents
from mynaportal_sim.signing import service as signing
from mynaportal_sim.signing.errors import SignatureRefusedError
from mynaportal_sim.signing.service import Entered, Given, Signing
from mynaportal_sim.web.acting import Whom, WhomDep
from mynaportal_sim.web.agreement import agreement
from mynaportal_sim.web.answering import demanded
from mynaportal_sim.web.assistance import Assisted, HelperField
from mynaportal_sim.web.choice import Choice, chosen
from mynaportal_sim.web.errors import OnlyInPersonError
from mynaportal_sim.web.interactions import Put, put_to, record
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.login import OF_THE_PIN, SoftCardsDep
from mynaportal_sim.web.redirects import origin_of, see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.second_device import around
from mynaportal_sim.web.wording import LOGIN_PROBLEMS, SIGNING_PROBLEMS

router = APIRouter(prefix="/interactions/{interaction_id}/signature")

_CHANGED = marked("What you are asked to sign has changed. Read it again before you sign.")
ChoiceDep = Annotated[Choice, Depends(chosen)]


class SignatureForm(Assisted):
    """What a person signs, named by its hash, and by what.

    Either a soft card does with `pin`, its published test PIN or password, or `token` is what
    another card made of the challenge, or `reader` names the second device whose card did.
    """

    csrf: str = ""
    category: list[str] = Field(default_factory=list)
    since: date | Literal[""] = ""
    until: date | Literal[""] = ""
    restore: bool = False
    statement: str = Field(max_length=64)
    kind: Kind
    pin: str = Field("", max_length=64, repr=False)
    last_try: bool = False
    token: str = Field("", max_length=16_384, repr=False)
    reader: UUID | None = None

    @property
    def choice(self) -> Choice:
        days = (self.since or None, self.until or None)
        return Choice(tuple(self.category), *days, self.restore)


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who is to sign, and with what."""

    page: Page
    portal: Portal
    whom: Whom
    cards: SoftCards | None
    trust: Trust

    async def take_up(self, interaction_id: UUID) -> Put:
        """The question that is put to the person."""
        known = (self.whom.session, self.portal.now, self.portal.pseudonyms)
        taken = await self.portal.db.write(oauth.take_up, interaction_id, *known)
        return await put_to(self.portal, self.page, taken, self.whom)


async def _desk(
    page: PageDep,
    portal: PortalDep,
    whom: WhomDep,
    cards: SoftCardsDep,
    trust: TrustDep,
) -> Signatory:
    if whom.mandate is not None:  # whose card it is would not be whose answer it is
        raise OnlyInPersonError
    return Signatory(page, portal, whom, cards, trust)


SignatoryDep = Annotated[Signatory, Depends(_desk)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page of this room is made of; `signed` is what a card elsewhere has signed."""

    desk: Signatory
    put: Put
    choice: Choice
    signing: Signing
    signed: SecondDevice | None = None


@router.get("")
async def show(
    interaction_id: UUID,
    desk: SignatoryDep,
    choice: ChoiceDep,
    helped_by: HelperField = "",
    reader: UUID | None = None,
) -> Response:
    """Show what would be signed, line by line; a program gets a challenge with it."""
    put = (await desk.take_up(interaction_id)).helped(helped_by)
    asked = _asked(desk, put, choice, Kind.SIGNING)
    if asked is None:
        return see_other(f"/interactions/{interaction_id}")
    shown = _Shown(desk, put, choice, asked, await _signed(desk, reader, asked))
    return await (_challenge(shown) if desk.page.for_program else _form(shown, {}))


@router.post("", dependencies=[RateLimited])
async def sign(
    interaction_id: UUID,
    desk: SignatoryDep,
    server: ServerDep,
    form: Annotated[SignatureForm, Form()],
) -> Response:
    """Take a card's signature under what was shown, and send the person back to the app."""
    portal, shown = desk.portal, await _filled_in(interaction_id, desk, form)
    if isinstance(shown, Response):
        return shown
    if form.reader is not None:
        kept = await _kept(shown, form.reader)
        outcome = await portal.db.write(_settle_taken, server, shown, form.reader, kept)
    else:
        given = Given.parsed(form.token.encode()) if form.token else await _by_soft(shown, form)
        given = await signing.asked(portal.db, shown.signing, given, desk.trust, portal.now)
        outcome = await portal.db.write(_settle_signed, server, shown, given)
    if isinstance(outcome, Refused):
        return await _refused(shown, form, outcome)
    return see_other(outcome)


@router.post("/reader", dependencies=[RateLimited, SecondDevicesLimited])
async def begin_at_reader(
    interaction_id: UUID, desk: SignatoryDep, form: Annotated[SignatureForm, Form()]
) -> Response:
    """Begin a signature by a card that lies in a reader, here or on another computer."""
    page, portal = desk.page, desk.portal
    shown = await _filled_in(interaction_id, desk, form)
    if isinstance(shown, Response):
        return shown
    wanted = shown.signing.wanted(desk.trust.origin, Channel.QR)
    to_sign = ToSign(
        shown.signing.statement.text,
        form.kind.value,
        wanted.purpose,
        wanted.interaction or "",
        urlencode(_carried(shown)),
    )
    wished = (desk.whom.session.id, str(interaction_id), around(page.request), to_sign)
    begun = await portal.db.write(second_device.begin, Begin(*wished), portal.now, token_bytes)
    return see_other(f"/login/second-device/{begun.id}")


async def _filled_in(
    interaction_id: UUID, desk: Signatory, form: SignatureForm
) -> _Shown | Response:
    """What a form is about; or the answer where that is nothing, or not what was shown.

    Raises:
        SignatureRefusedError: a program names another text, which has no use for a form.
    """
    page = desk.page
    check_csrf(page.request, desk.portal.settings, form.csrf)
    put = (await desk.take_up(interaction_id)).helped(form.helped_by)
    asked = _asked(desk, put, form.choice, form.kind)
    if asked is None:
        return see_other(f"/interactions/{interaction_id}")
    shown = _Shown(desk, put, form.choice, asked)
    if form.statement == asked.statement.sha256:
        return shown
    if page.for_program:
        raise SignatureRefusedError(Refusal(Code.PURPOSE_MISMATCH), "")
    return await _form(shown, {"problem": page.text(_CHANGED)})


def _asked(desk: Signatory, put: Put, choice: Choice, kind: Kind) -> Signing | None:
    """What is to be signed; None where nothing is chosen that could be given."""
    granted = put.granted(choice)
    if not granted:
        return None
    agreed = agreement(put, granted, desk.trust.origin, desk.portal.catalogue, desk.page)
    demanded(put.whom, Act.GRANT, granted, put.proposal.terms)
    return Signing(agreed, kind, put.whom.session)


def _settle_signed(
    connection: Connection, server: Server, shown: _Shown, given: Given
) -> str | Refused:
    """Judge a signature and, if it is one, record the answer with it; a unit of work."""
    trust, now = shown.desk.trust, shown.desk.portal.now
    judged = signing.accept(connection, shown.signing, given, trust, now, server.randomness)
    if isinstance(judged, Refused):
        return judged
    signed = shown.put._replace(proposal=replace(shown.put.proposal, signature=judged))
    rules = shown.signing.agreement.given.rules
    return record(connection, server, signed, rules, assent=False, now=now)


def _settle_taken(
    connection: Connection, server: Server, shown: _Shown, reader: UUID, kept: Given | None
) -> str | Refused:
    """The same with what a second device has signed; a unit of work."""
    now, session_id = shown.desk.portal.now, shown.desk.whom.session.id
    token = second_device.take(connection, reader, session_id, now)
    given = Given(token, Channel.QR)
    if kept is not None and kept.token == token:
        given = kept  # which the responder was asked about
    return _settle_signed(connection, server, shown, given)


async def _kept(shown: _Shown, reader: UUID) -> Given | None:
    """What a second device has signed and this browser will take, once it was asked about."""
    desk = shown.desk
    kept = await _signed(desk, reader, shown.signing)
    if kept is None or kept.token is None:
        return None
    given = Given(parse(kept.token.encode()), Channel.QR)
    known = (desk.trust, desk.portal.now)
    return await signing.asked(desk.portal.db, shown.signing, given, *known)


async def _signed(desk: Signatory, reader: UUID | None, asked: Signing) -> SecondDevice | None:
    """The second device that has signed this very text for this browser."""
    if reader is None:
        return None
    session_id = desk.whom.session.id
    found = await desk.portal.db.read(second_device.of_browser, reader, session_id)
    if isinstance(found, Refusal) or found.to_sign is None or found.state is not State.SIGNED:
        return None
    return found if found.to_sign.purpose == asked.statement.purpose else None


async def _by_soft(shown: _Shown, form: SignatureForm) -> Given:
    """Have the soft card of whoever is logged in sign.

    Raises:
        SoftCardsOffError: there are none here.
    """
    desk = shown.desk
    if desk.cards is None:
        raise SoftCardsOffError
    entered = Entered(await _persona(shown), form.pin, form.last_try)
    rest = (desk.cards, shown.signing, entered, desk.trust, desk.portal.now)
    return await signing.by_soft_card(desk.portal.db, *rest)


async def _challenge(shown: _Shown) -> Response:
    wanted = shown.signing.wanted(shown.desk.trust.origin, Channel.AGENT)
    now = shown.desk.portal.now
    challenge = await shown.desk.portal.db.write(challenges.issue, wanted, now, token_bytes)
    statement = shown.signing.statement
    return shown.desk.page.data(
        {
            "csrf": shown.desk.page.visitor.csrf,
            "statement": {"sha256": statement.sha256, "text": statement.text},
            "challenge": challenge.as_json(),
        }
    )


async def _refused(shown: _Shown, form: SignatureForm, outcome: Refused) -> Response:
    """The form again, saying what was wrong.

    Raises:
        SignatureRefusedError: a program asked, which has no use for a form.
    """
    page, refusal = shown.desk.page, outcome.refusal
    if page.for_program:
        raise SignatureRefusedError(refusal, outcome.reference)
    words = LOGIN_PROBLEMS | (SIGNING_PROBLEMS if form.kind is Kind.SIGNING else {})
    problem = page.text(words[refusal.code], left=refusal.tries_left)
    of_pin = refusal.code in OF_THE_PIN
    return await _form(
        shown,
        {
            "problem": None if of_pin else problem,
            "pin_problem": problem if of_pin else None,
            "kind": form.kind.value,
            "last_try": refusal.code is Code.PIN_LAST_TRY,
        },
    )


async def _form(shown: _Shown, said: Mapping[str, object]) -> Response:
    signing_, put, choice = shown.signing, shown.put, shown.choice
    signed = shown.signed
    values: dict[str, object] = {
        "lines": signing_.agreement.words.lines,
        "chosen": _carried(shown),
        "signed": signed and {"by": signed.id, "kind": signed.to_sign and signed.to_sign.kind},
        "statement": signing_.statement.sha256,
        "kinds": await _kinds(shown),
        "kind": None,
        "problem": None,
        "pin_problem": None,
        "last_try": False,
        "here": f"{shown.desk.page.request.url.path}?{urlencode(choice.query)}&",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said else HTTPStatus.OK
    target = origin_of(put.interaction.request.redirect_uri)
    return shown.desk.page(
        "signature.html", {**values, **said}, status=status, form_action=target
    )


def _carried(shown: _Shown) -> list[tuple[str, str]]:
    """What the person chose, and who helped, as the fields of a form."""
    helper = shown.put.proposal.evidence.assisted_by
    return shown.choice.query + ([("helped_by", helper)] if helper else [])


async def _kinds(shown: _Shown) -> list[str]:
    """By which certificates the soft card of whoever is logged in can sign here."""
    try:
        if shown.desk.cards is None:
            return []
        can_sign = await shown.desk.cards.can_sign(await _persona(shown))
    except NoSuchPersonaError:
        return []
    if isinstance(can_sign, Refusal):
        return []
    own = [Kind.SIGNING] if can_sign else []
    return [kind.value for kind in (*own, Kind.USER_AUTHENTICATION)]


async def _persona(shown: _Shown) -> str:
    resident_id = shown.put.whom.resident_id
    resident = await shown.desk.portal.db.read(residents.by_id, resident_id)
    if resident is None:
        raise NoSuchPersonaError
    return resident.persona
