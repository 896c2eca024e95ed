"""The login page, with the soft cards of dev mode, and logging out."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from card_reader.agent.settings import PORT as AGENT_PORT
from mynaportal_sim.login import cookies, sessions
from mynaportal_sim.login.csrf import check_csrf, origin
from mynaportal_sim.login.errors import LoginRefusedError, SessionEndedError, SoftCardsOffError
from mynaportal_sim.login.limit import RateLimited
from mynaportal_sim.login.refusal import Code
from mynaportal_sim.login.service import Refused, SoftLogin, log_in_by_soft_card
from mynaportal_sim.login.sessions import SessionDep
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.trust import TrustDep
from mynaportal_sim.residents import personas
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.web import agent_words
from mynaportal_sim.web.kept import Portal, PortalDep, begun
from mynaportal_sim.web.on_the_way import on_the_way_to
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import LOGIN_PROBLEMS

router = APIRouter()
OF_THE_PIN = {Code.PIN_MALFORMED, Code.PIN_INCORRECT, Code.PIN_LAST_TRY}


async def _soft_cards(request: Request) -> SoftCards | None:
    cards: SoftCards | None = request.app.state.soft_cards
    return cards


SoftCardsDep = Annotated[SoftCards | None, Depends(_soft_cards)]


class SoftLoginForm(BaseModel):
    """A persona and its published test PIN; `last_try` says that a lock is risked knowingly."""

    csrf: str = ""
    persona: str = Field(max_length=64)
    pin: str = Field(max_length=64, repr=False)
    interaction: UUID | None = None
    last_try: bool = False


@router.get("/login")
async def login_page(
    page: PageDep,
    portal: PortalDep,
    cards: SoftCardsDep,
    interaction: UUID | None = None,
) -> Response:
    """Show the ways to log in; begins the anonymous session that a login is bound to."""
    new = await begun(page, portal)
    if page.for_program:
        response = page.data(
            {
                "csrf": page.visitor.csrf,
                "interaction": str(interaction) if interaction else None,
            }
        )
    else:
        response = await _form(page, portal, cards, interaction, {})
    if new is not None:
        cookies.write(response, new.id, portal.settings)
    return response


@router.post("/login/soft", dependencies=[RateLimited])
async def soft_login(
    page: PageDep,
    portal: PortalDep,
    trust: TrustDep,
    cards: SoftCardsDep,
    session: SessionDep,
    form: Annotated[SoftLoginForm, Form()],
) -> Response:
    """Log in by an emulated card; the PIN goes to the card and no further."""
    if cards is None:
        raise SoftCardsOffError
    check_csrf(page.request, portal.settings, form.csrf)
    if session is None:
        raise SessionEndedError
    goal = str(form.interaction) if form.interaction else None
    entered = SoftLogin(session.id, form.persona, form.pin, form.last_try, goal)
    outcome = await log_in_by_soft_card(portal.db, cards, entered, trust, portal.now)
    if isinstance(outcome, Refused):
        return await _refused(page, portal, cards, form, outcome)
    way = f"/interactions/{outcome.interaction}" if outcome.interaction else "/"
    response = see_other(way)
    cookies.write(response, outcome.session.id, portal.settings)
    return response


@router.post("/logout")
async def logout(
    page: PageDep, portal: PortalDep, session: SessionDep, csrf: Annotated[str, Form()] = ""
) -> Response:
    """End the session."""
    check_csrf(page.request, portal.settings, csrf)
    if session is not None:
        await portal.db.write(sessions.end, session.id, portal.now)
    response = see_other("/?done=logged-out")
    cookies.remove(response, portal.settings)
    return response


async def _refused(
    page: Page, portal: Portal, cards: SoftCards, form: SoftLoginForm, outcome: Refused
) -> Response:
    """The form again, saying what was wrong and what the card will bear.

    Raises:
        LoginRefusedError: a program asked, which has no use for a form.
    """
    refusal = outcome.refusal
    if page.for_program:
        raise LoginRefusedError(refusal, outcome.reference)
    way = f"interaction={form.interaction}&" if form.interaction else ""
    problem = page.text(LOGIN_PROBLEMS[refusal.code], left=refusal.tries_left)
    of_pin = refusal.code in OF_THE_PIN
    shown = {
        "problem": None if of_pin else problem,
        "pin_problem": problem if of_pin else None,
        "here": f"/login?{way}",
        "chosen": form.persona,
        "last_try": refusal.code is Code.PIN_LAST_TRY,
    }
    return await _form(page, portal, cards, form.interaction, shown)


async def _form(
    page: Page,
    portal: Portal,
    cards: SoftCards | None,
    interaction: UUID | None,
    shown: Mapping[str, object],
) -> Response:
    way = await on_the_way_to(page, portal, interaction)
    people = [] if cards is None or way.by_card else await _personas(portal)
    values: dict[str, object] = {
        "interaction": interaction,
        "app_name": way.app_name,
        "by_card": way.by_card and cards is not None,
        "likes_card": way.likes_card and not way.by_card,
        "personas": [
            {
                "id": one.persona,
                "name": one.name.full,
                "note": page.choose(one.note_ja, one.note_en),
            }
            for one in people
        ],
        "chosen": None,
        "problem": None,
        "pin_problem": None,
        "last_try": False,
        **_agent(page, portal),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if shown else HTTPStatus.OK
    return page(
        "login.html",
        {**values, **shown},
        status=status,
        form_action=way.target,
        connect=str(values["agent"]),
    )


def _agent(page: Page, portal: Portal) -> dict[str, object]:
    """Where the page looks for an agent, how one is started, and what it may have to say."""
    port = portal.settings.agent_port
    named = "" if port == AGENT_PORT else f" --port {port}"
    return {
        "agent": f"http://127.0.0.1:{port}",
        "agent_command": f"./mynasim agent run --portal {origin(portal.settings)}{named}",
        "agent_words": {
            name: (page.text(words.what, left=""), page.text(words.do))
            for name, words in agent_words.TABLE.items()
        },
    }


async def _personas(portal: Portal) -> list[Resident]:
    """The built-in ones in the order of their file, which begins plainly; then the others."""
    places = _places(portal.now.date())
    people = await portal.db.read(residents.everyone)
    return sorted(people, key=lambda one: places.get(one.persona, len(places)))


@lru_cache(maxsize=1)
def _places(today: date) -> dict[str, int]:
    return {one.id: place for place, one in enumerate(personas.load(None, today))}
