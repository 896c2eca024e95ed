"""The browser's side of a login by a second device, and what a phone sees that opens a code."""

from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from secrets import token_bytes
from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from mynaportal_sim.documents.model import PURPOSE
from mynaportal_sim.login import cookies
from mynaportal_sim.login.csrf import check_csrf, origin
from mynaportal_sim.login.errors import LoginRefusedError, SessionEndedError
from mynaportal_sim.login.limit import RateLimited, SecondDevicesLimited
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.second_device import service
from mynaportal_sim.login.second_device.model import (
    ROTATIONS_MAX,
    TRIES_MAX,
    Event,
    SecondDevice,
    State,
    Surroundings,
)
from mynaportal_sim.login.second_device.router import state_of
from mynaportal_sim.login.second_device.service import Begin, Typed
from mynaportal_sim.login.second_device.surroundings import surroundings
from mynaportal_sim.login.service import Accepted
from mynaportal_sim.login.trust import TrustDep
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import (
    DOCUMENT_ELSEWHERE,
    LOGIN_PROBLEMS,
    SECOND_DEVICE,
    SIGNATURE_ELSEWHERE,
)

router = APIRouter()
_own = APIRouter(prefix="/login/second-device/{login_id}")
_WAITS = frozenset({"created", "claimed"})


class BeginForm(BaseModel):
    """What the login page sends; `interaction` is what the person is on the way to."""

    csrf: str = ""
    interaction: UUID | None = None


class ConfirmForm(BaseModel):
    """The six digits that the second device shows, as a person types them."""

    csrf: str = ""
    code: str = Field(default="", max_length=32, repr=False)


@dataclass(frozen=True, slots=True)
class Mine:
    """A login of the browser that asks, and where it asks from."""

    login: SecondDevice
    session_id: str
    page: Page
    portal: Portal

    @property
    def here(self) -> str:
        """The address of its page."""
        return f"/login/second-device/{self.login.id}"

    @property
    def way_back(self) -> str:
        """Where a person goes on who is to sign; empty for a login."""
        login = self.login
        if login.to_sign is None:
            return ""
        if self.is_document:
            return f"/documents/{login.to_sign.bound_to}?"
        return f"/interactions/{login.interaction}/signature?{login.to_sign.carried}&"

    @property
    def is_document(self) -> bool:
        """Whether it is a document that is to be signed."""
        to_sign = self.login.to_sign
        return to_sign is not None and to_sign.purpose.startswith(PURPOSE)

    @property
    def code(self) -> str:
        """What its screen shows."""
        return service.code_of(self.login, self.session_id)


async def _mine(login_id: UUID, page: PageDep, portal: PortalDep) -> Mine:
    session = page.visitor.session
    if session is None:
        raise SessionEndedError
    found = await portal.db.read(service.of_browser, login_id, session.id)
    if isinstance(found, Refusal):
        raise LoginRefusedError(found, "")
    return Mine(found, session.id, page, portal)


MineDep = Annotated[Mine, Depends(_mine)]


def around(request: Request) -> Surroundings:
    """Where a request comes from, as a person would recognise it."""
    address = request.client.host if request.client else ""
    return surroundings(request.headers.get("user-agent", ""), address)


@router.post("/auth/card/qr", dependencies=[RateLimited, SecondDevicesLimited])
async def begin(
    request: Request, page: PageDep, portal: PortalDep, form: Annotated[BeginForm, Form()]
) -> Response:
    """Begin a login by a second device, bound to this browser's session."""
    session_id = check_csrf(request, portal.settings, form.csrf)
    if page.visitor.session is None:
        raise SessionEndedError
    goal = str(form.interaction) if form.interaction else None
    wanted = Begin(session_id, goal, around(request))
    login = await portal.db.write(service.begin, wanted, portal.now, token_bytes)
    return see_other(f"/login/second-device/{login.id}")


@_own.get("")
async def show(mine: MineDep) -> Response:
    """Show the code and how far the login has come."""
    return _shown(mine, None)


@_own.get("/code.svg")
async def code_image(mine: MineDep) -> Response:
    """The code as a QR code. The secret is in the fragment, which no server is sent."""
    url = f"{origin(mine.portal.settings)}/x{'?sign' if mine.way_back else ''}#{mine.code}"
    drawn = BytesIO()
    segno.make(url, error="m", micro=False).save(
        drawn, kind="svg", border=2, dark="#000", light="#fff", omitsize=True
    )
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers=headers)


@_own.post("/code", dependencies=[RateLimited])
async def another_code(mine: MineDep, csrf: Annotated[str, Form()] = "") -> Response:
    """Show a new code when the old one has run out."""
    check_csrf(mine.page.request, mine.portal.settings, csrf)
    await mine.portal.db.write(service.rotate, mine.login.id, mine.session_id, mine.portal.now)
    return see_other(mine.here)


@_own.post("/cancel")
async def cancel(mine: MineDep, csrf: Annotated[str, Form()] = "") -> Response:
    """Give up; the second device learns it."""
    check_csrf(mine.page.request, mine.portal.settings, csrf)
    await mine.portal.db.write(
        service.stop, mine.login, Event.CANCEL, mine.portal.now, token_bytes
    )
    return see_other(mine.here)


@_own.post("/confirm", dependencies=[RateLimited])
async def confirm(
    mine: MineDep, trust: TrustDep, form: Annotated[ConfirmForm, Form()]
) -> Response:
    """Log this browser in, if the six digits are those of the second device."""
    page, portal = mine.page, mine.portal
    check_csrf(page.request, portal.settings, form.csrf)
    typed = Typed(mine.session_id, "".join(form.code.split()))
    outcome = await portal.db.write(
        service.confirm, mine.login, typed, trust, portal.now, token_bytes
    )
    if isinstance(outcome, Accepted):
        way = f"/interactions/{outcome.interaction}" if outcome.interaction else "/"
        response = see_other(way)
        cookies.write(response, outcome.session.id, portal.settings)
        return response
    if page.for_program:
        raise LoginRefusedError(outcome.refusal, outcome.reference)
    refusal = outcome.refusal
    if refusal.code is Code.CONFIRM_CODE_WRONG and refusal.tries_left:
        problem = page.text(LOGIN_PROBLEMS[refusal.code], left=refusal.tries_left)
        return _shown(mine, problem)
    return see_other(mine.here)


@router.get("/x")
async def opened_by_a_phone(page: PageDep, portal: PortalDep) -> Response:
    """Say what the code is, whom not to trust with it, and which command takes it."""
    sign = "sign" in page.request.query_params
    return page("second_device_opened.html", {"origin": origin(portal.settings), "sign": sign})


router.routes.extend(_own.routes)


def _shown(mine: Mine, problem: str | None) -> Response:
    login, page, now = mine.login, mine.page, mine.portal.now
    state = state_of(login, now)
    code_left = max(0, int((login.code_expires_at - now).total_seconds()))
    left = max(0, int((login.expires_at - now).total_seconds()))
    if mine.way_back and state == State.SIGNED and not page.for_program:
        return see_other(f"{mine.way_back}reader={login.id}")
    if page.for_program:
        told = {"state": state, "code_seconds_left": code_left, "seconds_left": left}
        return page.data(told | _for_its_owner(mine, state))
    words_ja, words_en = login.words
    values: dict[str, object] = {
        "state": state,
        "here": f"{mine.here}?",
        "path": mine.here,
        "origin": origin(mine.portal.settings),
        "code": mine.code if state == "created" else "",
        "code_left": code_left,
        "left": left,
        "may_rotate": login.rotation < ROTATIONS_MAX,
        "words": page.choose(words_ja, words_en),
        "words_else": page.choose(words_en, words_ja),
        "problem": problem,
        "tries_left": TRIES_MAX - login.tries,
        "ended": _ended(mine, state),
        "interaction": login.interaction,
        "way_back": mine.way_back,
        "waits": state in _WAITS,
    }
    status = HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return page("second_device.html", values, status=status)


def _for_its_owner(mine: Mine, state: str) -> dict[str, object]:
    """What a program that plays the browser needs besides (the code only while it serves)."""
    words_ja, words_en = mine.login.words
    code = mine.code if state == State.CREATED else None
    return {
        "csrf": mine.page.visitor.csrf,
        "code": code,
        "request_code": words_en,
        "request_code_ja": words_ja,
        "reason": mine.login.reason,
        "next": f"{mine.way_back}reader={mine.login.id}" if mine.way_back else None,
    }


def _ended(mine: Mine, state: str) -> str | None:
    """Why it is over, in words; None while it is not."""
    if mine.login.state is State.REFUSED and mine.login.reason is not None:
        reason = Code(mine.login.reason)
        return mine.page.text(LOGIN_PROBLEMS[reason], left=0)
    words = SIGNATURE_ELSEWHERE if mine.way_back else SECOND_DEVICE
    said = (DOCUMENT_ELSEWHERE if mine.is_document else words).get(state)
    return None if said is None else mine.page.text(said)
